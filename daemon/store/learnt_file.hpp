#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

/// The file `learnt` in the store's folder: what detectors have learnt, beside the databases, since it is
/// large, changes as a whole once an hour, and may be lost (docs/formats.md has the layout).
namespace gengfu::store {

/// One thing that was learnt; both opaque.
struct LearntRecord {
    std::string name;
    std::string state;
    friend bool operator==(const LearntRecord&, const LearntRecord&) = default;
};
constexpr std::size_t kMaxLearntName = 16U << 10U;
constexpr std::size_t kMaxLearntState = 64U << 10U;
constexpr std::size_t kMaxLearntFile = 64U << 20U;

struct LearntRead {
    std::vector<LearntRecord> records;
    /// In a user's words, when not all could be read; `records` has what is sound.
    std::string trouble;
};

/// The bytes of one record in the file. \pre within the limits above
std::string learnt_record(const LearntRecord& record);

/// What such a file holds. Any bytes.
LearntRead parse_learnt(std::string_view bytes);

/// Reads the file of the store in `folder`; nothing and no trouble when there is none.
LearntRead read_learnt(const std::string& folder);

/// Writes the file anew, piece by piece, beside the old one, which is replaced at commit(). Every call blocks
/// until the disk has what it was given. One thread at a time.
class LearntWriter {
public:
    explicit LearntWriter(std::string folder) : folder_(std::move(folder)) {}
    ~LearntWriter();
    LearntWriter(const LearntWriter&) = delete;
    LearntWriter& operator=(const LearntWriter&) = delete;

    /// Begins again, whatever was under way. \retval Errc::kIo, kFull
    Result<void> begin();
    /// \param records  strung together as learnt_record() made them  \param count  how many
    Result<void> append(std::string_view records, std::size_t count);
    Result<void> commit();

private:
    Result<void> write(std::string_view bytes);
    Result<void> failed(const char* what) const;
    std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

    std::string folder_;
    int fd_ = -1;
    std::size_t count_ = 0;
};

}  // namespace gengfu::store
