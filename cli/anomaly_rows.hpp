#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/anomaly.hpp"
#include "cli/csv_table.hpp"
#include "daemon/core/result.hpp"

namespace gengfu::cli {

/// What a row of the input holds.
struct AnomalyRow {
    std::string time_text;
    std::string value_text;  ///< of the first value
    std::chrono::seconds time{};
    std::vector<double> values;
};

/// Reads the columns of a task from its table.
class AnomalyRows {
public:
    /// \retval Errc::kIo, Errc::kInvalid  no such file or column
    static Result<AnomalyRows> open(const AnomalyTask& task);

    /// The next row; nothing at the end. \retval Errc::kInvalid  with FILE:LINE
    Result<std::optional<AnomalyRow>> next();

    /// At the end. Empty when every cell that is not empty held a number. \retval Errc::kInvalid  none did
    Result<std::string> doubts() const;

private:
    explicit AnomalyRows(CsvTable table) : table_(std::move(table)) {}

    CsvTable table_;
    std::vector<std::size_t> columns_;
    std::size_t numbers_ = 0;
    std::size_t no_numbers_ = 0;  ///< cells with something else
    std::string first_;           ///< of these
};

}  // namespace gengfu::cli
