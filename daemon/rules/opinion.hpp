#pragma once

#include <cstddef>

/// What one kind of rule thinks of one value. Each kind is a pure function in a file of its own; delays,
/// levels and silence are the business of Timing and Judge.
namespace gengfu::rules {

/// One level for each severity that there is: levels are strictly graver from one to the next (config refuses
/// others).
constexpr std::size_t kMaxLevels = 4;

/// Levels are numbered from the mildest, 0; -1 is none. Kinds without levels have one, 0.
struct Opinion {
    int reached = -1;  ///< gravest level whose limit the value reaches
    int held = -1;     ///< gravest level that the value has not left by the deadband; never below `reached`
    double value =
        0;  ///< what was compared: the sample's value; a change in `per` for `rate`; seconds for `silent`
    double limit = 0;  ///< what it was compared with; kinds with levels leave it to their level in force
};

/// Opinion of a kind with one level.
constexpr Opinion one_level(bool reached, bool held, double value, double limit) {
    return {reached ? 0 : -1, held || reached ? 0 : -1, value, limit};
}

}  // namespace gengfu::rules
