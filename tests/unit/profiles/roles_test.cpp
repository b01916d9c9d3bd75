#include "daemon/config/roles.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/profiles/shipped.hpp"

/// docs/profiles.md tells people the unit of each role; the program refuses another.
namespace gengfu::profiles {
namespace {

const std::string kAny = "the sensor's";
const std::string kNone = "-";

std::vector<std::string> split(const std::string& text, const std::string& by) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (std::size_t to = text.find(by); to != std::string::npos; to = text.find(by, from)) {
        parts.push_back(text.substr(from, to - from));
        from = to + by.size();
    }
    parts.push_back(text.substr(from));
    return parts;
}

/// What stands between backticks.
std::vector<std::string> quoted(const std::string& text) {
    std::vector<std::string> words;
    const std::vector<std::string> parts = split(text, "`");
    for (std::size_t i = 1; i < parts.size(); i += 2) {
        words.push_back(parts[i]);
    }
    return words;
}

/// Unit by role, as the page says.
std::map<std::string, std::string> of_the_page() {
    const std::string page = read_text("docs/profiles.md");
    const std::size_t begin = page.find("\n## Roles\n");
    const std::size_t end = page.find("\n## ", begin + 1);
    EXPECT_NE(begin, std::string::npos);
    std::map<std::string, std::string> units;
    std::istringstream lines(page.substr(begin, end - begin));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| `")) {
            continue;
        }
        const std::vector<std::string> cells = split(line, " | ");
        const std::vector<std::string> roles = quoted(cells.at(0));
        const std::vector<std::string> of = split(cells.at(1), ", ");
        EXPECT_TRUE(of.size() == 1 || of.size() == roles.size()) << line;
        for (std::size_t i = 0; i < roles.size(); ++i) {
            EXPECT_TRUE(units.emplace(roles[i], of.at(of.size() == 1 ? 0 : i)).second) << roles[i];
        }
    }
    return units;
}

TEST(Roles, HaveTheUnitsThatThePageSays) {
    std::map<std::string, std::string> known;
    for (const std::string_view role : config::known_roles()) {
        const auto unit = config::unit_of_role(role);
        known.emplace(role, !unit ? kAny : unit->empty() ? kNone : std::string(*unit));
    }
    EXPECT_EQ(of_the_page(), known);
    EXPECT_GE(known.size(), 50U);
}

TEST(Roles, OfOnesOwnHaveAnyUnit) {
    EXPECT_EQ(config::unit_of_role("of_my_own"), std::nullopt);
}

/// Each shipped profile passes `check`: profiles/golden_test loads them all. Here: those of the roles that
/// classes judge by numbers are in the table's unit, and there are some.
TEST(Roles, OfShippedProfilesAreInTheirUnits) {
    std::size_t seen = 0;
    for (const std::string& name : names_in("config/profiles", ".toml")) {
        const config::Loaded loaded = load_with(device_text(name, 1));
        ASSERT_TRUE(loaded.site) << name << "\n" << complaints(loaded);
        for (const config::PointSpec& point : loaded.site->profiles.at(0).points) {
            if (const auto unit = config::unit_of_role(point.role)) {
                EXPECT_EQ(point.unit, *unit) << name << "/" << point.name;
                ++seen;
            }
        }
    }
    EXPECT_GE(seen, 100U);
}

}  // namespace
}  // namespace gengfu::profiles
