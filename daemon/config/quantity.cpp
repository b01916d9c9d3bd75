#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, Duration>, 5> kDurations{
    {{"d", hours(24)}, {"h", hours(1)}, {"min", minutes(1)}, {"s", seconds(1)}, {"ms", milliseconds(1)}}};
constexpr Duration kLongest = hours(24) * 3653;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kSizes{
    {{"TiB", 1ULL << 40U}, {"GiB", 1ULL << 30U}, {"MiB", 1ULL << 20U}, {"KiB", 1ULL << 10U}}};

constexpr const char* kDurationForm = R"(a duration such as "250ms", "2s", "5min", "2h" or "7d")";
constexpr const char* kSizeForm = R"(a size such as "512MiB" or "2GiB")";

/// Splits "250ms" into 250 and "ms".
Result<std::pair<std::uint64_t, std::string_view>> split(std::string_view text, const char* form) {
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, count);
    if (read.ec != std::errc{}) {
        return fail(Errc::kInvalid, form);
    }
    return std::pair(count, text.substr(static_cast<std::size_t>(read.ptr - text.data())));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    auto parts = split(text, kDurationForm);
    if (!parts) {
        return pass(parts);
    }
    for (const auto& [unit, length] : kDurations) {
        if (unit != parts->second) {
            continue;
        }
        if (parts->first > static_cast<std::uint64_t>(kLongest / length)) {
            return fail(Errc::kInvalid, "at most 10 years");
        }
        return length * static_cast<std::int64_t>(parts->first);
    }
    return fail(Errc::kInvalid, kDurationForm);
}

std::string to_text(Duration duration) {
    for (const auto& [unit, length] : kDurations) {
        if (duration >= length && duration % length == Duration::zero()) {
            return fmt::format("{}{}", duration / length, unit);
        }
    }
    return fmt::format("{}ms", duration / milliseconds(1));
}

std::string readable(Duration duration) {
    for (const auto& [unit, length] : kDurations) {
        if (duration >= length && duration % length == Duration::zero() && duration / length < 1000) {
            return fmt::format("{}{}", duration / length, unit);
        }
    }
    std::string text;
    Duration rest = duration;
    for (const auto& [unit, length] : kDurations) {
        if (rest >= length) {
            text += fmt::format("{}{}{}", text.empty() ? "" : " ", rest / length, unit);
            rest %= length;
        }
    }
    return text.empty() ? "0ms" : text;
}

Duration rounded_up(Duration duration) {
    constexpr int kFew = 10;  // units and more: one more changes little
    for (const auto& [unit, length] : kDurations) {
        if (duration >= kFew * length) {
            return (duration + length - Duration(1)) / length * length;
        }
    }
    return duration;
}

Result<std::uint64_t> parse_size(std::string_view text) {
    auto parts = split(text, kSizeForm);
    if (!parts) {
        return pass(parts);
    }
    for (const auto& [unit, bytes] : kSizes) {
        if (unit != parts->second) {
            continue;
        }
        if (parts->first > std::numeric_limits<std::uint64_t>::max() / bytes) {
            return fail(Errc::kInvalid, kSizeForm);
        }
        return parts->first * bytes;
    }
    return fail(Errc::kInvalid, kSizeForm);
}

std::string size_to_text(std::uint64_t bytes) {
    for (const auto& [unit, each] : kSizes) {
        if (bytes >= each && bytes % each == 0) {
            return fmt::format("{}{}", bytes / each, unit);
        }
    }
    return fmt::format("{} bytes", bytes);
}

}  // namespace gengfu::config
