#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/day.hpp"
#include "daemon/store/folder.hpp"
#include "daemon/store/pending.hpp"
#include "daemon/store/record_file.hpp"

namespace gengfu::store {

/// The telemetry files, oldest first, and the records that are not in one yet. Only the newest file is
/// written; the others are sealed. Keys ascend from file to file whatever their names say, since a clock may
/// have been wrong. One thread.
class TelemetryLog {
public:
    struct File {
        std::string name;
        TelemetryName parsed;
        std::vector<Span> spans;
        std::uint64_t bytes = 0;  ///< when sealed; that of the one being written is measured
    };
    struct Flushed {
        std::size_t records = 0, bytes = 0;
    };

    /// Opens all files to learn what they hold; damaged ones are set aside. On a disk that takes no writing
    /// they are only read. \retval Errc::kIo one cannot even be read
    static Result<TelemetryLog> open(const Folder& folder, std::optional<Wall> wall, std::uint64_t part_bytes,
                                     std::vector<std::string>& troubles);

    void add(Key key, Record record);
    bool buffered() const { return !buffer_.empty(); }
    std::size_t buffered_bytes() const { return buffered_bytes_; }
    std::size_t buffered_records() const { return buffer_.size(); }

    /// Writes all that is buffered in one transaction, into a new file when day or size call for it. On
    /// failure all stays buffered. \param start of this run, for the name while the clock is unknown.
    Result<Flushed> flush(std::optional<Wall> wall, std::uint64_t start, std::vector<std::string>& troubles);

    /// Files and buffer, first … last by key. A file that turns out damaged is set aside and left out.
    Result<RecordFile::Read> read(Key first, Key last, Budget budget, std::vector<std::string>& troubles);

    const std::vector<File>& files() const { return files_; }
    /// Bytes of a file; of the one being written with its log, and what the log may yet add.
    std::uint64_t bytes(const File& file) const;
    /// Deletes files()[at]. \return what it held.
    Result<std::vector<Span>> drop(std::size_t at);

    const Extents& extents() const { return extents_; }
    const std::map<std::uint64_t, Epoch>& epochs() const { return epochs_; }
    std::vector<Span> take_lost();

    /// Bytes that a checkpoint would carry over.
    std::uint64_t log_bytes() const;
    Result<void> checkpoint();
    /// Seals the file that is being written, so that the next start need not.
    void close();

private:
    struct Buffered {
        Key key = 0;
        Record record;
    };
    struct Reader {
        std::string name;
        RecordFile file;
    };
    TelemetryLog(const Folder& folder, std::uint64_t part_bytes)
        : folder_(&folder), part_bytes_(part_bytes) {}
    Result<void> survey(const std::string& name, std::vector<std::string>& troubles);
    Result<void> seal_all_but_today(std::optional<Wall> wall, std::vector<std::string>& troubles);
    Result<void> seal_file(File& file);
    Result<void> ensure_current(std::optional<Wall> wall, std::uint64_t start);
    Result<void> begin_file(std::optional<Wall> wall, std::uint64_t start);
    Result<void> write();
    Result<RecordFile*> reader(const File& file);
    Result<RecordFile::Read> read_file(File& file, Key first, Key last, Budget budget);
    Result<void> replace(std::size_t at, const Error& why, std::vector<std::string>& troubles);
    void read_buffer(Key first, Key last, Budget budget, RecordFile::Read& result) const;
    std::uint64_t on_disk(const std::string& name) const;
    void measure();

    const Folder* folder_;
    std::uint64_t part_bytes_;
    std::vector<File> files_;
    std::optional<RecordFile> current_;  ///< files_.back(), when it is being written
    std::optional<Reader> reader_;
    std::deque<Buffered> buffer_;
    std::size_t buffered_bytes_ = 0;
    Extents extents_;
    std::map<std::uint64_t, Epoch> epochs_;
    std::vector<Span> lost_;
};

}  // namespace gengfu::store
