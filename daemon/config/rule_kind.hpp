#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/config/site.hpp"

namespace gengfu::config {

/// Words of the rule kinds: in configuration files, on the wire and in the command's output.
constexpr std::array<std::pair<std::string_view, RuleKind>, 16> kRuleKinds{{{"above", RuleKind::kAbove},
                                                                            {"below", RuleKind::kBelow},
                                                                            {"outside", RuleKind::kOutside},
                                                                            {"equals", RuleKind::kEquals},
                                                                            {"bit", RuleKind::kBit},
                                                                            {"rate", RuleKind::kRate},
                                                                            {"silent", RuleKind::kSilent},
                                                                            {"stuck", RuleKind::kStuck},
                                                                            {"jump", RuleKind::kJump},
                                                                            {"moved", RuleKind::kMoved},
                                                                            {"occupied", RuleKind::kOccupied},
                                                                            {"growth", RuleKind::kGrowth},
                                                                            {"all", RuleKind::kAll},
                                                                            {"any", RuleKind::kAny},
                                                                            {"count", RuleKind::kCount},
                                                                            {"anomaly", RuleKind::kAnomaly}}};

constexpr std::string_view to_string(RuleKind kind) {
    for (const auto& [word, of] : kRuleKinds) {
        if (of == kind) {
            return word;
        }
    }
    return "";
}

constexpr std::optional<RuleKind> parse_rule_kind(std::string_view word) {
    for (const auto& [known, kind] : kRuleKinds) {
        if (known == word) {
            return kind;
        }
    }
    return std::nullopt;
}

}  // namespace gengfu::config
