#pragma once

#include <cstdint>
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
/// \retval Errc::kNotFound  no alarm fits; `what` says so
/// \retval Errc::kInvalid   several do; `what` names their ids
Result<AlarmId> choose(const std::vector<const Alarm*>& standing, std::string_view text);

/// An outcome in a sentence for whoever gave the command. \param seen  revision that the command named; 0:
/// none
std::string words_of(const Outcome& outcome, std::uint64_t seen);

/// A reason as it is recorded: without characters that steer terminals (daemon/core/plain_text.hpp) and
/// without blanks at its ends. Empty when nothing is left.
std::string plain_reason(std::string_view reason);

}  // namespace gengfu::alarms
