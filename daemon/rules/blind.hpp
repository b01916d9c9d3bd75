#pragma once

#include <cstdint>
#include <optional>

#include "daemon/core/ids.hpp"
#include "daemon/core/quality.hpp"

namespace gengfu::rules {

/// What keeps a rule from judging.
enum class BlindBy : std::uint8_t {
    kLimit,      ///< the point that its limit is taken from has never given a value above 0
    kValue,      ///< a point that it judges gives no value that can be judged
    kDirection,  ///< the vector of three axes, good as they are, points nowhere
    kMember,     ///< of the rules that it asks for, what decides is not known
    kLearning,   ///< it has values, but not enough of them to say anything yet
};

/// A rule that can raise nothing at present, whatever happens.
struct Blind {
    RuleId rule;
    BlindBy by = BlindBy::kValue;
    std::optional<PointId> point;   ///< kLimit, kValue: the one that is missing
    Reason reason = Reason::kNone;  ///< of the point's last sample; kNone also before there was one
    std::optional<RuleId> member;   ///< kMember: the first of those that are not known
};

}  // namespace gengfu::rules
