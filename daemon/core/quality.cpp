#include "daemon/core/quality.hpp"

#include <array>

namespace gengfu {
namespace {

constexpr std::array<std::string_view, kReasonCount> kReasons{
    "none",           "time-out",        "crc",       "exception",    "line", "out-of-range",  "sentinel",
    "not-protecting", "stale-at-device", "good-when", "not-a-number", "jump", "clock-unknown", "backed-off"};

}  // namespace

std::string_view to_string(Reason reason) {
    return kReasons.at(static_cast<std::size_t>(reason));
}

std::string_view to_string(Quality quality) {
    switch (quality) {
        case Quality::kGood:
            return "good";
        case Quality::kUncertain:
            return "uncertain";
        case Quality::kBad:
            return "bad";
    }
    return "bad";
}

std::optional<Reason> parse_reason(std::string_view word) {
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
        if (kReasons.at(i) == word) {
            return static_cast<Reason>(i);
        }
    }
    return std::nullopt;
}

std::optional<Quality> parse_quality(std::string_view word) {
    for (const Quality quality : {Quality::kGood, Quality::kUncertain, Quality::kBad}) {
        if (to_string(quality) == word) {
            return quality;
        }
    }
    return std::nullopt;
}

}  // namespace gengfu
