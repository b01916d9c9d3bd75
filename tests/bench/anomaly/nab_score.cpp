#include "tests/bench/anomaly/nab_score.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::bench::anomaly {
namespace {

constexpr double kFalseRow = 0.11;  ///< weight of a detection outside all windows, standard profile

/// 1 long before the edge, 0 at it, -1 three widths behind.
double falling(double widths) {
    return widths > 3 ? -1 : 2 / (1 + std::exp(5 * widths)) - 1;
}

struct Row {
    float news = 0;
    float worth = 0;
    int window = -1;  ///< over all files
};

std::vector<Row> rows_with_news(std::span<const Series> all, std::span<const News> news,
                                std::span<const int> chosen) {
    std::vector<Row> rows;
    int offset = 0;
    for (const int file : chosen) {
        const Labels& labels = all[file].labels;
        for (std::size_t row = labels.first_row; row < labels.worth.size(); ++row) {
            if (news[file][row] > 0) {
                const int window = labels.window[row];
                rows.push_back({news[file][row], labels.worth[row], window < 0 ? -1 : window + offset});
            }
        }
        offset += labels.windows;
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.news > b.news; });
    return rows;
}

}  // namespace

Labels make_labels(int rows, std::span<const std::pair<int, int>> spans) {
    Labels labels;
    labels.first_row = std::min(750, static_cast<int>(0.15 * rows));
    labels.worth.assign(rows, -1);
    labels.window.assign(rows, -1);
    labels.windows = static_cast<int>(spans.size());
    for (std::size_t w = 0; w < spans.size(); ++w) {
        const auto [first, last] = spans[w];
        const double width = last - first + 1;
        for (int row = first; row <= last; ++row) {
            labels.window[row] = static_cast<int>(w);
            labels.worth[row] = static_cast<float>(falling(-(last - row + 1) / width) / falling(-1));
        }
        const int end = w + 1 < spans.size() ? spans[w + 1].first : rows;
        for (int row = last + 1; row < end && width > 1; ++row) {
            labels.worth[row] = static_cast<float>(falling((row - last) / (width - 1)));
        }
        labels.scored_windows += last >= labels.first_row ? 1 : 0;
    }
    return labels;
}

Scored score_at(std::span<const Series> all, std::span<const News> news, std::span<const int> chosen,
                float threshold) {
    Scored scored;
    for (const int file : chosen) {
        const Labels& labels = all[file].labels;
        std::vector<double> credit(labels.windows, -1);
        for (std::size_t row = labels.first_row; row < labels.worth.size(); ++row) {
            if (news[file][row] < threshold) {
                continue;
            }
            if (labels.window[row] < 0) {
                scored.raw += kFalseRow * labels.worth[row];
            } else {
                double& best = credit[labels.window[row]];
                best = std::max<double>(best, labels.worth[row]);
            }
        }
        for (int w = labels.windows - labels.scored_windows; w < labels.windows; ++w) {
            scored.raw += credit[w];
        }
        scored.nothing -= labels.scored_windows;
        scored.perfect += labels.windows;
    }
    return scored;
}

Best best_threshold(std::span<const Series> all, std::span<const News> news, std::span<const int> chosen) {
    const std::vector<Row> rows = rows_with_news(all, news, chosen);
    Scored scored = score_at(all, news, chosen, INFINITY);
    int windows = 0;
    for (const int file : chosen) {
        windows += all[file].labels.windows;
    }
    std::vector<double> credit(windows, -1);
    std::vector<double> raw;
    for (const Row& row : rows) {
        if (row.window < 0) {
            scored.raw += kFalseRow * row.worth;
        } else if (row.worth > credit[row.window]) {
            scored.raw += row.worth - credit[row.window];
            credit[row.window] = row.worth;
        }
        raw.push_back(scored.raw);
    }
    Best best;
    double sum = 0;
    std::size_t from = 0;
    std::size_t to = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (; to < rows.size() && rows[to].news >= rows[i].news * 0.875F; ++to) {
            sum += raw[to];
        }
        for (; rows[from].news > rows[i].news * 1.125F; ++from) {
            sum -= raw[from];
        }
        scored.raw = sum / static_cast<double>(to - from);
        if (scored.percent() > best.percent) {
            best = {.threshold = rows[i].news, .percent = scored.percent()};
        }
    }
    return best;
}

}  // namespace gengfu::bench::anomaly
