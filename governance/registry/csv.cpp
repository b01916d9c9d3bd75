#include "governance/registry/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/config/limits.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::governance {
namespace {

using config::At;
using config::Report;

constexpr std::size_t kMaxColumns = 100;

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos
               ? std::string()
               : std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

/// Walks through the text cell by cell and knows where it is.
class Scanner {
public:
    Scanner(std::string_view text, Report& report) : text_(text), report_(report) {}

    char separator = ',';

    bool at_end() const { return next_ >= text_.size(); }
    At place() const { return {0, line_, static_cast<std::uint32_t>(next_ - line_begin_ + 1)}; }

    /// The cells of the next line that is not blank; nothing at the end. `good` is false when one of them
    /// could not be read.
    std::vector<Cell> line(bool& good) {
        good = true;
        std::vector<Cell> cells;
        while (!at_end() && cells.empty()) {
            if (text_[next_] == '\n' || text_[next_] == '\r') {
                end_line();
                continue;
            }
            cells.push_back(cell(good));
            while (!at_end() && text_[next_] == separator) {
                ++next_;
                cells.push_back(cell(good));
                if (cells.size() > kMaxColumns) {
                    report_.error(cells.front().at, fmt::format("more than {} cells", kMaxColumns));
                    good = false;
                    next_ = std::min(text_.find('\n', next_), text_.size());
                }
            }
            end_line();
        }
        return cells;
    }

private:
    Cell cell(bool& good) {
        const At at = place();
        Cell result{{}, at};
        if (!at_end() && text_[next_] == '"') {
            result.text = trimmed(quoted(at, good));
        } else {
            const std::size_t begin = next_;
            while (!at_end() && text_[next_] != separator && text_[next_] != '\n' && text_[next_] != '\r') {
                if (text_[next_] == '"') {
                    report_.error(place(),
                                  "a quote within a cell that does not begin with one: put the whole cell in "
                                  "quotes and double it");
                    good = false;
                    next_ = std::min(text_.find('\n', next_), text_.size());
                    break;
                }
                ++next_;
            }
            result.text = trimmed(text_.substr(begin, next_ - begin));
        }
        if (result.text.size() > kMaxCellBytes) {
            report_.error(at,
                          fmt::format("a cell of {} bytes: at most {}", result.text.size(), kMaxCellBytes));
            good = false;
            result.text.clear();
        }
        return result;
    }

    std::string quoted(At at, bool& good) {
        std::string result;
        ++next_;
        while (!at_end()) {
            const char c = text_[next_++];
            if (c == '\n') {
                ++line_;
                line_begin_ = next_;
            }
            if (c != '"') {
                result += c;
            } else if (!at_end() && text_[next_] == '"') {
                result += '"';
                ++next_;
            } else {
                if (!at_end() && text_[next_] != separator && text_[next_] != '\n' && text_[next_] != '\r') {
                    report_.error(place(), "text after the closing quote of a cell");
                    good = false;
                    next_ = std::min(text_.find('\n', next_), text_.size());
                }
                return result;
            }
        }
        report_.error(at, "the quote that begins here is never closed");
        good = false;
        return result;
    }

    void end_line() {
        if (!at_end() && text_[next_] == '\r') {
            ++next_;
        }
        if (!at_end() && text_[next_] == '\n') {
            ++next_;
        }
        ++line_;
        line_begin_ = next_;
    }

    std::string_view text_;
    Report& report_;
    std::size_t next_ = 0;
    std::size_t line_begin_ = 0;
    std::uint32_t line_ = 1;
};

/// Checks the heading. \return false when rows cannot be read by it
bool read_heading(const std::vector<Cell>& heading, const Columns& columns, Report& report) {
    if (heading.empty()) {
        report.error({0, 1, 1}, "the file is empty: the first line names the columns");
        return false;
    }
    bool good = true;
    for (auto it = heading.begin(); it != heading.end(); ++it) {
        if (std::find(columns.begin(), columns.end(), it->text) == columns.end()) {
            report.error(it->at,
                         fmt::format("there is no column {}{}; there are {}", config::in_quotes(it->text),
                                     config::did_you_mean(it->text, columns), fmt::join(columns, ", ")));
            good = false;
        } else if (std::any_of(heading.begin(), it,
                               [&](const Cell& other) { return other.text == it->text; })) {
            report.error(it->at, fmt::format("column {} stands twice", config::in_quotes(it->text)));
            good = false;
        }
    }
    return good;
}

/// Length of the UTF-8 character that begins `text`, 0: it is none.
std::size_t character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    // Longer than needed, surrogates, beyond U+10FFFF.
    const bool bad = length > 2 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0) ||
                                    (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90));
    return bad ? 0 : length;
}

}  // namespace

std::uint32_t not_utf8(std::string_view text) {
    std::uint32_t line = 1;
    while (!text.empty()) {
        const std::size_t length = character(text);
        if (length == 0 || text.front() == '\0') {
            return line;
        }
        line += text.front() == '\n' ? 1U : 0U;
        text.remove_prefix(length);
    }
    return 0;
}

std::vector<Row> parse_csv(std::string_view text, const Columns& columns, Report& report) {
    std::vector<Row> rows;
    if (const std::uint32_t line = not_utf8(text); line != 0) {
        report.error({0, line, 1}, "not UTF-8: save the table as \"CSV UTF-8\"");
        return rows;
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    Scanner scanner(text, report);
    const std::string_view first = text.substr(0, text.find('\n'));
    if (first.find(',') == std::string_view::npos && first.find(';') != std::string_view::npos) {
        scanner.separator = ';';
    }
    bool good = true;
    const std::vector<Cell> heading = scanner.line(good);
    if (!good || !read_heading(heading, columns, report)) {
        return rows;
    }
    while (!scanner.at_end() && report.error_count() < config::kMaxDiagnostics) {
        std::vector<Cell> cells = scanner.line(good);
        if (cells.empty() || !good) {
            continue;
        }
        if (cells.size() != heading.size()) {
            report.error(cells.front().at,
                         fmt::format("{} cells, and the heading has {}", cells.size(), heading.size()));
            continue;
        }
        if (rows.size() == kMaxImportRows) {
            report.error(cells.front().at, fmt::format("more than {} rows: divide the file", kMaxImportRows));
            return rows;
        }
        Row& row = rows.emplace_back();
        row.at = cells.front().at;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            row.cells.emplace(heading[i].text, std::move(cells[i]));
        }
    }
    return rows;
}

}  // namespace gengfu::governance
