#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/config/site.hpp"
#include "daemon/publish/batch_encoder.hpp"
#include "daemon/publish/commands.hpp"
#include "daemon/publish/publisher.hpp"
#include "daemon/store/store.hpp"

namespace gengfu::v1 {
class CatalogueChange;
}

namespace gengfu::publish {

/// Whether the envelope says that the disk did not have the record yet.
enum class Volatile : std::uint8_t { kNo, kYes };
/// Whether the envelope says that it was sent before.
enum class Resent : std::uint8_t { kNo, kYes };

/// A record's bytes in the envelope that this sending wants; the bytes are spliced in as they are. Pure.
std::string envelope(const store::Record& record, Volatile is_volatile, Resent resent);

/// Makes the bytes of all that one run says. On core.
class Encoder {
public:
    /// \param clock outlives the encoder.
    Encoder(const Run& run, config::Encoding encoding, const Clock& clock);

    store::Record transition(std::uint64_t sequence, const alarms::Transition& transition);
    store::Record audit(std::uint64_t sequence, const alarms::Audit& audit);
    store::Record catalogue(std::uint64_t sequence, const gengfu::v1::CatalogueChange& part);
    store::Record clock_fix(std::uint64_t sequence, const ClockFix& fix);
    store::Record abandoned(std::uint64_t sequence, const store::Loss& loss);
    /// Empties `samples`, which has some.
    store::Record batch(std::uint64_t sequence, const std::string& catalogue_hash, BatchEncoder& samples);

    // Payloads that are no records.
    std::string alarm(const alarms::Alarm& alarm) const;
    std::string birth(const std::vector<const alarms::Alarm*>& standing, std::uint64_t as_of,
                      const std::string& catalogue_hash, std::size_t catalogue_parts) const;
    /// \param filled a gengfu.v1.State, serialised (Questions::state); may be empty
    std::string online(const std::string& filled, const store::Usage& usage) const;
    /// The last will, and the goodbye.
    std::string offline() const;
    std::string catalogue_part(const gengfu::v1::CatalogueChange& part) const;
    std::string reply(const CommandReply& reply) const;

private:
    store::Record finish(Stream stream, std::uint64_t sequence);

    Run run_;
    config::Encoding encoding_;
    const Clock* clock_;
    /// Kept from record to record, so that its arrays keep their memory.
    struct Scratch;
    std::shared_ptr<Scratch> scratch_;
};

/// A retained alarm as Encoder::alarm() writes it, in either encoding. Its text has no template any more:
/// that is the configuration's. \return nothing when `payload` is no such message of this release.
std::optional<alarms::Alarm> read_alarm(const std::string& payload);

/// Whose birth it is. \return nothing: `payload` is no birth of an envelope.
struct BirthSeen {
    Epoch epoch;
    std::uint64_t start = 0;
};
std::optional<BirthSeen> read_birth(const std::string& payload);

/// What a State says without looking into it elsewhere. \return false: `payload` is no state of an envelope.
struct StateSeen {
    bool online = false;
    Epoch epoch;
};
std::optional<StateSeen> read_state(const std::string& payload);

}  // namespace gengfu::publish
