#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/store/folder.hpp"
#include "daemon/store/key.hpp"
#include "daemon/store/record_file.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::store {

/// The records in the folder of a store that no daemon runs on: read, never changed, but that a log which a
/// crash left beside a file is played into it, as the next start of the daemon would. A damaged file is left
/// where it is and told. One thread; no daemon starts on the folder meanwhile.
class Archive {
public:
    /// \retval Errc::kNotFound there is no such folder, or no store in it
    /// \retval Errc::kIo a daemon runs on it, or it may not be opened
    static Result<Archive> open(const std::string& path);

    /// As Store::held().
    std::vector<StreamRanges> held() const;
    /// As Store::history(). A record that does not fit its checksum is left out and counted.
    Result<Pending> read(Epoch epoch, Stream stream, SequenceRange range, std::size_t limit);
    /// The alarm book as it was last saved; empty when there is none.
    const std::string& book() const { return book_; }

    /// Damaged files, in a user's words.
    const std::vector<std::string>& troubles() const { return troubles_; }
    std::uint64_t damaged_records() const { return damaged_records_; }

private:
    struct Part {
        std::string name;
        Stream stream = Stream::kEvent;
        std::vector<Span> spans;
    };
    explicit Archive(Folder folder) : folder_(std::move(folder)) {}
    void survey(const std::string& name, Stream stream);
    void take_book();
    Result<RecordFile*> file_of(const Part& part);

    Folder folder_;
    std::vector<Part> parts_;
    std::map<std::uint64_t, Epoch> epochs_;
    std::map<std::string, RecordFile> open_;  ///< the one last read from, of each stream
    std::string book_;
    std::vector<std::string> troubles_;
    std::uint64_t damaged_records_ = 0;
};

}  // namespace gengfu::store
