// Compiled with -ffp-contract=off: value = step * resolution + offset is rounded after the product and after
// the sum, as the gateway reckoned (docs/formats-wire.md).
#include "daemon/publish/batch_decoder.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {
namespace {

constexpr std::uint32_t kAllGood = 256;
constexpr std::uint32_t kMaxQuality = 0x7FFF;  // smallint
/// Twelve hours: a batch gathers for `linger` and a day-long one comes from a broken clock or an enemy.
constexpr std::int64_t kMaxOffset = 12LL * 3600 * 1'000'000;

Result<void> corrupt(std::string what) {
    return fail(Errc::kCorrupt, "batch: " + what);
}

/// Points and times, by running sums that cannot overflow.
Result<void> places(const v1::Batch& batch, const AliasTable& catalogue, SampleArrays& out) {
    const int size = batch.alias_delta_size();
    if (batch.delta_us_size() != size) {
        return corrupt("alias_delta and delta_us differ in length");
    }
    std::int64_t alias = 0;
    std::int64_t offset = 0;
    out.number.resize(static_cast<std::size_t>(size));
    out.coding.resize(static_cast<std::size_t>(size));
    out.offset_us.resize(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) {
        const auto at = static_cast<std::size_t>(i);
        alias += batch.alias_delta(i);
        const bool fits = alias >= 1 && alias <= std::numeric_limits<std::uint32_t>::max();
        const AliasCoding* const coding = fits ? catalogue.find(static_cast<std::uint32_t>(alias)) : nullptr;
        if (coding == nullptr || coding->text) {
            return corrupt("alias " + std::to_string(alias) + " is no number of its catalogue");
        }
        const std::int64_t step = batch.delta_us(i);
        if (step < -kMaxOffset || step > kMaxOffset || offset + step < 0 || offset + step > kMaxOffset) {
            return corrupt("a sample before its start, or more than 12 h after it");
        }
        offset += step;
        out.coding[at] = coding;
        out.number[at] = coding->number;
        out.offset_us[at] = offset;
    }
    return {};
}

Result<void> qualities(const v1::Batch& batch, std::size_t size, SampleArrays& out) {
    out.quality.assign(size, static_cast<std::int16_t>(kAllGood));
    const int words = batch.quality_runs_size();
    if (words == 0) {
        return {};
    }
    std::size_t at = 0;
    for (int i = 0; i + 1 < words; i += 2) {
        const std::uint32_t run = batch.quality_runs(i);
        const std::uint32_t quality = batch.quality_runs(i + 1);
        if (run > size - at || quality > kMaxQuality) {
            return corrupt("quality_runs beyond its samples, or no quality");
        }
        std::fill_n(out.quality.begin() + static_cast<std::ptrdiff_t>(at), run,
                    static_cast<std::int16_t>(quality));
        at += run;
    }
    return words % 2 == 0 && at == size ? Result<void>{}
                                        : corrupt("quality_runs do not add up to its samples");
}

/// The last step of each point within the batch: dense where numbers are small, as they are.
class Steps {
public:
    std::int64_t add(std::int32_t number, std::int64_t delta) {
        std::int64_t& last = slot(number);
        // Modulo 2^64: an overflow is somebody's nonsense, not undefined behaviour.
        last =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(last) + static_cast<std::uint64_t>(delta));
        return last;
    }

private:
    std::int64_t& slot(std::int32_t number) {
        constexpr std::int32_t kDense = 4'096;
        if (number < 0 || number >= kDense) {
            return sparse_[number];
        }
        if (static_cast<std::size_t>(number) >= dense_.size()) {
            dense_.resize(static_cast<std::size_t>(number) + 1);
        }
        return dense_[static_cast<std::size_t>(number)];
    }
    std::vector<std::int64_t> dense_;
    std::unordered_map<std::int32_t, std::int64_t> sparse_;
};

class Values {
public:
    Values(const v1::Batch& batch, SampleArrays& out) : batch_(batch), out_(out) {}

    Result<void> decode(std::size_t size) {
        out_.value.resize(size);
        if (batch_.value_runs_size() == 0) {
            if (Result<void> run = steps(size); !run) {
                return run;
            }
        }
        for (const std::uint32_t word : batch_.value_runs()) {
            const std::size_t run = word / 4;
            if (run > size - at_) {
                return corrupt("value_runs beyond its samples");
            }
            if (Result<void> done = kind(word % 4, run); !done) {
                return done;
            }
        }
        const bool whole = at_ == size && step_ == batch_.step_delta_size() &&
                           single_ == batch_.single_size() && exact_ == batch_.exact_size();
        return whole ? Result<void>{} : corrupt("value_runs do not add up to its samples and values");
    }

private:
    Result<void> kind(std::uint32_t kind, std::size_t run) {
        constexpr std::uint32_t kStep = 0;
        constexpr std::uint32_t kSingle = 1;
        constexpr std::uint32_t kExact = 2;
        const int count = static_cast<int>(run);
        if (kind == kStep) {
            return steps(run);
        }
        if ((kind == kSingle && batch_.single_size() - single_ < count) ||
            (kind == kExact && batch_.exact_size() - exact_ < count)) {
            return corrupt("fewer values than value_runs say");
        }
        for (int i = 0; i < count; ++i, ++at_) {
            out_.value[at_] = kind == kSingle  ? static_cast<double>(batch_.single(single_++))
                              : kind == kExact ? batch_.exact(exact_++)
                                               : std::numeric_limits<double>::quiet_NaN();
        }
        return {};
    }

    Result<void> steps(std::size_t run) {
        const int count = static_cast<int>(run);
        if (batch_.step_delta_size() - step_ < count) {
            return corrupt("fewer steps than value_runs say");
        }
        for (int i = 0; i < count; ++i, ++at_) {
            const AliasCoding& coding = *out_.coding[at_];
            if (coding.resolution == 0) {
                return corrupt("a step of a point that has no resolution in its catalogue");
            }
            const std::int64_t step = last_.add(coding.number, batch_.step_delta(step_++));
            const double product = static_cast<double>(step) * coding.resolution;
            out_.value[at_] = product + coding.offset;
        }
        return {};
    }

    const v1::Batch& batch_;
    SampleArrays& out_;
    Steps last_;
    std::size_t at_ = 0;
    int step_ = 0, single_ = 0, exact_ = 0;
};

Result<void> texts(const v1::Batch& batch, const AliasTable& catalogue, SampleArrays& out) {
    for (const v1::TextSample& text : batch.texts()) {
        const AliasCoding* const coding = catalogue.find(text.alias());
        if (coding == nullptr || !coding->text) {
            return corrupt("alias " + std::to_string(text.alias()) + " is no text of its catalogue");
        }
        if (text.offset_us() < 0 || text.offset_us() > kMaxOffset || text.quality_reason() > kMaxQuality ||
            text.value().find('\0') != std::string::npos) {
            return corrupt("a text before its start, more than 12 h after it, of no quality, or with a NUL");
        }
        out.texts.push_back({coding->number, text.offset_us(), text.value(),
                             static_cast<std::int16_t>(text.quality_reason())});
    }
    return {};
}

}  // namespace

Result<void> decode_batch(const v1::Batch& batch, const AliasTable& catalogue, SampleArrays& out) {
    out.clear();
    const auto size = static_cast<std::size_t>(batch.alias_delta_size());
    if (size + static_cast<std::size_t>(batch.texts_size()) > kMaxBatchSamples) {
        return corrupt("more than " + std::to_string(kMaxBatchSamples) + " samples");
    }
    if (Result<void> done = places(batch, catalogue, out); !done) {
        return done;
    }
    if (Result<void> done = qualities(batch, size, out); !done) {
        return done;
    }
    if (Result<void> done = Values(batch, out).decode(size); !done) {
        return done;
    }
    return texts(batch, catalogue, out);
}

}  // namespace gengfu::publish
