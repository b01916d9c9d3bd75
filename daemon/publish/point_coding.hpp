#pragma once

#include <cstdint>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/publish/alarm_codec.hpp"

namespace gengfu::publish {

/// How the values of one point are written in a batch: value = step * resolution + offset where that is
/// exact.
struct PointCoding {
    std::uint32_t alias = 0;
    double resolution = 0;  ///< 0: never as a step
    double offset = 0;
    bool text = false;
};

/// Gives every point of the site that has none yet the next alias. Aliases of points that are no longer there
/// stay.
void extend(Aliases& aliases, const config::Site& site);

/// By PointId, those of aggregation.hpp behind the site's own. \param aliases extended by extend() for the
/// same site.
std::vector<PointCoding> point_codings(const config::Site& site, const Aliases& aliases);

}  // namespace gengfu::publish
