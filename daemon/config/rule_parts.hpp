#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/reader.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/site.hpp"

/// Readers of the keys of a rule that are small languages of their own.
namespace gengfu::config {

/// `limit = 300`, or `limit = { times = 0.6, of = "rated_current" }` (of `above` and `below` alone): then
/// `limit_of` becomes the other point's name. All limits of one rule lean on the same point.
std::optional<Level> read_level_limit(Reader& reader, std::string_view key, RuleKind kind,
                                      std::string& limit_of);

/// An angle between two poses, upside down.
constexpr double kHalfTurn = 180;
/// A vehicle that stands in a fire lane for longer is nobody's news any more.
constexpr std::chrono::hours kLongestDwell{24 * 7};

/// `angle` in degrees, `dwell` as seconds: the limit of the mildest level, in the words of their kinds.
std::optional<double> read_first_limit(Reader& reader, const RuleDraft& draft);

/// `of`, `within`, `at_least` of the kinds that judge other rules; names are resolved when all devices are
/// known.
void read_group(Reader& reader, RuleDraft& draft);

/// `action = { write = "coil:0x0000", for = "10min" }` and what it does.
std::optional<ActionDraft> read_action(Reader& reader, const Rule& rule);

/// `schedule = "mon-fri 22:00-06:00"` or a list of such.
std::vector<WeekSpan> read_schedule(Reader& reader);
/// "02:00-04:00", "mon-fri 22:00-06:00", "sat,sun 08:00-24:00": a span that ends before it begins goes on
/// into the next day. \retval Errc::kInvalid
Result<std::vector<WeekSpan>> parse_schedule(std::string_view text);

/// The longest time for which it stays open, over midnight and the end of the week; none: it never closes.
std::optional<Duration> longest_open(const std::vector<WeekSpan>& schedule);

}  // namespace gengfu::config
