#include "governance/registry/check.hpp"

#include <gtest/gtest.h>

#include <string>

#include "governance/registry/csv.hpp"

namespace gengfu::governance {
namespace {

KnownRegistry known() {
    KnownRegistry known;
    known.classes = {"0101", "0102"};
    known.parties = {"drainage-3", "water-bureau"};
    known.codes = {{"ZZ0312", "drainage-3"}};
    return known;
}

std::vector<std::string> complaints_of(const config::Report& report) {
    std::vector<std::string> complaints;
    for (const config::Diagnostic& diagnostic : report.diagnostics()) {
        complaints.push_back(to_string(diagnostic));
    }
    return complaints;
}

std::vector<std::string> components(const std::string& text, const std::string& datum = "") {
    config::Report report({"f.csv"});
    std::vector<Row> rows = parse_csv(text, component_columns(), report);
    check_components(rows, datum, known(), report);
    return complaints_of(report);
}

std::vector<std::string> parties(const std::string& text) {
    config::Report report({"f.csv"});
    check_parties(parse_csv(text, party_columns(), report), known(), report);
    return complaints_of(report);
}

using Words = std::vector<std::string>;

TEST(CheckComponents, FindsNothingWrongWithAGoodFile) {
    EXPECT_EQ(components("code,longitude,latitude,datum,grid,community_code,maintainer\n"
                         "4403090102000017,114.0302,22.6097,gcj02,440309008012003,440309008012,drainage-3\n"
                         "4403090101000017,,,,,,\n"),
              Words{});
    EXPECT_EQ(components("code,longitude,latitude\n4403090102000017,114.0302,22.6097\n", "gcj02"), Words{});
}

TEST(CheckComponents, SaysWhatIsWrongAndWhere) {
    const struct {
        const char* text;
        const char* complaint;
    } cases[] = {
        {"name\nx\n", "f.csv:2:1: error: a component without a code"},
        {"code\n4.40309E+15\n",
         "f.csv:2:1: error: component code \"4.40309E+15\": 16 digits are wanted (6 county, 4 class, 6 "
         "number); a spreadsheet may "
         "have made a number of it: format the column as text"},
        {"code\n0003090102000017\n",
         "f.csv:2:1: error: component code \"0003090102000017\": no county begins with 00"},
        {"code\n4403090199000017\n",
         "f.csv:2:1: error: component code \"4403090199000017\": class 0199 is not in the table of component "
         "classes; where the city "
         "has it, add it with import-classes"},
        {"code\n4403090102000017\n4403090102000017\n",
         "f.csv:3:1: error: component \"4403090102000017\" stands at f.csv:2:1 already"},
        {"code,grid\n4403090102000017,44030900801200\n",
         "f.csv:2:18: error: grid \"44030900801200\": 15 digits are wanted"},
        {"code,grid,community_code\n4403090102000017,440309008012003,440309008013\n",
         "f.csv:2:18: error: grid 440309008012003 does not begin with community_code 440309008013"},
        {"code,longitude,latitude\n4403090102000017,114.1,22.6\n",
         "f.csv:2:18: error: a position without a datum may be 500 m off: give a column datum, or --datum "
         "wgs84, cgcs2000 or gcj02"},
        {"code,longitude,latitude,datum\n4403090102000017,114.1,22.6,bd09\n",
         "f.csv:2:29: error: datum \"bd09\": wgs84, cgcs2000 or gcj02"},
        {"code,longitude,latitude,datum\n4403090102000017,114.1,,wgs84\n",
         "f.csv:2:18: error: a position needs longitude and latitude"},
        {"code,longitude\n4403090102000017,\n",
         "f.csv:2:1: error: a file with a column longitude or latitude needs both"},
        {"code,longitude,latitude,datum\n4403090102000017,22.6,114.1,wgs84\n",
         "f.csv:2:23: error: latitude \"114.1\": degrees from -90 to 90 are wanted"},
        {"code,longitude,latitude,datum\n4403090102000017,29.6,88.1,wgs84\n",
         "f.csv:2:18: error: longitude 29.6 and latitude 88.1 are exchanged"},
        {"code,longitude,latitude,datum\n4403090102000017,1e400,22.6,wgs84\n",
         "f.csv:2:18: error: longitude \"1e400\": degrees from -180 to 180 are wanted"},
        {"code,longitude,latitude,datum\n4403090102000017,nan,22.6,wgs84\n",
         "f.csv:2:18: error: longitude \"nan\": degrees from -180 to 180 are wanted"},
        {"code,owner\n4403090102000017,drainage-4\n",
         "f.csv:2:18: error: owner \"drainage-4\" is not registered; did you mean \"drainage-3\"?; "
         "import-parties comes first"},
        {"code,name\n4403090102000017,\"a\nb\"\n",
         "f.csv:2:18: error: name \"a?b\": control characters and line ends are not allowed"},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(components(text), Words{complaint}) << text;
    }
}

TEST(CheckComponents, TellsAllMistakesUpToALimit) {
    std::string text = "code\n";
    for (int i = 0; i < 100'000; ++i) {
        text += "x" + std::to_string(i) + "\n";
    }
    EXPECT_GE(components(text).size(), 500U);
    EXPECT_LE(components(text).size(), 510U);
}

TEST(CheckParties, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(parties("id,code,name,phone_ref\na,1,A,roster:a\ndrainage-3,ZZ0312,B,\n"), Words{});
    EXPECT_EQ(parties("id,code\ndrainage-3,ZZ0313\nwater-bureau,ZZ0312\n"), Words{})
        << "codes may be exchanged within one file";
    const struct {
        const char* text;
        const char* complaint;
    } cases[] = {
        {"name\nA\n", "f.csv:2:1: error: a party needs an id of at most 64 bytes"},
        {"id,name\n,A\n", "f.csv:2:1: error: a party needs an id of at most 64 bytes"},
        {"id\na\n", "f.csv:2:1: error: a party needs a name"},
        {"id,name\na,\n", "f.csv:2:3: error: a party needs a name"},
        {"id,name\na,A\na,B\n", "f.csv:3:1: error: party \"a\" stands at f.csv:2:1 already"},
        {"id,code,name\na,1,A\nb,1,B\n", "f.csv:3:3: error: code \"1\" stands at f.csv:2:3 already"},
        {"id,code,name\na,ZZ0312,A\n", "f.csv:2:3: error: code \"ZZ0312\" is that of party \"drainage-3\""},
        {"id,name,phone_ref\na,A,+86 (138) 1234-5678\n",
         "f.csv:2:5: error: phone_ref \"+86 (138) 1234-5678\" is a number: give a reference that the "
         "platform resolves, such as roster:drainage-3"},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(parties(text), Words{complaint}) << text;
    }
}

}  // namespace
}  // namespace gengfu::governance
