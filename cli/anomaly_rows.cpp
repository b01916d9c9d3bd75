#include "cli/anomaly_rows.hpp"

#include <algorithm>
#include <cmath>

#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

/// Of a cell, for a complaint: a damaged file may have one of megabytes.
std::string shown(const std::string& cell) {
    constexpr std::size_t kShown = 60;
    return cell.size() <= kShown ? cell : cell.substr(0, kShown) + "...";
}

}  // namespace

Result<AnomalyRows> AnomalyRows::open(const AnomalyTask& task) {
    Result<CsvTable> table = CsvTable::open(task.input);
    if (!table) {
        return tl::make_unexpected(table.error());
    }
    AnomalyRows rows(std::move(*table));
    std::vector<std::string> names = task.values;
    names.insert(names.begin(), task.time);
    for (const std::string& name : names) {
        const Result<std::size_t> column = rows.table_.column(name);
        if (!column) {
            return tl::make_unexpected(column.error());
        }
        rows.columns_.push_back(*column);
    }
    return rows;
}

Result<std::optional<AnomalyRow>> AnomalyRows::next() {
    Result<std::optional<std::vector<std::string>>> cells = table_.next();
    if (!cells) {
        return tl::make_unexpected(cells.error());
    }
    if (!*cells) {
        return std::optional<AnomalyRow>{};
    }
    AnomalyRow row{
        .time_text = (**cells)[columns_[0]], .value_text = (**cells)[columns_[1]], .time = {}, .values = {}};
    const std::optional<std::chrono::seconds> time = parse_time(row.time_text);
    if (!time) {
        return fail(Errc::kInvalid, table_.place() + ": \"" + shown(row.time_text) +
                                        "\" is no time: write 2026-01-31 12:00:00 or seconds");
    }
    row.time = *time;
    for (std::size_t i = 1; i < columns_.size(); ++i) {
        const std::string& cell = (**cells)[columns_[i]];
        row.values.push_back(parse_number(cell));
        if (!std::isnan(row.values.back())) {
            ++numbers_;
        } else if (!cell.empty() && cell != "nan" && cell != "NaN" && no_numbers_++ == 0) {
            first_ = table_.place() + ": \"" + shown(cell) + "\"";
        }
    }
    return std::optional(std::move(row));
}

Result<std::string> AnomalyRows::doubts() const {
    if (no_numbers_ == 0) {
        return std::string();
    }
    if (numbers_ == 0) {
        return fail(Errc::kInvalid,
                    first_ +
                        " is no number, nor is any other cell of the column: write 12.5, with a "
                        "point and without a unit");
    }
    return first_ + " is no number" +
           (no_numbers_ > 1 ? ", one of " + counted(static_cast<std::ptrdiff_t>(no_numbers_), "such cell")
                            : std::string()) +
           ": passed over, with score 0";
}

}  // namespace gengfu::cli
