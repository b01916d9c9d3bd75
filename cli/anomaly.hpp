#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"

/// `gengfu anomaly`: the daemon's detectors over CSV files.
namespace gengfu::cli {

struct AnomalyTask {
    std::string input{};
    std::string time = "timestamp";
    std::vector<std::string> values{};  ///< one: judged by itself; several: judged together as one device
    std::string output{};               ///< empty: none
    std::string plot{};                 ///< empty: none
    std::vector<std::string> folder{};  ///< in and out; then nothing of the above but `sensitivity`
    /// Not given: 5 for the marks of a picture, and the benchmark's 10 for the column `prediction`.
    std::optional<int> sensitivity{};
    bool json = false;  ///< how many files were judged, as JSON
};

/// Prints what it did; returns the exit status.
int anomaly(const AnomalyTask& task);

/// Judges one file. \retval Errc::kIo, Errc::kInvalid  which file, which line, what is wrong
Result<void> judge_file(const AnomalyTask& task);

}  // namespace gengfu::cli
