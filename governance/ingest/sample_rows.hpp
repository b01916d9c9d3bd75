#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/result.hpp"
#include "daemon/publish/batch_decoder.hpp"
#include "governance/ingest/copy_buffer.hpp"

namespace gengfu::v1 {
class Time;
}

namespace gengfu::ingest {

using publish::SampleArrays;

/// Whose samples: the parts of a record's identity that the tables of samples keep.
struct SampleOwner {
    const std::string* gateway = nullptr;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    std::int64_t received_us = 0;  ///< wall time of ingest, kept where the gateway had none
};

/// The rows of samples of one transaction, as COPY takes them: sample_recent where the gateway knew the time,
/// sample_clockless where it did not (or says a year before 2020 or after 2099), sample_text for texts. A
/// value, pure.
class SampleRows {
public:
    /// \retval Errc::kCorrupt a monotonic time that is none; nothing was added
    Result<void> add(const SampleOwner& owner, const v1::Time& start, const SampleArrays& samples);

    void finish();
    void clear();
    /// Samples added since clear().
    std::size_t size() const { return size_; }

    CopyBuffer recent, clockless, text;

    static constexpr const char* kRecent =
        R"(COPY governance.sample_recent (hour, epoch, sequence, gateway, block, quality, offsets, points, "values"))"
        " FROM STDIN (FORMAT binary)";
    static constexpr const char* kClockless =
        "COPY governance.sample_clockless (epoch, sequence, boot, monotonic_us, received_at, gateway, block, "
        R"(quality, offsets, points, "values") FROM STDIN (FORMAT binary))";
    static constexpr const char* kText =
        "COPY governance.sample_text (epoch, sequence, at, boot, monotonic_us, gateway, number, quality, "
        "value) "
        "FROM STDIN (FORMAT binary)";

private:
    /// What samples of one row share.
    struct Group {
        std::int64_t hour = 0;  ///< since 1970; of clockless ones always 0
        std::int32_t block = 0;
        std::int16_t quality = 0;
        friend auto operator<=>(const Group&, const Group&) = default;
    };
    void add_recent(const SampleOwner& owner, std::int64_t start_us, const SampleArrays& samples);
    void add_clockless(const SampleOwner& owner, const v1::Time& start, const SampleArrays& samples);
    void add_texts(const SampleOwner& owner, const v1::Time& start, const SampleArrays& samples);
    void row_recent(const SampleOwner& owner, const Group& group);

    std::size_t size_ = 0;
    // Columns of the row being made; kept for their memory.
    std::vector<std::int32_t> offsets_;
    std::vector<std::int64_t> long_offsets_;
    std::vector<std::int16_t> points_;
    std::vector<double> values_;
};

/// Boot id of a time as the 16 bytes of a uuid.
std::string boot_bytes(const v1::Time& time);

}  // namespace gengfu::ingest
