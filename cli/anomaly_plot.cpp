#include "cli/anomaly_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <limits>

namespace gengfu::cli {
namespace {

constexpr double kWidth = 1200;
constexpr double kHeight = 520;
constexpr double kLeft = 78;
constexpr double kRight = 1180;
constexpr double kTop = 56;
constexpr double kValuesBottom = 350;
constexpr double kScoreTop = 390;
constexpr double kBottom = 476;
constexpr const char* kInk = "#24292f";
constexpr const char* kFaint = "#d0d7de";
constexpr const char* kBand = "#cfe3f7";
constexpr const char* kLine = "#1f5fa8";
constexpr const char* kAlarm = "#c62828";
constexpr const char* kScore = "#7a8794";

[[gnu::format(printf, 2, 3)]] void append(std::string& out, const char* format, ...) {
    std::array<char, 512> line{};
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    va_end(arguments);
    out.append(line.data(), std::clamp<std::size_t>(length < 0 ? 0 : static_cast<std::size_t>(length), 0,
                                                    line.size() - 1));
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

/// All rows that share a column of pixels.
struct Column {
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -std::numeric_limits<double>::infinity();
    double band_low = 0;
    double band_high = 0;
    float score = 0;
    double worst = 0;  ///< value at the highest score
    bool any() const { return lowest <= highest; }
};

std::vector<Column> columns_of(const Plot& plot) {
    const auto most = static_cast<std::size_t>(kRight - kLeft);
    std::vector<Column> columns(std::min(plot.rows.size(), most));
    for (std::size_t i = 0; i < plot.rows.size(); ++i) {
        const PlotRow& row = plot.rows[i];
        Column& column = columns[i * columns.size() / plot.rows.size()];
        if (!std::isfinite(row.value)) {
            continue;
        }
        const bool first = !column.any();
        column.lowest = std::min(column.lowest, row.value);
        column.highest = std::max(column.highest, row.value);
        column.band_low = first ? row.low : std::min(column.band_low, row.low);
        column.band_high = first ? row.high : std::max(column.band_high, row.high);
        if (first || row.score > column.score) {
            column.score = row.score;
            column.worst = row.value;
        }
    }
    return columns;
}

struct Scale {
    double low = 0;
    double high = 1;
    double y(double value) const {
        const double share = std::clamp((value - low) / (high - low), 0.0, 1.0);
        return kValuesBottom - share * (kValuesBottom - kTop);
    }
};

Scale scale_of(const std::vector<Column>& columns) {
    Scale scale{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const Column& column : columns) {
        scale.low = std::min(scale.low, column.lowest);
        scale.high = std::max(scale.high, column.highest);
    }
    if (!(scale.low <= scale.high)) {
        return {};
    }
    const double room = std::max({0.06 * (scale.high - scale.low), 1e-9 * std::fabs(scale.high), 1e-9});
    return {scale.low - room, scale.high + room};
}

double x_of(std::size_t column, std::size_t columns) {
    return kLeft + (static_cast<double>(column) + 0.5) * (kRight - kLeft) / static_cast<double>(columns);
}

void draw_grid(std::string& out, const Scale& scale, const Plot& plot) {
    constexpr int kSteps = 4;
    for (int i = 0; i <= kSteps; ++i) {
        const double value = scale.low + (scale.high - scale.low) * i / kSteps;
        append(out, "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", kLeft, kRight,
               scale.y(value), scale.y(value), kFaint);
        append(out, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>\n", kLeft - 8,
               scale.y(value) + 4, value);
    }
    constexpr int kTimes = 6;
    for (int i = 0; i <= kTimes && !plot.rows.empty(); ++i) {
        const std::size_t row = (plot.rows.size() - 1) * static_cast<std::size_t>(i) / kTimes;
        const auto days = std::chrono::floor<std::chrono::days>(plot.rows[row].time);
        const std::chrono::year_month_day date{std::chrono::sys_days(days)};
        const std::chrono::hh_mm_ss clock(plot.rows[row].time - days);
        append(out, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"%s\">%04d-%02u-%02u %02ld:%02ld</text>\n",
               kLeft + (kRight - kLeft) * i / kTimes, kBottom + 20,
               i == 0        ? "start"
               : i == kTimes ? "end"
                             : "middle",
               static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
               static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
               static_cast<long>(clock.minutes().count()));
    }
}

void draw_band(std::string& out, const std::vector<Column>& columns, const Scale& scale) {
    std::string there;
    std::string back;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Column& column = columns[i];
        if (column.any() && column.band_low < column.band_high) {
            append(there, "%.1f,%.1f ", x_of(i, columns.size()), scale.y(column.band_high));
            std::string point;
            append(point, "%.1f,%.1f ", x_of(i, columns.size()), scale.y(column.band_low));
            back.insert(0, point);
        }
    }
    if (!there.empty()) {
        out += "<polygon fill=\"" + std::string(kBand) + "\" points=\"" + there + back + "\"/>\n";
    }
}

void draw_values(std::string& out, const std::vector<Column>& columns, const Scale& scale) {
    out += "<path fill=\"none\" stroke=\"" + std::string(kLine) +
           "\" stroke-width=\"1.2\" stroke-linejoin=\"round\" d=\"";
    bool gap = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Column& column = columns[i];
        if (!column.any()) {
            gap = true;
            continue;
        }
        const double x = x_of(i, columns.size());
        append(out, "%c%.1f %.1f", gap ? 'M' : 'L', x, scale.y(column.lowest));
        if (column.highest > column.lowest) {
            append(out, "V%.1f", scale.y(column.highest));
        }
        gap = false;
    }
    out += "\"/>\n";
}

void draw_scores(std::string& out, const std::vector<Column>& columns, const Scale& scale, float threshold) {
    const auto y = [](double score) { return kBottom - score * (kBottom - kScoreTop); };
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const double x = x_of(i, columns.size());
        const bool alarm = columns[i].score >= threshold;
        if (columns[i].score > 0.02F) {
            append(
                out,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%s\"/>\n",
                x, x, kBottom, y(static_cast<double>(columns[i].score)), alarm ? kAlarm : kScore,
                alarm ? "2" : "1");
        }
        if (alarm) {
            append(
                out,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n",
                x, scale.y(columns[i].worst), kAlarm);
        }
    }
    append(out,
           "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-dasharray=\"5 4\"/>\n",
           kLeft, kRight, y(static_cast<double>(threshold)), y(static_cast<double>(threshold)), kAlarm);
    append(out, "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.0f\" y2=\"%.0f\" stroke=\"%s\"/>\n", kLeft, kRight,
           kBottom, kBottom, kInk);
    append(out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">0</text>\n", kLeft - 8, kBottom + 4);
    append(out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">1</text>\n", kLeft - 8, kScoreTop + 4);
    append(out, "<text x=\"%.0f\" y=\"%.0f\">score</text>\n", kLeft, kScoreTop - 8);
}

void draw_legend(std::string& out) {
    append(out,
           "<rect x=\"860\" y=\"18\" width=\"22\" height=\"12\" fill=\"%s\"/><text x=\"888\" "
           "y=\"29\">usual</text>\n",
           kBand);
    append(out,
           "<line x1=\"940\" x2=\"962\" y1=\"24\" y2=\"24\" stroke=\"%s\" stroke-width=\"2\"/><text "
           "x=\"968\" y=\"29\">value</text>\n",
           kLine);
    append(out,
           "<circle cx=\"1029\" cy=\"24\" r=\"5\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/><text "
           "x=\"1040\" "
           "y=\"29\">alarm</text>\n",
           kAlarm);
    append(out,
           "<line x1=\"1090\" x2=\"1112\" y1=\"24\" y2=\"24\" stroke=\"%s\" stroke-dasharray=\"5 4\"/><text "
           "x=\"1118\" y=\"29\">threshold</text>\n",
           kAlarm);
}

}  // namespace

std::string to_svg(const Plot& plot) {
    const std::vector<Column> columns = columns_of(plot);
    const Scale scale = scale_of(columns);
    std::string out;
    append(out,
           "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
           "font-size=\"12\" "
           "fill=\"%s\">\n",
           kWidth, kHeight, kInk);
    append(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", kWidth, kHeight);
    out += "<text x=\"" + std::to_string(static_cast<int>(kLeft)) +
           "\" y=\"29\" font-size=\"16\" font-weight=\"600\">" + escaped(plot.title) + "</text>\n";
    out += "<text x=\"" + std::to_string(static_cast<int>(kLeft)) + "\" y=\"48\">" + escaped(plot.unit) +
           "</text>\n";
    draw_grid(out, scale, plot);
    draw_band(out, columns, scale);
    draw_values(out, columns, scale);
    draw_scores(out, columns, scale, plot.threshold);
    draw_legend(out);
    return out + "</svg>\n";
}

}  // namespace gengfu::cli
