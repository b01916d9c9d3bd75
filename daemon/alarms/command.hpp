#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/alarms/alarm.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/core/result.hpp"

/// What commands of people (`gengfu ack`) and of the platform (MQTT) have in common. Pure.
namespace gengfu::alarms {

/// Which of the alarms that stand `text` means: a whole id, a beginning that one alone has, or the number
/// after its "-" ("3", "-3", "…-3") when one alone has it, since all alarms of a start share what stands
/// before. Upper-case digits are taken.
///
/// Bare digits may be both: the number of one alarm and the beginning of another alarm's id are told as
/// ambiguous; a beginning that several have cannot be meant, so that the number wins over it.
///
/// What is less than a whole id may have been noted down of an alarm that is over, and numbers begin anew
/// with each start: it is refused while it fits one of `over` (Table::over()) as well, so that it never
/// touches another alarm than the one that was seen.
///
/// \retval Errc::kNotFound  no alarm fits; `what` says so
/// \retval Errc::kInvalid   several do; `what` names their ids
Result<AlarmId> choose(const std::vector<const Alarm*>& standing, const std::deque<AlarmId>& over,
                       std::string_view text);

/// What people do with an alarm.
enum class Work : std::uint8_t { kAcknowledge, kReset, kShelve, kUnshelve, kHandle };

struct Wish {
    Work work = Work::kAcknowledge;
    AlarmId id;
    std::uint64_t revision = 0;  ///< that was seen; 0: as it stands now
    Actor actor;
    Duration lasts{};  ///< kShelve; kHandle: zero when not told
};
/// One that comes to nothing is no transition; whoever repeats or is late is harmless.
Outcome carry_out(Table& table, const Wish& wish, const Stamp& at, std::uint64_t sequence);

/// For the record: a wish that changed nothing because it was late or said before. Nothing for others.
std::optional<Audit> audit_of(const Wish& wish, const Outcome& outcome);

/// A device is taken out of service for `lasts`, or (nothing) returned.
struct ServiceWish {
    std::string device;
    std::optional<Duration> lasts;
    Actor actor;
};
/// Why this cannot be done now; empty when it can.
std::string mistake_in(const ServiceWish& wish, const config::Site& site, const Stamp& at);
Audit audit_of(const ServiceChange& change);

/// An outcome in a sentence for whoever gave the command. \param seen  revision that the command named; 0:
/// none
std::string words_of(const Outcome& outcome, std::uint64_t seen);

/// A reason as it is recorded: without characters that steer terminals (daemon/core/plain_text.hpp) and
/// without blanks at its ends. Empty when nothing is left.
std::string plain_reason(std::string_view reason);

}  // namespace gengfu::alarms
