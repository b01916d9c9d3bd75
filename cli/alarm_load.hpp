#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/local_time.hpp"
#include "cli/recorded_history.hpp"

/// How much of people's attention the alarms of a gateway took.
///
/// The figures are those by which EEMUA Publication 191, "Alarm systems: a guide to design, management and
/// procurement", judges an alarm system: average and peak rate in ten minutes, share of time in flood, spread
/// over the priorities, most frequent, chattering and standing alarms. Its targets for one operator (at most
/// one alarm in ten minutes in steady state, more than ten is a flood, about 5/15/80 % over three priorities)
/// stand here as the TiPS summary of the publication and Hollifield & Habibi, "Alarm Management Handbook",
/// quote them. The publication is not public: the numbers of its clauses and its edition are to be looked up
/// before a contract names them.
namespace gengfu::cli {

constexpr Duration kSlice = std::chrono::minutes(10);
/// More than so many in a slice: a flood.
constexpr std::uint64_t kFlood = 10;
/// A steady system has at most so many in a slice.
constexpr double kSteady = 1;
/// What has stood for so long is part of the furniture.
constexpr Duration kStale = std::chrono::hours(24);
constexpr std::size_t kMostFrequent = 10;

struct FrequentAlarm {
    alarms::Key key;
    config::Text title;
    std::uint64_t calls = 0;
};

struct StandingAlarm {
    alarms::Key key;
    config::Text title;
    Severity severity = Severity::kMinor;
    Wall since{};
    bool acknowledged = false;
};

struct AlarmLoad {
    Wall from{}, until{};
    std::uint64_t calls = 0;   ///< transitions that called somebody: what EEMUA 191 counts as an alarm
    std::uint64_t raises = 0;  ///< conditions that came, those of held alarms too
    double average = 0;        ///< calls in a slice
    std::uint64_t peak = 0;    ///< most calls in any ten minutes
    std::optional<Wall> peak_from;
    double flood_share = 0;                      ///< of the slices
    std::array<std::uint64_t, 4> by_severity{};  ///< calls, gravest first
    std::vector<FrequentAlarm> most_frequent;    ///< most calls first
    double most_frequent_share = 0;              ///< of the calls
    std::vector<FrequentAlarm> chattering;       ///< that chattered at least once
    std::vector<StandingAlarm> standing;         ///< active at the end, longest first
    std::uint64_t stale = 0;                     ///< of these, for kStale or longer
    std::uint64_t acknowledged = 0;              ///< calls that somebody took note of
    std::uint64_t unanswered = 0;                ///< calls that nobody has, by the end
    std::optional<Duration> ack_median, ack_p95, ack_longest;
};

/// \param transitions  oldest first; those before `from` tell what stands \param until  later than `from`
AlarmLoad alarm_load(const std::vector<DatedTransition>& transitions, Wall from, Wall until);

/// One line of JSON.
std::string load_json(const AlarmLoad& load, const Unusable& unusable);
/// For people.
std::string load_text(const AlarmLoad& load, const Unusable& unusable, const LocalTime& time);

}  // namespace gengfu::cli
