// Fits the device detector's parameters to labelled files and cross-validates them over folds; tools/bench
// anomaly calls it.
//
//   anomaly_device_fit < FILES
//
// FILES, made by tools/bench_support/anomaly.py: for each file a line "file NAME FOLD ROWS CHANNELS", for
// each row a line "LABEL VALUE..." (LABEL 0 or 1). Rows before the 400th are not scored. Prints one line
// "NAME key=value..." for the fit on all files and for each fold.
#include <array>
#include <cstdio>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "daemon/rules/detectors/device_detector.hpp"

namespace {

using gengfu::rules::detectors::DeviceDetector;
using gengfu::rules::detectors::DeviceParameters;

constexpr std::size_t kFirstScored = 400;
constexpr double kMostFalse =
    0.10;  ///< a fit with more false alarms does not count: the goal is 15 %, left out files give more

struct File {
    std::string name;
    int fold = 0;
    std::vector<std::vector<double>> rows;
    std::vector<int> labels;
};

struct Counts {
    long hit = 0;
    long false_alarm = 0;
    long missed = 0;
    long quiet = 0;
    double f1() const {
        return 2.0 * static_cast<double>(hit) / static_cast<double>(2 * hit + false_alarm + missed);
    }
    double far() const { return static_cast<double>(false_alarm) / static_cast<double>(false_alarm + quiet); }
    double mar() const { return static_cast<double>(missed) / static_cast<double>(missed + hit); }
    Counts& operator+=(const Counts& other) {
        hit += other.hit;
        false_alarm += other.false_alarm;
        missed += other.missed;
        quiet += other.quiet;
        return *this;
    }
};

std::vector<File> read_files(std::istream& in) {
    std::vector<File> files;
    std::string word;
    while (in >> word) {
        File& file = files.emplace_back();
        std::size_t rows = 0;
        std::size_t channels = 0;
        in >> file.name >> file.fold >> rows >> channels;
        file.rows.assign(rows, std::vector<double>(channels));
        file.labels.resize(rows);
        for (std::size_t row = 0; row < rows; ++row) {
            in >> file.labels[row];
            for (double& value : file.rows[row]) {
                in >> value;
            }
        }
    }
    return files;
}

Counts judge(const File& file, const DeviceParameters& parameters) {
    DeviceDetector detector(parameters);
    Counts counts;
    for (std::size_t row = 0; row < file.rows.size(); ++row) {
        const bool alarm = detector.observe(file.rows[row]).score >= 0.5F;
        if (row < kFirstScored) {
            continue;
        }
        if (file.labels[row] == 1) {
            ++(alarm ? counts.hit : counts.missed);
        } else {
            ++(alarm ? counts.false_alarm : counts.quiet);
        }
    }
    return counts;
}

std::vector<DeviceParameters> grid() {
    std::vector<DeviceParameters> all;
    for (const float smooth : {10.0F, 20.0F, 40.0F}) {
        for (const float memory : {300.0F, 400.0F, 600.0F}) {
            for (const float limit : {2.6F, 3.0F, 3.3F, 3.6F, 4.0F, 4.6F}) {
                all.push_back({.smooth_samples = smooth, .memory_samples = memory, .limit_spreads = limit});
            }
        }
    }
    return all;
}

/// What each choice of parameters gives in each file.
using Table = std::vector<std::vector<Counts>>;

Counts sum(const std::vector<Counts>& by_file, const std::vector<File>& files, int fold, bool inside) {
    Counts counts;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if ((files[i].fold == fold) == inside) {
            counts += by_file[i];
        }
    }
    return counts;
}

void print(const std::string& name, const DeviceParameters& chosen, const Counts& counts) {
    std::printf("%s f1=%.4f far=%.4f mar=%.4f smooth=%g memory=%g limit=%g\n", name.c_str(), counts.f1(),
                counts.far(), counts.mar(), static_cast<double>(chosen.smooth_samples),
                static_cast<double>(chosen.memory_samples), static_cast<double>(chosen.limit_spreads));
}

std::size_t best(const Table& table, const std::vector<File>& files, int left_out) {
    std::size_t at = 0;
    double reached = -1;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Counts counts = sum(table[i], files, left_out, false);
        if (counts.far() <= kMostFalse && counts.f1() > reached) {
            reached = counts.f1();
            at = i;
        }
    }
    return at;
}

}  // namespace

int main() {
    const std::vector<File> files = read_files(std::cin);
    const std::vector<DeviceParameters> choices = grid();
    Table table;
    std::set<int> folds;
    for (const DeviceParameters& parameters : choices) {
        std::vector<Counts>& by_file = table.emplace_back();
        for (const File& file : files) {
            by_file.push_back(judge(file, parameters));
            folds.insert(file.fold);
        }
    }
    constexpr int kNone = -1;
    const std::size_t all = best(table, files, kNone);
    print("all", choices[all], sum(table[all], files, kNone, false));
    Counts total;
    for (const int fold : folds) {
        const std::size_t at = best(table, files, fold);
        const Counts counts = sum(table[at], files, fold, true);
        print("fold" + std::to_string(fold), choices[at], counts);
        total += counts;
    }
    std::printf("cross_validated f1=%.4f far=%.4f mar=%.4f\n", total.f1(), total.far(), total.mar());
    return 0;
}
