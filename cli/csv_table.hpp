#pragma once

#include <chrono>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace gengfu::cli {

/// Cells of one CSV line; the quotes around a cell are taken off. Cells with the separator or a line end
/// inside quotes are not understood (no data logger writes them).
std::vector<std::string> split_cells(std::string_view line, char separator);

/// Seconds since the epoch of "2026-01-31 12:00:00", with T or a space, with or without a fraction (dropped)
/// and Z, or of a plain number of seconds. A date without a zone is taken as it stands: only the time of day
/// is used.
std::optional<std::chrono::seconds> parse_time(std::string_view text);

/// A number without regard to the locale; NaN for anything else, as an empty cell.
double parse_number(std::string_view text);

/// A CSV file read line by line.
class CsvTable {
public:
    /// Opens the file and reads its heading; the separator is the more frequent of `,` and `;` there.
    /// \retval Errc::kIo       cannot be opened or is empty
    static Result<CsvTable> open(const std::string& path);

    const std::vector<std::string>& heading() const { return heading_; }
    char separator() const { return separator_; }
    /// \retval Errc::kInvalid  no such column, or two of that name
    Result<std::size_t> column(const std::string& name) const;

    /// The next row that is not empty; nothing at the end.
    /// \retval Errc::kInvalid  the row has not as many cells as the heading
    Result<std::optional<std::vector<std::string>>> next();

    /// "FILE:LINE" of the last row.
    std::string place() const;

private:
    CsvTable(std::string path, std::ifstream in) : path_(std::move(path)), in_(std::move(in)) {}

    std::string path_;
    std::ifstream in_;
    std::vector<std::string> heading_;
    char separator_ = ',';
    std::size_t line_ = 1;
};

}  // namespace gengfu::cli
