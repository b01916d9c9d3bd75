#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/rules/blind.hpp"

namespace gengfu::rules {

/// "limit", "value", "member", "learning": in JSON and metrics.
std::string_view to_string(BlindBy by);

/// Rules of one device that the same thing keeps from judging.
struct BlindGroup {
    DeviceId device;
    BlindBy by = BlindBy::kValue;
    std::optional<PointId> point;
    Reason reason = Reason::kNone;
    std::optional<RuleId> member;
    std::vector<RuleId> rules;
};

/// By device, in the order of the rules.
std::vector<BlindGroup> gathered(const config::Site& site, std::span<const Blind> blind);

/// "rule leakage judges nothing: …", without the device, in both languages.
config::Text words_of(const config::Site& site, const BlindGroup& group);

}  // namespace gengfu::rules
