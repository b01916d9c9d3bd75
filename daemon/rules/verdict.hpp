#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "daemon/core/ids.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/core/severity.hpp"
#include "daemon/rules/detectors/finding.hpp"

namespace gengfu::rules {

/// What became of a rule's condition.
enum class Change : std::uint8_t {
    kRaised,     ///< the condition holds, after its on-delay
    kCleared,    ///< it no longer does, after its off-delay
    kSeverity,   ///< it still holds, at another level
    kUncertain,  ///< it held when the sensor fell silent or stopped protecting; silence never clears
    kCertain,    ///< the sensor is back and the condition still holds
};

/// What a rule of kind `anomaly` found unlike before, and what was usual; numbers in the unit of `point`.
struct Anomaly {
    detectors::Aspect aspect = detectors::Aspect::kNone;
    double expected = 0, low = 0, high = 0;
    double score = 0;  ///< 0 to below 1
    PointId point;     ///< of several judged together the one that is furthest from its usual
};

/// A change of one rule at one point, with what it was judged by. Rules report changes only.
struct Verdict {
    RuleId rule;
    Change change = Change::kRaised;
    Severity severity = Severity::kMinor;
    Sample sample;     ///< the sample that decided; for `silent` the last that came
    double limit = 0;  ///< in force for the value judged
    Monotonic at{};
    /// What was compared with `limit`: the sample's value; the change in `per` for `rate`; seconds without a
    /// sound for `silent`. NaN when nothing was judged (the sensor fell silent).
    double value = std::numeric_limits<double>::quiet_NaN();
    std::optional<Anomaly> anomaly;  ///< of that kind only
};

}  // namespace gengfu::rules
