#include "daemon/store/day.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace gengfu::store {
namespace {

constexpr std::string_view kBegin = "telemetry-";
constexpr std::string_view kStart = "start-";
constexpr std::string_view kEnd = ".db";
constexpr auto kSlack = std::chrono::hours(1);

template <class Number>
bool take_digits(std::string_view& text, std::size_t count, Number& value) {
    if (text.size() < count || count == 0) {
        return false;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    const bool whole = error == std::errc{} && end == text.data() + count;
    text.remove_prefix(count);
    return whole;
}

std::optional<Day> parse_day(std::string_view& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (!take_digits(text, 4, year) || !take_digits(text, 2, month) || !take_digits(text, 2, day)) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    return date.ok() ? std::optional(std::chrono::sys_days(date).time_since_epoch().count()) : std::nullopt;
}

}  // namespace

Day day_of(Wall wall) {
    return std::chrono::floor<std::chrono::days>(wall).time_since_epoch().count();
}

std::string to_string(const TelemetryName& name) {
    std::string text(kBegin);
    if (name.day) {
        const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(*name.day))};
        text += fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    } else {
        text += fmt::format("{}{:010}", kStart, name.start);
    }
    if (name.part > 1) {
        text += fmt::format("-{}", name.part);
    }
    return text.append(kEnd);
}

std::optional<TelemetryName> parse_telemetry_name(std::string_view text) {
    if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) {
        return std::nullopt;
    }
    const std::string whole(text);
    text.remove_prefix(kBegin.size());
    text.remove_suffix(kEnd.size());
    TelemetryName name;
    if (text.starts_with(kStart)) {
        text.remove_prefix(kStart.size());
        if (!take_digits(text, 10, name.start)) {
            return std::nullopt;
        }
    } else {
        name.day = parse_day(text);
    }
    if (text.starts_with('-')) {
        text.remove_prefix(1);
        if (!take_digits(text, text.size(), name.part)) {
            return std::nullopt;
        }
    }
    // Only what to_string() writes: "telemetry-20261121-1.db" would be a second name of the same file.
    return text.empty() && to_string(name) == whole ? std::optional(name) : std::nullopt;
}

bool other_day(const TelemetryName& current, std::optional<Wall> wall) {
    if (!wall) {
        return false;
    }
    if (!current.day || day_of(*wall) > *current.day) {
        return true;
    }
    return day_of(*wall + kSlack) < *current.day;
}

}  // namespace gengfu::store
