// Whatever a broker may deliver: topic and payload, read, decoded and made into rows.
#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/publish/batch_decoder.hpp"
#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/catalogue.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/sample_rows.hpp"

using namespace gengfu;
using namespace gengfu::ingest;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const Catalogue& catalogue() {
    static const Catalogue made([] {
        std::unordered_map<std::uint32_t, PointCoding> points;
        for (std::uint32_t alias = 1; alias < 50; ++alias) {
            points[alias] = {static_cast<std::int32_t>(alias * 1000), alias % 2 == 0 ? 0.1 : 0.0, 1.5,
                             alias % 10 == 0};
        }
        points[4'000'000'000] = {7, 1, 0, false};
        return points;
    }());
    return made;
}

void decode(const RecordIn& in) {
    if (!in.record->has_batch()) {
        return;
    }
    SampleArrays arrays;
    if (!publish::decode_batch(in.record->batch(), catalogue(), arrays)) {
        return;
    }
    const std::size_t size = arrays.number.size();
    require(arrays.value.size() == size && arrays.quality.size() == size && arrays.offset_us.size() == size);
    SampleRows rows;
    const SampleOwner owner{&in.key.gateway, in.key.epoch, in.sequence, 0};
    if (rows.add(owner, in.record->batch().start(), arrays)) {
        require(rows.size() == arrays.size());
    }
    rows.finish();
}

}  // namespace

// The first byte chooses the topic, the rest is the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool quiet = [] {
        google::protobuf::SetLogHandler(nullptr);
        return true;
    }();
    if (!quiet || size == 0) {
        return 0;
    }
    const char* const kinds[] = {"tele", "event", "birth", "state", "catalogue/0", "reply", "hist", "x"};
    const Message message{"r/d/c/gw-test-01/" + std::string(kinds[data[0] & 7U]),
                          std::string(data + 1, data + size),
                          false,
                          {}};
    google::protobuf::Arena arena;
    Intake intake;
    take_in(message, "r", arena, intake);
    require(intake.records.size() + intake.births.size() + intake.states.size() + intake.catalogues.size() +
                intake.replies.size() + intake.refused.size() <=
            1);
    for (const RecordIn& in : intake.records) {
        require(in.sequence != 0 && in.sequence <= kMaxSequence && in.key.epoch != 0);
        decode(in);
    }
    const Message raw{std::string(data, data + size), "", false, {}};
    take_in(raw, "r", arena, intake);
    return 0;
}
