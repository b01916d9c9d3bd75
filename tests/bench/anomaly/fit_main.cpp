// Fits the detector's parameters to labelled series and cross-validates them over folds; tools/bench anomaly
// calls it.
//
//   anomaly_fit < SERIES
//
// SERIES, made by tools/bench_support/anomaly.py: for each file a line "file NAME FOLD ROWS WINDOWS", for
// each window a line "FIRST LAST" (rows), for each row a line "SECONDS VALUE". Prints one line "NAME
// key=value..." for the fit on all files and for each fold, and lines "without FEATURE=..." for what each
// feature is worth.
#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <numeric>
#include <set>

#include "daemon/rules/detectors/point_detector.hpp"
#include "tests/bench/anomaly/nab_score.hpp"

namespace {

using namespace gengfu::bench::anomaly;
using gengfu::rules::detectors::kFeatures;
using gengfu::rules::detectors::Parameters;
using gengfu::rules::detectors::PointDetector;

struct Knob {
    const char* name;
    float Parameters::*value;
    std::array<float, 5> choices;
};
/// What is fitted; all else was chosen by hand (docs/anomaly.md tells how).
constexpr std::array kKnobs{
    Knob{"recurrence", &Parameters::recurrence, {0.3F, 0.4F, 0.5F, 0.6F, 0.8F}},
    Knob{"margin", &Parameters::margin, {0.4F, 0.5F, 0.6F, 0.75F, 1.0F}},
    Knob{"fade_samples", &Parameters::fade_samples, {80, 120, 150, 200, 250}},
    Knob{"age_exponent", &Parameters::age_exponent, {0.5F, 0.55F, 0.6F, 0.65F, 0.7F}},
    Knob{"slow_above", &Parameters::slow_above, {5, 8, 12, 16, 24}},
};

std::vector<Series> read_series(std::istream& in) {
    std::vector<Series> all;
    std::string word;
    while (in >> word) {
        Series& series = all.emplace_back();
        int rows = 0;
        int windows = 0;
        in >> series.name >> series.fold >> rows >> windows;
        std::vector<std::pair<int, int>> spans(windows);
        for (auto& [first, last] : spans) {
            in >> first >> last;
        }
        series.seconds.resize(rows);
        series.values.resize(rows);
        for (int row = 0; row < rows; ++row) {
            in >> series.seconds[row] >> series.values[row];
        }
        series.labels = make_labels(rows, spans);
    }
    return all;
}

/// Runs the detector, remembering what it did with the parameters before.
class Runs {
public:
    explicit Runs(std::span<const Series> all) : all_(all) {}

    const std::vector<News>& with(const Parameters& parameters) {
        std::vector<float> key(parameters.weight.begin(), parameters.weight.end());
        for (const Knob& knob : kKnobs) {
            key.push_back(parameters.*knob.value);
        }
        auto [at, fresh] = done_.try_emplace(std::move(key));
        if (fresh) {
            for (const Series& series : all_) {
                at->second.push_back(run(series, parameters));
            }
        }
        return at->second;
    }

private:
    static News run(const Series& series, const Parameters& parameters) {
        PointDetector detector(parameters);
        News news;
        news.reserve(series.values.size());
        for (std::size_t row = 0; row < series.values.size(); ++row) {
            const float score =
                detector.observe(std::chrono::seconds(series.seconds[row]), series.values[row]).score;
            news.push_back(10 * score / (1 - score));
        }
        return news;
    }

    std::span<const Series> all_;
    std::map<std::vector<float>, std::vector<News>> done_;
};

/// Coordinate ascent from the middle of all choices, not from the defaults, which have seen every fold; a
/// change must earn a fifth of a point.
Parameters fit(std::span<const Series> all, Runs& runs, std::span<const int> chosen) {
    constexpr double kWorthwhile = 0.2;
    Parameters best;
    for (const Knob& knob : kKnobs) {
        best.*knob.value = knob.choices[knob.choices.size() / 2];
    }
    double percent = best_threshold(all, runs.with(best), chosen).percent;
    for (int round = 0; round < 3; ++round) {
        const double before = percent;
        for (const Knob& knob : kKnobs) {
            for (const float choice : knob.choices) {
                Parameters tried = best;
                tried.*knob.value = choice;
                const double reached = best_threshold(all, runs.with(tried), chosen).percent;
                if (reached > percent + kWorthwhile) {
                    percent = reached;
                    best = tried;
                }
            }
        }
        if (percent == before) {
            break;
        }
    }
    return best;
}

void print(const char* name, const Parameters& parameters, const Best& best) {
    std::printf("%s fitted=%.2f threshold=%.3f", name, best.percent, static_cast<double>(best.threshold));
    for (const Knob& knob : kKnobs) {
        std::printf(" %s=%g", knob.name, static_cast<double>(parameters.*knob.value));
    }
}

void cross_validate(std::span<const Series> all, Runs& runs) {
    std::set<int> folds;
    for (const Series& series : all) {
        folds.insert(series.fold);
    }
    Scored total;
    Scored total_defaults;
    for (const int fold : folds) {
        std::vector<int> others;
        std::vector<int> left_out;
        for (std::size_t i = 0; i < all.size(); ++i) {
            (all[i].fold == fold ? left_out : others).push_back(static_cast<int>(i));
        }
        const auto carry = [&](const Parameters& parameters, Scored& sum) {
            const Best best = best_threshold(all, runs.with(parameters), others);
            const Scored scored = score_at(all, runs.with(parameters), left_out, best.threshold);
            sum.raw += scored.raw;
            sum.nothing += scored.nothing;
            sum.perfect += scored.perfect;
            return std::pair{best, scored.percent()};
        };
        const Parameters fitted = fit(all, runs, others);
        const auto [best, percent] = carry(fitted, total);
        print(("fold" + std::to_string(fold)).c_str(), fitted, best);
        std::printf(" left_out=%.2f defaults_left_out=%.2f\n", percent,
                    carry(Parameters{}, total_defaults).second);
    }
    std::printf("cross_validated fitted=%.2f threshold_only=%.2f\n", total.percent(),
                total_defaults.percent());
}

}  // namespace

int main() {
    const std::vector<Series> all = read_series(std::cin);
    Runs runs(all);
    std::vector<int> every(all.size());
    std::iota(every.begin(), every.end(), 0);
    const Parameters fitted = fit(all, runs, every);
    print("all", fitted, best_threshold(all, runs.with(fitted), every));
    std::printf("\n");
    print("defaults", Parameters{}, best_threshold(all, runs.with(Parameters{}), every));
    std::printf("\n");
    for (std::size_t i = 0; i < kFeatures; ++i) {
        Parameters without;
        without.weight[i] = 0;
        std::printf("without %zu=%.2f\n", i, best_threshold(all, runs.with(without), every).percent);
    }
    cross_validate(all, runs);
    return 0;
}
