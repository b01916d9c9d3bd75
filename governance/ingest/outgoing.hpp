#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/store/record.hpp"

/// What the consumer says to gateways: confirmations and commands. Pure.
namespace gengfu::ingest {

/// What is committed of one stream of one run.
struct Committed {
    std::uint64_t epoch = 0;
    std::uint8_t stream = 0;
    std::vector<store::SequenceRange> ranges;  ///< ascending, apart
};

/// Payload of `confirm`. Without `committed` it announces a consumer that starts.
std::string encode_confirm(const std::string& consumer, const std::vector<Committed>& committed);

/// Payload of `command/rebirth`. \param catalogue_hash  the catalogue that is wanted; empty: a birth
std::string encode_rebirth(const std::string& consumer, const std::string& id,
                           const std::string& catalogue_hash, Wall now);

/// Payload of `command/resend`: all that the gateway still has, but for what is committed.
std::string encode_resend(const std::string& consumer, const std::string& id,
                          const std::vector<Committed>& committed, Wall now);

/// Decides when each gateway is confirmed: at once when it is due, at most every `every`.
class ConfirmPace {
public:
    explicit ConfirmPace(Duration every) : every_(every) {}

    /// Records of the gateway have been committed. \param base  its topics' beginning
    void touched(const std::string& gateway, const std::string& base);

    struct Due {
        std::string gateway, base;
        bool first = false;  ///< not confirmed before in this life: to be announced
    };
    /// Somebody else has confirmed it under our name.
    void spoken(const std::string& gateway, Monotonic now);
    /// Those that may be confirmed now and have something new, at most `most`; they count as confirmed.
    std::vector<Due> due(Monotonic now, std::size_t most);
    /// How many wait for their time.
    std::size_t waiting() const { return waiting_; }

private:
    struct Entry {
        std::string base;
        Monotonic last{};
        bool ever = false;
        bool fresh = false;
    };
    Duration every_;
    std::map<std::string, Entry> gateways_;
    std::size_t waiting_ = 0;
};

}  // namespace gengfu::ingest
