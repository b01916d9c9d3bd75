#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "daemon/core/ids.hpp"
#include "daemon/core/quality.hpp"
#include "daemon/core/time.hpp"

namespace gengfu {

/// One reading of one point, or the fact that it could not be read.
struct Sample {
    PointId point;
    Quality quality = Quality::kBad;
    Reason reason = Reason::kNone;
    std::uint8_t exception =
        0;  ///< of kException: the Modbus code that the device answered with; 0: not known
    /// In the point's unit after scale and offset; exact for integers up to 2^53. NaN when there is none; a
    /// value that is bad for being out of range is kept as evidence.
    double value = std::numeric_limits<double>::quiet_NaN();
    Monotonic taken{};  ///< when the answer was complete, or when the request was given up
    std::string text;   ///< only points of type `string:n`
};

}  // namespace gengfu
