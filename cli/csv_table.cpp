#include "cli/csv_table.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace gengfu::cli {
namespace {

constexpr std::size_t kNamed = 12;  ///< columns that a complaint names

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        text = text.substr(1, text.size() - 2);
    }
    return text;
}

/// Exactly the digits at `at`, or nothing.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count) {
        return std::nullopt;
    }
    int number = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        number = number * 10 + (c - '0');
    }
    return number;
}

std::optional<std::chrono::seconds> parse_plain_seconds(std::string_view text) {
    constexpr double kMost = 1e12;  // some 30 000 years
    const double number = parse_number(text);
    if (!(number > -kMost && number < kMost)) {
        return std::nullopt;
    }
    return std::chrono::seconds(static_cast<std::int64_t>(number));
}

}  // namespace

std::vector<std::string> split_cells(std::string_view line, char separator) {
    std::vector<std::string> cells;
    while (true) {
        const std::size_t end = line.find(separator);
        cells.emplace_back(trim(line.substr(0, end)));
        if (end == std::string_view::npos) {
            return cells;
        }
        line.remove_prefix(end + 1);
    }
}

double parse_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return number;
}

std::optional<std::chrono::seconds> parse_time(std::string_view text) {
    const auto year = digits(text, 0, 4);
    if (!year || text.size() < 19 || text[4] != '-') {
        return parse_plain_seconds(text);
    }
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    const bool marks =
        text[7] == '-' && (text[10] == ' ' || text[10] == 'T') && text[13] == ':' && text[16] == ':';
    if (!marks || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 ||
        *second > 60) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
           std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

Result<CsvTable> CsvTable::open(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    if (!in || !std::getline(in, line)) {
        return fail(Errc::kIo, path + ": cannot be read or is empty");
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // what spreadsheets begin UTF-8 with
    if (line.starts_with(kByteOrderMark)) {
        line.erase(0, kByteOrderMark.size());
    }
    CsvTable table(path, std::move(in));
    const auto semicolons = std::count(line.begin(), line.end(), ';');
    table.separator_ = semicolons > std::count(line.begin(), line.end(), ',') ? ';' : ',';
    table.heading_ = split_cells(line, table.separator_);
    return table;
}

Result<std::size_t> CsvTable::column(const std::string& name) const {
    const auto at = std::find(heading_.begin(), heading_.end(), name);
    if (at == heading_.end()) {
        std::string known;
        for (std::size_t i = 0; i < std::min(heading_.size(), kNamed); ++i) {
            known += (i > 0 ? ", \"" : "\"") + heading_[i] + "\"";
        }
        known += heading_.size() > kNamed ? ", ..." : "";
        return fail(Errc::kInvalid, path_ + ":1: no column \"" + name + "\"; there are " + known);
    }
    if (std::find(std::next(at), heading_.end(), name) != heading_.end()) {
        return fail(Errc::kInvalid, path_ + ":1: two columns are called \"" + name + "\"");
    }
    return static_cast<std::size_t>(at - heading_.begin());
}

Result<std::optional<std::vector<std::string>>> CsvTable::next() {
    std::string line;
    while (std::getline(in_, line)) {
        ++line_;
        if (trim(line).empty()) {
            continue;
        }
        std::vector<std::string> cells = split_cells(line, separator_);
        if (cells.size() != heading_.size()) {
            return fail(Errc::kInvalid, place() + ": " + std::to_string(cells.size()) +
                                            " cells, the heading has " + std::to_string(heading_.size()));
        }
        return std::optional(std::move(cells));
    }
    return std::optional<std::vector<std::string>>{};
}

std::string CsvTable::place() const {
    return path_ + ":" + std::to_string(line_);
}

}  // namespace gengfu::cli
