#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/publish/alias_table.hpp"

namespace gengfu::v1 {
class Batch;
}

namespace gengfu::publish {

/// The samples of one batch, decoded: columns of one length, as a row of the city's database holds them.
struct SampleArrays {
    std::vector<std::int32_t> number;     ///< AliasCoding::number
    std::vector<std::int64_t> offset_us;  ///< from Batch.start
    std::vector<double> value;            ///< NaN: none
    std::vector<std::int16_t> quality;    ///< quality * 256 + reason
    struct Text {
        std::int32_t number = 0;
        std::int64_t offset_us = 0;
        std::string value;
        std::int16_t quality = 0;
    };
    std::vector<Text> texts;

    std::vector<const AliasCoding*> coding;  ///< of each sample; for the decoder

    std::size_t size() const { return number.size() + texts.size(); }
    void clear() {
        number.clear();
        coding.clear();
        offset_us.clear();
        value.clear();
        quality.clear();
        texts.clear();
    }
};

/// Most samples that a batch may have: the gateway's have at most 500; beyond this it is no batch of ours.
constexpr std::size_t kMaxBatchSamples = 100'000;

/// Decodes a columnar, delta coded batch (docs/formats-wire.md, Batch) into `out`, whose memory is used
/// again. Everything is checked: what comes from outside may be anything.
/// \retval Errc::kCorrupt what is wrong with it; `out` is then of no use
Result<void> decode_batch(const v1::Batch& batch, const AliasTable& catalogue, SampleArrays& out);

}  // namespace gengfu::publish
