#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/profiles.hpp"
#include "drivers/bus.hpp"

/// Which profile a unit fits, and how sure that is. Pure.
namespace gengfu::cli {

enum class Certainty : std::uint8_t { kNone, kPossible, kLikely, kSure };
std::string to_string(Certainty certainty);

/// Does what was read answer the probe? \param registers  as many as the probe's type takes
bool fits(const config::Probe& probe, std::uint8_t unit, std::span<const std::uint16_t> registers);

/// Registers that the probe's read asks for.
std::uint16_t width(const config::Probe& probe);

/// By how many bits an answer that fits narrows down what the unit can be: 16 for a constant of one register,
/// little for a register that holds 1 in a unit whose id is 1, as many do.
int weight(const config::Probe& probe, std::uint8_t unit);

/// What speaks for a profile: all its probes fit (none is asked further), and what its points say.
struct Evidence {
    int probe_bits = 0;
    int points_good = 0;
    int points_refused = 0;  ///< the unit has no such register: a fitting sensor has all
    int points_odd = 0;      ///< out of range, no number
};
int score(const Evidence& evidence);
Certainty certainty(int score);

/// The slowest sensors known take so long to answer.
constexpr Duration kSlowestSensor = std::chrono::milliseconds(300);

/// Whole frames that were no answer to what had been asked last.
constexpr std::uint64_t unasked_frames(const drivers::Traffic& traffic) {
    return traffic.late_frames + traffic.foreign_frames + traffic.unasked_frames;
}

/// Several answers to the same question.
enum class Reply : std::uint8_t { kAnswer, kDamaged, kSilence };
enum class Presence : std::uint8_t { kNobody, kOne, kSeveral };

/// Two units that answer to one address spoil each other, every time or now and then, or follow one another.
/// \param followed  an answer came twice (a frame that nobody asked for after a whole one)
/// \param noisy  bytes come when nobody is asked, too: what is damaged says nothing
Presence presence(std::span<const Reply> replies, bool followed, bool noisy = false);

}  // namespace gengfu::cli
