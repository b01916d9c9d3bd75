#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "governance/ingest/mqtt_link.hpp"
#include "governance/ingest/topic.hpp"

namespace google::protobuf {
class Arena;
}
namespace gengfu::v1 {
class Envelope;
class Record;
class Birth;
class State;
class CatalogueChange;
class Reply;
}  // namespace gengfu::v1

namespace gengfu::ingest {

/// Highest sequence and start number that the database's int8 holds.
constexpr std::uint64_t kMaxSequence = (1ULL << 63U) - 2;

/// Which stream of which run of which gateway: a row of the ledger.
struct StreamKey {
    std::string gateway;
    std::uint64_t epoch = 0;
    std::uint8_t stream = 0;  ///< of the wire: 1 event, 2 telemetry
    friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

/// A record whose identity is sound. Its content may still be anything.
struct RecordIn {
    StreamKey key;
    std::uint64_t start = 0;
    std::uint64_t sequence = 0;
    const v1::Record* record = nullptr;
    const Message* message = nullptr;
    bool is_volatile = false;
};

/// A message that is none of the feed's.
struct Refused {
    const Message* message = nullptr;
    std::string gateway;  ///< by the topic; empty: not even that
    std::string reason;
};

/// The messages of one transaction, sorted. Everything points into the messages and the arena, which must
/// outlive it.
struct Intake {
    template <class T>
    struct Of {
        const T* content = nullptr;
        const Message* message = nullptr;
        Topic topic;
    };
    std::vector<RecordIn> records;
    std::vector<Of<v1::Birth>> births;
    std::vector<Of<v1::State>> states;
    std::vector<Of<v1::CatalogueChange>> catalogues;  ///< retained parts
    std::vector<Of<v1::Reply>> replies;
    std::vector<Refused> refused;
    std::size_t samples = 0;  ///< of all batches, as their columns say
};

/// Reads one message into `intake`: protobuf, or JSON when it begins with "{". Never fails: what cannot be
/// read is refused with a reason. \param root  of the topics
void take_in(const Message& message, std::string_view root, google::protobuf::Arena& arena, Intake& intake);

}  // namespace gengfu::ingest
