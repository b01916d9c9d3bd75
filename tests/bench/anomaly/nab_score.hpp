#pragma once

#include <span>
#include <string>
#include <vector>

/// The benchmark's standard score, for fitting only: the published figures come from the benchmark's own
/// scorer.
namespace gengfu::bench::anomaly {

/// Rows of one file that are scored: what a detection there is worth, and the window it lies in.
struct Labels {
    int first_row = 0;         ///< rows before are not scored
    std::vector<float> worth;  ///< of a detection: credit within a window, -1 to 0 outside
    std::vector<int> window;   ///< -1 outside
    int windows = 0;
    int scored_windows = 0;  ///< that have a row after `first_row`
};

struct Series {
    std::string name;
    int fold = 0;
    std::vector<long long> seconds;
    std::vector<double> values;
    Labels labels;
};

/// \param spans  first and last row of each window, in order
Labels make_labels(int rows, std::span<const std::pair<int, int>> spans);

struct Scored {
    double raw = 0;      ///< sum of what all detections are worth
    double nothing = 0;  ///< the same without any detection
    double perfect = 0;
    double percent() const { return perfect > nothing ? 100 * (raw - nothing) / (perfect - nothing) : 0; }
};

/// News of one file by row; 0 where there is none.
using News = std::vector<float>;

/// Score of the files in `chosen` when every row with news of at least `threshold` is a detection.
Scored score_at(std::span<const Series> all, std::span<const News> news, std::span<const int> chosen,
                float threshold);

struct Best {
    float threshold = 0;
    double percent = 0;  ///< mean over thresholds within an eighth, so that no lucky row decides
};
/// The threshold around which the files in `chosen` score best.
Best best_threshold(std::span<const Series> all, std::span<const News> news, std::span<const int> chosen);

}  // namespace gengfu::bench::anomaly
