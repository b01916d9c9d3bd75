#pragma once

#include <optional>

#include "daemon/config/site.hpp"

namespace gengfu::alarms {

/// A point by which an output can be read back.
struct ReadBack {
    PointId point;
    double on = 0;  ///< its value while the output is on
};

/// The first point of the unit's profile that is the whole coil or register which the action writes, and is
/// read more than once a connection. Nothing: the output cannot be read, or not by itself alone.
std::optional<ReadBack> read_back(const config::Site& site, const config::Action& action);

}  // namespace gengfu::alarms
