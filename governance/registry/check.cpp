#include "governance/registry/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "daemon/config/limits.hpp"
#include "daemon/config/text.hpp"
#include "daemon/core/plain_text.hpp"

namespace gengfu::governance {
namespace {

using config::in_quotes;
using config::Report;

constexpr std::size_t kComponentDigits = 16;  // GB/T 30428.2: 6 county, 2 major, 2 minor, 6 sequence
constexpr std::size_t kGridDigits = 15;       // GB/T 30428.1
constexpr std::size_t kCommunityDigits = 12;
constexpr std::size_t kMaxId = 64;  // as names of the configuration
// GB/T 2260: 11 is Beijing, 82 Macao.
constexpr std::string_view kFirstProvince = "11";
constexpr std::string_view kLastProvince = "82";
// China on the map, generously: by this a mix-up of longitude and latitude shows.
constexpr double kWest = 73, kEast = 136, kSouth = 3, kNorth = 54;

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool plain_texts(const Row& row, Report& report) {
    bool good = true;
    for (const auto& [name, cell] : row.cells) {
        if (!is_plain(cell.text)) {
            report.error(cell.at, fmt::format("{} {}: control characters and line ends are not allowed", name,
                                              in_quotes(cell.text)));
            good = false;
        }
    }
    return good;
}

/// An empty or absent cell is good.
bool check_digits(const Row& row, const char* name, std::size_t digits, Report& report) {
    const Cell* const cell = row.find(name);
    if (cell == nullptr || cell->text.empty() || (cell->text.size() == digits && all_digits(cell->text))) {
        return true;
    }
    report.error(cell->at, fmt::format("{} {}: {} digits are wanted", name, in_quotes(cell->text), digits));
    return false;
}

void check_code(const Cell& code, const KnownRegistry& known, Report& report) {
    if (code.text.size() != kComponentDigits || !all_digits(code.text)) {
        report.error(
            code.at,
            fmt::format(
                "component code {}: 16 digits are wanted (6 county, 4 class, 6 number); a spreadsheet may "
                "have made a number of it: format the column as text",
                in_quotes(code.text)));
        return;
    }
    const std::string_view text = code.text;
    if (text.substr(0, 2) < kFirstProvince || text.substr(0, 2) > kLastProvince) {
        report.error(code.at, fmt::format("component code {}: no county begins with {}", in_quotes(text),
                                          text.substr(0, 2)));
    }
    const std::string kind(text.substr(6, 4));
    if (!known.classes.contains(kind)) {
        report.error(code.at, fmt::format("component code {}: class {} is not in the table of component "
                                          "classes; where the city has it, "
                                          "add it with import-classes",
                                          in_quotes(text), kind));
    }
}

/// \return the number when the whole cell is one
std::optional<double> degrees(const Cell& cell, const char* name, double limit, Report& report) {
    double value = 0;
    const char* const end = cell.text.data() + cell.text.size();
    const auto [stop, error] = std::from_chars(cell.text.data(), end, value);
    if (error != std::errc() || stop != end || !std::isfinite(value) || std::abs(value) > limit) {
        report.error(cell.at, fmt::format("{} {}: degrees from -{} to {} are wanted", name,
                                          in_quotes(cell.text), limit, limit));
        return std::nullopt;
    }
    return value;
}

bool said(const Cell* cell) {
    return cell != nullptr && !cell->text.empty();
}

void check_position(Row& row, const std::string& datum, Report& report) {
    const Cell* const east = row.find("longitude");
    const Cell* const north = row.find("latitude");
    const Cell* given = row.find("datum");
    if (said(east) != said(north)) {
        report.error((said(east) ? east : north)->at, "a position needs longitude and latitude");
        return;
    }
    if (!said(east)) {
        if ((east == nullptr) != (north == nullptr)) {
            report.error(row.at, "a file with a column longitude or latitude needs both");
        }
        return;
    }
    if (!said(given) && !datum.empty()) {
        row.cells.insert_or_assign("datum", Cell{datum, east->at});
        given = row.find("datum");
    }
    if (!said(given)) {
        report.error(east->at,
                     "a position without a datum may be 500 m off: give a column datum, or --datum wgs84, "
                     "cgcs2000 or gcj02");
    } else if (given->text != "wgs84" && given->text != "cgcs2000" && given->text != "gcj02") {
        report.error(given->at, fmt::format("datum {}: wgs84, cgcs2000 or gcj02", in_quotes(given->text)));
    }
    const std::optional<double> x = degrees(*east, "longitude", 180, report);
    const std::optional<double> y = degrees(*north, "latitude", 90, report);
    const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
    if (x && y && within(*y, kWest, kEast) && within(*x, kSouth, kNorth)) {
        report.error(east->at,
                     fmt::format("longitude {} and latitude {} are exchanged", east->text, north->text));
    }
}

void check_component_parties(const Row& row, const KnownRegistry& known, Report& report) {
    for (const char* const role : {"authority", "owner", "maintainer"}) {
        const Cell* const cell = row.find(role);
        if (said(cell) && !known.parties.contains(cell->text)) {
            report.error(
                cell->at,
                fmt::format("{} {} is not registered{}; import-parties comes first", role,
                            in_quotes(cell->text),
                            config::did_you_mean(cell->text, {known.parties.begin(), known.parties.end()})));
        }
    }
}

using Places = std::map<std::string, config::At, std::less<>>;

void once(const Cell& cell, const char* what, Places& seen, Report& report) {
    if (const auto [place, fresh] = seen.emplace(cell.text, cell.at); !fresh) {
        report.error(cell.at, fmt::format("{} {} stands at {} already", what, in_quotes(cell.text),
                                          report.place(place->second)));
    }
}

/// A telephone number in any of the ways people write one.
bool is_number(std::string_view text) {
    return text.size() >= 5 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == ' ' || c == '(' || c == ')';
           });
}

}  // namespace

const Columns& component_columns() {
    static const Columns columns{"code",   "name",           "longitude", "latitude",  "datum",
                                 "grid",   "community_code", "street",    "community", "estate",
                                 "area",   "door",           "building",  "floor",     "landmark",
                                 "access", "authority",      "owner",     "maintainer"};
    return columns;
}

const Columns& party_columns() {
    static const Columns columns{"id", "code", "name", "phone_ref"};
    return columns;
}

void check_components(std::vector<Row>& rows, const std::string& datum, const KnownRegistry& known,
                      Report& report) {
    Places seen;
    for (Row& row : rows) {
        if (report.error_count() >= config::kMaxDiagnostics) {
            return;  // no more are shown
        }
        if (!plain_texts(row, report)) {
            continue;
        }
        const Cell* const code = row.find("code");
        if (!said(code)) {
            report.error(code == nullptr ? row.at : code->at, "a component without a code");
        } else {
            check_code(*code, known, report);
            once(*code, "component", seen, report);
        }
        const bool grid_is_whole = check_digits(row, "grid", kGridDigits, report);
        const bool community_is_whole = check_digits(row, "community_code", kCommunityDigits, report);
        const Cell* const grid = row.find("grid");
        const Cell* const community = row.find("community_code");
        if (grid_is_whole && community_is_whole && said(grid) && said(community) &&
            !grid->text.starts_with(community->text)) {
            report.error(grid->at, fmt::format("grid {} does not begin with community_code {}", grid->text,
                                               community->text));
        }
        check_position(row, datum, report);
        check_component_parties(row, known, report);
    }
}

void check_parties(const std::vector<Row>& rows, const KnownRegistry& known, Report& report) {
    Places ids;
    Places codes;
    std::set<std::string, std::less<>> in_file;
    for (const Row& row : rows) {
        if (const Cell* const id = row.find("id")) {
            in_file.insert(id->text);
        }
    }
    for (const Row& row : rows) {
        if (report.error_count() >= config::kMaxDiagnostics) {
            return;  // no more are shown
        }
        if (!plain_texts(row, report)) {
            continue;
        }
        const Cell* const id = row.find("id");
        if (!said(id) || id->text.size() > kMaxId) {
            report.error(id == nullptr ? row.at : id->at,
                         fmt::format("a party needs an id of at most {} bytes", kMaxId));
        } else {
            once(*id, "party", ids, report);
        }
        const Cell* const name = row.find("name");
        const bool is_new = said(id) && !known.parties.contains(id->text);
        if (name == nullptr ? is_new : name->text.empty()) {
            report.error(name == nullptr ? row.at : name->at, "a party needs a name");
        }
        if (const Cell* const code = row.find("code"); said(code)) {
            once(*code, "code", codes, report);
            const auto other = known.codes.find(code->text);
            if (said(id) && other != known.codes.end() && other->second != id->text &&
                !in_file.contains(other->second)) {
                report.error(code->at, fmt::format("code {} is that of party {}", in_quotes(code->text),
                                                   in_quotes(other->second)));
            }
        }
        if (const Cell* const phone = row.find("phone_ref"); said(phone) && is_number(phone->text)) {
            report.error(phone->at, fmt::format("phone_ref {} is a number: give a reference that the "
                                                "platform resolves, such as roster:drainage-3",
                                                in_quotes(phone->text)));
        }
    }
}

}  // namespace gengfu::governance
