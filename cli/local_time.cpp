#include "cli/local_time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/json_word.hpp"
#include "daemon/config/load.hpp"

namespace gengfu::cli {
namespace {

using std::chrono::seconds;

/// "2026-11-22T01:45:21.127Z"; the part of a second is left.
std::optional<Wall> parse_utc(const std::string& text) {
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    int read = 0;
    const int fields = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u%n", &year, &month, &day, &hour,
                                   &minute, &second, &read);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    constexpr int kFields = 6;
    const bool sound = fields == kFields && date.ok() && hour < 24 && minute < 60 && second < 60;
    if (!sound || text.empty() || text.back() != 'Z') {
        return std::nullopt;
    }
    const auto part = std::string_view(text).substr(static_cast<std::size_t>(read));
    const bool fraction =
        part == "Z" || (part.front() == '.' && part.find_first_not_of("0123456789", 1) == part.size() - 1);
    return fraction ? std::optional<Wall>(std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                          std::chrono::minutes(minute) + seconds(second))
                    : std::nullopt;
}

}  // namespace

LocalTime::LocalTime(const std::string& zone) {
    if (Result<TimeZone> loaded = TimeZone::load(zone); !zone.empty() && loaded) {
        zone_ = std::move(*loaded);
        known_ = true;
    }
}

std::string LocalTime::of(Wall when) const {
    const seconds ahead = zone_.ahead_of_utc(when);
    const auto local = std::chrono::floor<seconds>(when) + ahead;
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(local - day);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(std::chrono::abs(ahead)).count();
    const std::string offset =
        known_ ? fmt::format("{}{:02}:{:02}", ahead < seconds::zero() ? '-' : '+', minutes / 60, minutes % 60)
               : std::string("UTC");
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} {}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(), offset);
}

std::string LocalTime::of(const std::string& utc) const {
    const std::optional<Wall> when = parse_utc(utc);
    return when ? of(*when) : utc;
}

LocalTime time_of_gateway(const Common& common) {
    if (const Result<nlohmann::json> answer = ask(common, {{"verb", "status"}})) {
        return LocalTime(word(*answer, "time_zone"));
    }
    const Result<config::Bundle> bundle = config::gather(common.places);
    if (!bundle) {
        return {};
    }
    const config::Loaded loaded = config::load(*bundle, config::Credentials::kMayBeAbsent);
    return loaded.site ? LocalTime(loaded.site->gateway.time_zone) : LocalTime();
}

}  // namespace gengfu::cli
