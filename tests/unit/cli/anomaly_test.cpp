#include "cli/anomaly.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/anomaly_plot.hpp"
#include "cli/csv_table.hpp"

namespace gengfu::cli {
namespace {

namespace fs = std::filesystem;

class Anomaly : public testing::Test {
protected:
    void SetUp() override {
        const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        folder_ = fs::temp_directory_path() / ("gengfu-anomaly-" + name + "-" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        const fs::path path = folder_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
        return path.string();
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    static std::vector<std::string> lines(const std::string& path) {
        std::ifstream in(path);
        std::vector<std::string> all;
        for (std::string line; std::getline(in, line);) {
            all.push_back(line);
        }
        return all;
    }
    /// Two days of a wave, one sample in five minutes, and a spike near the end.
    static std::string wave() {
        std::ostringstream out;
        out << "timestamp,value\n";
        for (int i = 0; i < 576; ++i) {
            const double value =
                i == 560 ? 90 : std::round(100 * std::sin(i * 0.0218)) / 10 + (i * 7919 % 13) * 0.1;
            out << "2026-01-0" << 1 + i / 288 << (i % 2 == 0 ? ' ' : 'T') << (i % 288 / 12 < 10 ? "0" : "")
                << i % 288 / 12 << ':' << (i % 12 < 2 ? "0" : "") << i % 12 * 5 << ":00," << value << '\n';
        }
        return out.str();
    }
    static double score(const std::string& line) {
        return parse_number(std::string_view(line).substr(line.rfind(',') + 1));
    }

    fs::path folder_;
};

TEST_F(Anomaly, EveryRowComesOutInOrderAndTheSpikeHasTheHighestScore) {
    const std::string input = write("in.csv", wave());
    const Result<void> judged = judge_file({.input = input, .values = {"value"}, .output = path("out.csv")});
    ASSERT_TRUE(judged) << judged.error().what;
    const std::vector<std::string> in = lines(input);
    const std::vector<std::string> out = lines(path("out.csv"));
    ASSERT_EQ(out.size(), in.size());
    EXPECT_EQ(out[0], "timestamp,value,anomaly_score");
    std::size_t highest = 100;
    for (std::size_t i = 1; i < out.size(); ++i) {
        EXPECT_EQ(out[i].substr(0, out[i].rfind(',')), in[i]);
        EXPECT_GE(score(out[i]), 0);
        EXPECT_LT(score(out[i]), 1);
        highest = i > 100 && score(out[i]) > score(out[highest]) ? i : highest;
    }
    EXPECT_EQ(highest, 561U);
}

TEST_F(Anomaly, RowsWithoutANumberStayWithScoreZero) {
    const std::string input = write("in.csv", "timestamp,value\n0,1\n60,\n120,nan\n180,off\n240,inf\n");
    ASSERT_TRUE(judge_file({.input = input, .values = {"value"}, .output = path("out.csv")}));
    const std::vector<std::string> out = lines(path("out.csv"));
    ASSERT_EQ(out.size(), 6U);
    EXPECT_EQ(out[2], "60,,0.000000");
    EXPECT_EQ(out[4], "180,off,0.000000");
}

TEST_F(Anomaly, SeveralColumnsAreJudgedTogether) {
    std::ostringstream text;
    text << "datetime;a;b\n";
    for (int i = 0; i < 900; ++i) {
        text << i << ';' << i % 5 << ';' << (i < 700 ? i % 3 : 40) << '\n';
    }
    const std::string input = write("in.csv", text.str());
    ASSERT_TRUE(
        judge_file({.input = input, .time = "datetime", .values = {"a", "b"}, .output = path("out.csv")}));
    const std::vector<std::string> out = lines(path("out.csv"));
    EXPECT_EQ(out[0], "datetime,anomaly_score,prediction");
    EXPECT_EQ(out[600].back(), '0');
    EXPECT_EQ(out[720].back(), '1');
    EXPECT_EQ(out[850].back(), '1') << "a state, not an event";
}

TEST_F(Anomaly, ATreeKeepsItsPathsAndLooksAtNoAnswers) {
    write("in/a/x.csv", wave());
    write("in/b/y.csv", "datetime;p;anomaly;changepoint;q\n2026-01-01 00:00:00;1;0;0;2\n");
    write("in/b/readme.txt", "no table");
    EXPECT_EQ(anomaly({.folder = {path("in"), path("out")}}), 0);
    EXPECT_EQ(lines(path("out/a/x.csv"))[0], "timestamp,value,anomaly_score");
    EXPECT_EQ(lines(path("out/b/y.csv"))[0], "datetime,anomaly_score,prediction");
    EXPECT_FALSE(fs::exists(path("out/b/readme.txt")));
}

TEST_F(Anomaly, NeverOverwritesWhatItReads) {
    const std::string input = write("in/a.csv", wave());
    const auto refused = [&](const AnomalyTask& task) { return anomaly(task) != 0; };
    EXPECT_TRUE(refused({.input = input, .values = {"value"}, .output = input}));
    EXPECT_TRUE(refused({.input = input, .values = {"value"}, .output = path("in/../in/a.csv")}));
    EXPECT_TRUE(refused({.input = input, .values = {"value"}, .plot = input}));
    EXPECT_TRUE(refused({.folder = {path("in"), path("in")}}));
    EXPECT_TRUE(refused({.folder = {path("in") + "/", path("in/results")}}));
    std::stringstream left;
    left << std::ifstream(input).rdbuf();
    EXPECT_EQ(left.str(), wave());
    EXPECT_TRUE(refused({.folder = {path("in"), folder_.string()}})) << "around it";
    EXPECT_FALSE(refused({.folder = {path("in"), path("in-results")}})) << "a name that only begins alike";
}

TEST_F(Anomaly, AResultIsThereWholeOrNotAtAll) {
    write("out.csv", "of yesterday");
    const std::string input = write("in.csv", "timestamp,value\n0,1\nnoon,2\n");
    EXPECT_FALSE(judge_file({.input = input, .values = {"value"}, .output = path("out.csv")}));
    EXPECT_EQ(lines(path("out.csv")), std::vector<std::string>{"of yesterday"});
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
    EXPECT_FALSE(
        judge_file({.input = write("ok.csv", wave()), .values = {"value"}, .output = path("none/out.csv")}));
    EXPECT_FALSE(judge_file({.input = path("ok.csv"), .values = {"value"}, .output = "/dev/full"}));
}

TEST_F(Anomaly, OneBadFileOfATreeKeepsNoOtherFromBeingJudged) {
    write("in/a.csv", "no,table\n");
    write("in/b.csv", wave());
    EXPECT_NE(anomaly({.folder = {path("in"), path("out")}}), 0);
    EXPECT_EQ(lines(path("out/b.csv")).size(), lines(path("in/b.csv")).size());
}

TEST_F(Anomaly, ACellWithACommaIsOneCellOfTheResult) {
    const std::string input = write("in.csv", "timestamp;value\n0;1\n1;1,5\n");
    ASSERT_TRUE(judge_file({.input = input, .values = {"value"}, .output = path("out.csv")}));
    EXPECT_EQ(lines(path("out.csv"))[2], "1,\"1,5\",0.000000");
}

TEST_F(Anomaly, ASpreadsheetsByteOrderMarkIsNoPartOfTheFirstName) {
    const std::string input = write("in.csv", "\xEF\xBB\xBFtimestamp,value\r\n0,1\r\n");
    EXPECT_TRUE(judge_file({.input = input, .values = {"value"}, .output = path("out.csv")}));
}

struct Wrong {
    std::string name;
    std::string text;
    std::string says;
};
class AnomalyRefuses : public Anomaly, public testing::WithParamInterface<Wrong> {};

TEST_P(AnomalyRefuses, WithPlaceAndReason) {
    const std::string input = write("in.csv", GetParam().text);
    const Result<void> judged = judge_file({.input = input, .values = {"value"}, .output = path("out.csv")});
    ASSERT_FALSE(judged);
    EXPECT_NE(judged.error().what.find(GetParam().says), std::string::npos) << judged.error().what;
}
INSTANTIATE_TEST_SUITE_P(
    Table, AnomalyRefuses,
    testing::Values(Wrong{"Empty", "", "cannot be read or is empty"},
                    Wrong{"NoColumn", "timestamp,pressure\n0,1\n", "no column \"value\""},
                    Wrong{"TwoColumns", "timestamp,value,value\n0,1,2\n", ":1: two columns"},
                    Wrong{"DecimalComma", "timestamp;value\n0;1,5\n1;2,5\n", ":2: \"1,5\" is no number"},
                    Wrong{"NoTime", "timestamp,value\n0,1\nnoon,2\n", ":3: \"noon\" is no time"},
                    Wrong{"ShortRow", "timestamp,value\n0\n", ":2: 1 cells, the heading has 2"}),
    [](const auto& test) { return test.param.name; });

TEST(ParseTime, KnowsTheWaysToWriteATime) {
    using std::chrono::seconds;
    EXPECT_EQ(parse_time("1970-01-02 00:00:01"), seconds(86401));
    EXPECT_EQ(parse_time("1970-01-02T00:00:01.250Z"), seconds(86401));
    EXPECT_EQ(parse_time("1700000000"), seconds(1700000000));
    for (const char* const wrong :
         {"", "noon", "2026-02-30 00:00:00", "2026-01-01 24:00:00", "2026-01-01", "1e300", "nan"}) {
        EXPECT_FALSE(parse_time(wrong)) << wrong;
    }
}

TEST(Plot, MarksTheAlarmAndSurvivesGapsAndMarkup) {
    Plot plot{.title = "a<b>&c", .unit = "bar", .threshold = 0.5F, .rows = {}};
    for (int i = 0; i < 3000; ++i) {
        plot.rows.push_back({.time = std::chrono::seconds(i),
                             .value = i == 5 ? std::nan("") : i % 10,
                             .low = 0,
                             .high = 9,
                             .score = i == 2000 ? 0.9F : 0.0F});
    }
    const std::string svg = to_svg(plot);
    EXPECT_NE(svg.find("a&lt;b&gt;&amp;c"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
    std::size_t circles = 0;
    for (std::size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1)) {
        ++circles;
    }
    EXPECT_EQ(circles, 2U) << "one in the legend, one alarm";
    EXPECT_NE(to_svg({}).find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace gengfu::cli
