#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace gengfu::cli {

/// One judged row, as drawn.
struct PlotRow {
    std::chrono::seconds time{};
    double value = 0;  ///< NaN: a gap
    double low = 0;    ///< of the usual; equal to high: not drawn
    double high = 0;
    float score = 0;
};

struct Plot {
    std::string title;
    std::string unit;     ///< of the values' axis, or the column's name
    float threshold = 0;  ///< of the score: from here a row is an alarm
    std::vector<PlotRow> rows;
};

/// The picture as SVG: values over the band of the usual, alarms as red marks, and the score below. Rows are
/// drawn in the order given, evenly spaced; many rows share a column of pixels, which then shows their lowest
/// and highest.
std::string to_svg(const Plot& plot);

}  // namespace gengfu::cli
