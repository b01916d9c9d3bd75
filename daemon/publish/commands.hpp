#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/alarms/alarm.hpp"
#include "daemon/publish/publisher.hpp"

namespace gengfu::publish {

/// What goes back on `reply`.
struct CommandReply {
    std::string command_id{}, verb{};
    int outcome = 0;  ///< gengfu.v1.Outcome
    std::string message{}, alarm_id{};
    std::uint64_t revision = 0;
    alarms::Stamp at{};
};

/// The longest payload of a command that is read; the schema's commands have a tenth of it.
constexpr std::size_t kCommandBytes = 16384;
/// The longest id of a command: room for a UUID with a prefix.
constexpr std::size_t kCommandIdBytes = 128;

/// Commands from the platform: read, checked, carried out once. A command whose id was seen gets the reply it
/// got then. On core.
class Commands {
public:
    using CarryOut = std::function<CommandResult(const PlatformCommand&)>;

    /// \param remembered how many replies are kept, the oldest is forgotten first
    explicit Commands(CarryOut carry_out, std::size_t remembered = 1000);

    /// \param verb  last level of the topic
    /// \param now   its `wall` is empty while the clock is unknown: expiry cannot be judged then, and
    /// acknowledge and
    ///              reset are harmless late (they name the revision that was seen)
    CommandReply handle(const std::string& verb, const std::string& payload, bool retained,
                        const alarms::Stamp& now);

private:
    void remember(const CommandReply& reply);

    CarryOut carry_out_;
    std::size_t remembered_;
    std::unordered_map<std::string, CommandReply> replies_;
    std::deque<std::string> order_;
};

}  // namespace gengfu::publish
