#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

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
    std::vector<Reading> readings{};
    std::vector<store::StreamRanges> missing{};
};

/// A reply, and what whoever keeps the record of it needs to know.
struct Answered {
    CommandReply reply;
    enum class How : std::uint8_t {
        kCarriedOut,  ///< just now, whatever came of it
        kRefused,     ///< by its form, its age or its verb
        kRepeated,    ///< answered before, or it could not be read: nothing happened
    };
    How how = How::kRepeated;
    std::string on_behalf_of{}, reason{};  ///< as the command had them
};

/// The longest payload of a command that is read. A consumer that was restored names many ranges.
constexpr std::size_t kCommandBytes = 256U << 10U;
/// Up to here one that is too long is read for its id, by which it is refused.
constexpr std::size_t kCommandReadBytes = 1U << 20U;
/// The longest id of a command: room for a UUID with a prefix.
constexpr std::size_t kCommandIdBytes = 128;
/// Most ranges that a `resend` may name.
constexpr std::size_t kCommandRanges = 20000;

/// Commands from the platform: read, checked, carried out once. A command whose id was seen gets the reply it
/// got then, also after a restart while it has not expired. On core.
class Commands {
public:
    using Done = std::function<void(CommandResult)>;
    /// `done` may be called in the call or later, on core; after the end of Commands it does nothing.
    using CarryOut = std::function<void(const PlatformCommand&, Done done)>;
    using Answer = std::function<void(const Answered&)>;

    /// Most commands that are being carried out at a time; more are refused.
    static constexpr std::size_t kMostUnderWay = 32;
    /// Most that memory() gives.
    static constexpr std::size_t kMostLasting = 100;

    /// \param remembered how many replies are kept, the oldest is forgotten first
    explicit Commands(CarryOut carry_out, std::size_t remembered = 1000);
    ~Commands();
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;

    /// \param verb  last level of the topic
    /// \param now   its `wall` is empty while the clock is unknown: expiry cannot be judged then, and
    ///              what is built is harmless late (an alarm's revision is named; the others only tell again)
    /// \param answer called once, in the call or later; never for a command that comes again while it is
    ///              being carried out
    void handle(const std::string& verb, const std::string& payload, bool retained, const alarms::Stamp& now,
                Answer answer);

    /// Replies whose commands have not expired, for the next book; oldest first.
    std::vector<AnsweredCommand> memory(std::optional<Wall> now) const;
    /// Those of the last book.
    void restore(const std::vector<AnsweredCommand>& answered);

private:
    struct Known {
        CommandReply reply;
        std::int64_t expires_us = 0;
    };
    void finish(Answered answered, std::int64_t expires_us, const Answer& answer);
    void remember(const CommandReply& reply, std::int64_t expires_us);

    CarryOut carry_out_;
    std::size_t remembered_;
    std::unordered_map<std::string, Known> known_;
    std::deque<std::string> order_;
    std::unordered_set<std::string> under_way_;
    std::shared_ptr<Commands*> self_;  ///< for answers that come after our end
};

}  // namespace gengfu::publish
