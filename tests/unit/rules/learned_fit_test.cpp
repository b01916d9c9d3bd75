#include "daemon/rules/learned_fit.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using test::at;

/// A cover, a lane and a current that must not grow, at one device.
class LearnedFit : public testing::Test {
protected:
    LearnedFit() {
        device_ = builder_.device("d", {"gx", "gy", "gz", "mx", "my", "mz", "current"});
        config::Rule& cover = builder_.rule(point("gz"), "cover", RuleKind::kMoved);
        cover.levels = {test::level(15)};
        cover.axes = {point("gx"), point("gy"), point("gz")};
        config::Rule& lane = builder_.rule(point("mz"), "lane", RuleKind::kOccupied);
        lane.levels = {test::level(3)};
        lane.enter = 60;
        lane.leave = 30;
        lane.axes = {point("mx"), point("my"), point("mz")};
        config::Rule& slow = builder_.rule(point("current"), "slow", RuleKind::kGrowth);
        slow.levels = {test::level(2)};
        builder_.rule(point("current"), "high", RuleKind::kAbove).levels = {test::level(300)};
        builder_.spec(point("mx")).range = config::Range{-2000, 2000};
        builder_.spec(point("current")).range = config::Range{0, 1000};
    }
    PointId point(const char* name) const { return builder_.point(device_, name); }

    static std::vector<double> days(std::vector<double> first) {
        first.resize(84, 0.0);
        return first;
    }
    std::string mistake(const Learned& one) { return mistake_in(builder_.site(), one); }

    test::SiteBuilder builder_;
    DeviceId device_;
    const Learned cover_{"d", "gz", "cover", "moved", true, {0, 0, 1, 0, 0, 1, 60, 3}};
    const Learned lane_{"d",        "mz", "lane",
                        "occupied", true, {1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 2, 20, 4, 900, 0, 1, 0, 1, 0}};
    const Learned slow_{"d", "current", "slow", "growth", false, days({7, 7, 1, 1800, 40, 41})};
};

TEST_F(LearnedFit, TakesWhatTheJudgeTakes) {
    Learned first_release = lane_;
    first_release.numbers.resize(9);
    for (const Learned& one : {cover_, lane_, slow_, first_release}) {
        EXPECT_EQ(mistake(one), "") << one.rule;
        Judge judge(builder_.site());
        judge.restore({}, at(0));
        EXPECT_EQ(judge.teach({&one, 1}), 1U) << one.rule;
    }
}

TEST_F(LearnedFit, TakesWhatTheJudgeLearned) {
    Judge judge(builder_.site());
    judge.restore({}, at(0));
    std::vector<Verdict> out;
    for (int second = 1; second < 3 * 3600; second += 10) {
        const double shown[] = {0, 0.1, 0.99, 1990, -9, 40, 35};
        for (std::uint32_t i = 0; i < 7; ++i) {
            judge.observe(test::good(PointId{point("gx").value + i}, shown[i], at(second)), out);
        }
    }
    const std::vector<Learned> learned = judge.learned();
    ASSERT_EQ(learned.size(), 3U);
    for (const Learned& one : learned) {
        EXPECT_EQ(mistake(one), "");
    }
}

TEST_F(LearnedFit, TakesALimitOfTheRightPoint) {
    config::Rule& rule = builder_.rule(point("mx"), "relative", RuleKind::kAbove);
    rule.levels = {{0, Severity::kMajor, 0.5}};
    rule.limit_point = point("my");
    Learned one{"d", "mx", "relative", "above of my", false, {40}};
    EXPECT_EQ(mistake(one), "");
    one.numbers = {0};
    EXPECT_NE(mistake(one).find("number 1 (value of the point that limits are taken from) is 0"),
              std::string::npos)
        << mistake(one);
    one.kind = "above of mz";
    EXPECT_NE(mistake(one).find("is of kind \"above of my\", not \"above of mz\""), std::string::npos)
        << mistake(one);
}

TEST_F(LearnedFit, SaysWhichNumberCannotBe) {
    struct Case {
        const Learned* of;
        std::size_t number;  ///< from 0
        double is;
        const char* says;
    };
    for (const Case& each : std::vector<Case>{
             {&cover_, 0, 1.5, "number 1 (home x) is 1.5; it must be from -1.01 to 1.01"},
             {&cover_, 2, 0.5, "home x y z is no direction: its length must be 1, not 0.5"},
             {&cover_, 5, -1, "reference is 180 degrees from home; it never drifts further than 5"},
             {&cover_, 6, -60, "number 7 (seconds settled) is -60"},
             {&cover_, 7, 1e99, "number 8 (knocks) is 1e+99; it must be whole, from 0 to 4294967295"},
             {&cover_, 7, 0.5, "number 8 (knocks) is 0.5; it must be whole"},
             {&lane_, 0, 2001, "number 1 (baseline) is 2001; it must be from -2000 to 2000"},
             {&lane_, 3, 1e99, "number 4 (baseline)"},
             {&lane_, 9, -300, "number 10 (mean temperature)"},
             {&lane_, 10, -1, "number 11 (variance of the temperature)"},
             {&lane_, 12, -1, "number 13 (variance of the noise)"},
             {&lane_, 13, -1, "number 14 (seconds learned)"},
             {&lane_, 18, 0.5, "number 19 (means of a day known)"},
             {&lane_, 15, 2, "number 16 (reversed) is 2; it must be whole, from 0 to 1"},
             {&slow_, 0, 31, "number 1 (days) is 31; it must be whole, from 0 to 30"},
             {&slow_, 1, -1, "number 2 (next place)"},
             {&slow_, 2, 49, "number 3 (values of the day)"},
             {&slow_, 3, 86'401, "number 4 (seconds of the day)"},
             {&slow_, 5, 1001, "number 6 (usual median) is 1001; it must be from 0 to 1000"},
             {&slow_, 6, -1, "number 7 (median of a day) is -1"},
             {&slow_, 83, 1e9, "number 84 (value of the day)"}}) {
        Learned one = *each.of;
        one.numbers[each.number] = each.is;
        const std::string found = mistake(one);
        EXPECT_NE(found.find(each.says), std::string::npos) << found;
        EXPECT_NE(found.find("rule \"" + one.rule + "\" of device \"d\""), std::string::npos) << found;
    }
}

TEST_F(LearnedFit, CountsTheNumbers) {
    for (const Learned* const of : {&cover_, &lane_, &slow_}) {
        Learned one = *of;
        one.numbers.push_back(0);
        EXPECT_NE(mistake(one).find("a later release"), std::string::npos) << mistake(one);
        one.numbers.resize(5);
        EXPECT_NE(mistake(one).find("here are 5"), std::string::npos) << mistake(one);
    }
}

TEST_F(LearnedFit, SaysWhichNameIsWrong) {
    struct Case {
        std::string Learned::*name;
        const char* is;
        const char* says;
    };
    for (const Case& each : std::vector<Case>{
             {&Learned::device, "e", "no device is named \"e\""},
             {&Learned::rule, "covr", "device \"d\" has no rule \"covr\"; did you mean \"cover\"?"},
             {&Learned::point, "gy", "rule \"cover\" of device \"d\" judges point \"gz\", not \"gy\""},
             {&Learned::kind, "growth", "is of kind \"moved\", not \"growth\""}}) {
        Learned one = cover_;
        one.*each.name = each.is;
        EXPECT_NE(mistake(one).find(each.says), std::string::npos) << mistake(one);
    }
    EXPECT_NE(mistake({"d", "current", "high", "above", true, {}}).find("learns nothing"), std::string::npos);
}

/// The store's text is not asked mistake_in(): what its places cannot hold is left, never undefined.
TEST_F(LearnedFit, TheJudgeLeavesWhatItCannotHold) {
    for (const double impossible : {-1.0, 1e300, 0.5, 256.0}) {
        Learned one = slow_;
        one.numbers[0] = impossible;
        Judge judge(builder_.site());
        judge.restore({}, at(0));
        EXPECT_EQ(judge.teach({&one, 1}), 0U) << impossible;
    }
    Learned one = cover_;
    one.numbers[7] = -1;
    Judge judge(builder_.site());
    judge.restore({}, at(0));
    EXPECT_EQ(judge.teach({&one, 1}), 0U);
}

}  // namespace
}  // namespace gengfu::rules
