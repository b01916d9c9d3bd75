#pragma once

#include <string_view>
#include <vector>

#include "daemon/config/report.hpp"
#include "governance/registry/row.hpp"

namespace gengfu::governance {

/// Reads a GeoJSON FeatureCollection (RFC 7946) of Points: each feature becomes a row of its properties, with
/// `longitude` and `latitude` from its geometry and, where no property says otherwise, `datum` wgs84, as the
/// RFC has it. Properties that are no column are mistakes. Mistakes go to `report` with line and column (in
/// bytes) of file 0; features with a mistake are left out.
std::vector<Row> parse_geojson(std::string_view text, const Columns& columns, config::Report& report);

}  // namespace gengfu::governance
