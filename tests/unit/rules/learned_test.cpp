#include "daemon/rules/learned.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using test::at;

TEST(Learned, TextGoesThereAndBack) {
    const std::vector<Learned> all{
        {"manhole-017", "gravity_z", "cover-moved", "moved", true, {0.1, -1e-9, 0.995, 12}},
        {"lane-2", "magnetic_z", "lane-occupied", "occupied", false, {}}};
    const auto back = parse_learned(to_text(all));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, all);
    EXPECT_TRUE(parse_learned(to_text({}))->empty());
}

TEST(Learned, ADamagedTextIsRefusedWithItsLine) {
    const std::string good = to_text(std::vector<Learned>{{"d", "p", "r", "moved", true, {1, 2}}});
    EXPECT_FALSE(parse_learned(""));
    EXPECT_FALSE(parse_learned("gengfu-learned 2\n"));
    for (const char* line :
         {"d\tp\tr\tmoved\tperhaps\t1\n", "d\tp\tr\tmoved\tlearned\t1 x\n", "d\tp\tr\tmoved\tlearned\tnan\n",
          "d\tp\tr\tmoved\tlearned\t1e999\n", "d\tp\tq\tmoved\tlearned\t1\t2\n",
          "d\tp\tr\tmoved\tlearned\t1 2\n", "\t\t\t\t\t\n", "d\n"}) {
        const auto got = parse_learned(good + line);
        ASSERT_FALSE(got) << line;
        EXPECT_NE(got.error().what.find("line 3"), std::string::npos) << got.error().what;
    }
    std::string many = "gengfu-learned 1\nd\tp\tr\tmoved\tlearned\t";
    for (int i = 0; i < 300; ++i) {
        many += "1 ";
    }
    EXPECT_FALSE(parse_learned(many));
}

/// A cover and a lane at one device.
class LearnedByJudge : public testing::Test {
protected:
    void SetUp() override {
        device_ = builder_.device("d", {"gx", "gy", "gz", "mx", "my", "mz", "other"});
        config::Rule& cover = builder_.rule(point("gz"), "cover", RuleKind::kMoved);
        cover.levels = {test::level(15)};
        cover.axes = {point("gx"), point("gy"), point("gz")};
        config::Rule& lane = builder_.rule(point("mz"), "lane", RuleKind::kOccupied);
        lane.levels = {test::level(3)};
        lane.enter = 60;
        lane.leave = 30;
        lane.axes = {point("mx"), point("my"), point("mz")};
        judge_ = std::make_unique<Judge>(builder_.site());
        judge_->restore({}, at(0));
    }
    PointId point(const char* name) const { return builder_.point(device_, name); }

    std::size_t second(double tilt, double field) {
        now_ += 1;
        std::vector<Verdict> out;
        const double radians = tilt * 0.017453292519943295;
        const double values[] = {std::sin(radians), 0, std::cos(radians), field, 0, 0, 1};
        for (std::uint32_t i = 0; i < 7; ++i) {
            judge_->observe(test::good(PointId{point("gx").value + i}, values[i], at(now_)), out);
        }
        return out.size();
    }

    test::SiteBuilder builder_;
    DeviceId device_;
    std::unique_ptr<Judge> judge_;
    double now_ = 0;
};

TEST_F(LearnedByJudge, SurvivesAStart) {
    for (int i = 0; i < 100; ++i) {
        second(4, 200);
    }
    const std::vector<Learned> learned = judge_->learned();
    ASSERT_EQ(learned.size(), 2U);
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore({}, at(now_));
    EXPECT_EQ(judge_->teach(learned), 2U);
    EXPECT_EQ(judge_->learned(), learned);
    EXPECT_EQ(second(40, 200), 1U) << "it was lifted while the gateway was down: seen with the first value";
}

TEST_F(LearnedByJudge, SettlesWithinAMinuteAndNotAgainAfterAStart) {
    EXPECT_FALSE(judge_->is_settling()) << "nothing is known yet";
    second(0, 200);
    EXPECT_TRUE(judge_->is_settling());
    for (int i = 0; i < 100; ++i) {
        second(0, 200);
    }
    EXPECT_FALSE(judge_->is_settling());
    const std::vector<Learned> learned = judge_->learned();
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore({}, at(now_));
    judge_->teach(learned);
    EXPECT_FALSE(judge_->is_settling());
}

TEST_F(LearnedByJudge, AnOldNoteOfAVehicleIsNotBelieved) {
    for (int i = 0; i < 60; ++i) {
        second(0, 200);
    }
    second(0, 400);
    second(0, 400);
    second(0, 400);
    const std::vector<Learned> learned = judge_->learned();
    judge_ = std::make_unique<Judge>(builder_.site());
    judge_->restore({}, at(now_));
    judge_->teach(learned);
    second(0, 400);
    EXPECT_EQ(second(0, 400), 0U) << "it has just come";
    second(0, 400);
    second(0, 400);
    EXPECT_EQ(second(0, 400), 1U);
}

TEST_F(LearnedByJudge, WhatFitsNothingIsLeft) {
    second(0, 200);
    const std::vector<Learned> before = judge_->learned();
    std::vector<Learned> wrong{{"x", "gz", "cover", "moved", true, {0, 0, 1, 0, 0, 1}},
                               {"d", "gz", "cover", "occupied", true, {0, 0, 1, 0, 0, 1}},
                               {"d", "gz", "cover", "moved", true, {0, 0, 1}},
                               {"d", "gz", "cover", "moved", true, {0, 0, 9, 0, 0, 1}},
                               {"d", "mz", "lane", "occupied", true, {1, 2}}};
    EXPECT_EQ(judge_->teach(wrong), 0U);
    EXPECT_EQ(judge_->learned(), before);
}

TEST_F(LearnedByJudge, CalibratingEndsAnAlarmOfAPoseThatIsRightNow) {
    for (int i = 0; i < 100; ++i) {
        second(0, 200);
    }
    EXPECT_EQ(second(30, 200), 1U);
    for (int i = 0; i < 60; ++i) {
        second(30, 200);
    }
    const auto done = judge_->calibrate(device_, at(now_));
    ASSERT_TRUE(done) << done.error().what;
    ASSERT_EQ(done->size(), 2U);
    EXPECT_TRUE((*done)[0].calibrated);
    EXPECT_EQ(second(30, 200), 1U) << "cleared";
    EXPECT_EQ(second(30, 200), 0U);
}

TEST_F(LearnedByJudge, CalibratingWantsAFreshValueAndSomethingToCalibrate) {
    EXPECT_EQ(judge_->calibrate(device_, at(0)).error().code, Errc::kStale);
    second(0, 200);
    EXPECT_EQ(judge_->calibrate(device_, at(now_ + 60)).error().code, Errc::kStale);
    const DeviceId other = builder_.device("other", {"value"});
    EXPECT_EQ(judge_->calibrate(other, at(now_)).error().code, Errc::kNotFound);
}

TEST_F(LearnedByJudge, AnAxisThatFailsMutesTheOthers) {
    for (int i = 0; i < 100; ++i) {
        second(0, 200);
    }
    std::vector<Verdict> out;
    for (int i = 0; i < 30; ++i) {
        now_ += 1;
        judge_->observe(test::bad(point("gx"), Reason::kException, at(now_)), out);
        judge_->observe(test::good(point("gy"), 0, at(now_)), out);
        judge_->observe(test::good(point("gz"), 0.2, at(now_)), out);
    }
    EXPECT_TRUE(out.empty()) << "0.2 g on one axis alone tells nothing";
}

TEST(LimitFromAnotherPoint, IsTakenFromItsLastGoodValue) {
    test::SiteBuilder builder;
    const DeviceId device = builder.device("relay", {"rated", "current"});
    const PointId rated = builder.point(device, "rated");
    const PointId current = builder.point(device, "current");
    config::Rule& rule = builder.rule(current, "leak", RuleKind::kAbove);
    rule.levels = {{0, Severity::kModerate, 0.6}, {0, Severity::kMajor, 1}};
    rule.limit_point = rated;
    Judge judge(builder.site());
    judge.restore({}, at(0));
    std::vector<Verdict> out;
    judge.observe(test::good(current, 1000, at(1)), out);
    EXPECT_TRUE(out.empty()) << "nobody knows the limit yet";
    judge.observe(test::good(rated, 300, at(1)), out);
    judge.observe(test::good(current, 181, at(2)), out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].limit, 180);
    EXPECT_EQ(out[0].severity, Severity::kModerate);
    judge.observe(test::bad(rated, Reason::kTimeout, at(3)), out);
    judge.observe(test::good(rated, 0, at(3)), out);
    judge.observe(test::good(current, 300, at(3)), out);
    ASSERT_EQ(out.size(), 2U);
    EXPECT_EQ(out[1].limit, 300) << "a failed read and a zero are no limit";
    judge.observe(test::good(rated, 500, at(4)), out);
    judge.observe(test::good(current, 301, at(4)), out);
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[2].severity, Severity::kModerate);
    EXPECT_EQ(out[2].limit, 300);
}

/// Two rules at a relay that shows its rated current once, and from then on zero or nothing.
class RememberedLimit : public testing::Test {
protected:
    void SetUp() override {
        device_ = builder_.device("relay", {"rated", "current", "other"});
        config::Rule& rule = builder_.rule(point("current"), "leak", RuleKind::kAbove);
        rule.levels = {{0, Severity::kModerate, 0.6}};
        rule.limit_point = point("rated");
        start({});
    }
    PointId point(const char* name) const { return builder_.point(device_, name); }
    std::size_t start(const std::vector<Learned>& learned) {
        judge_ = std::make_unique<Judge>(builder_.site());
        judge_->restore({}, at(now_));
        return judge_->teach(learned);
    }
    std::vector<Verdict> see(const char* name, double value) {
        std::vector<Verdict> out;
        judge_->observe(test::good(point(name), value, at(now_ += 1)), out);
        return out;
    }
    static std::vector<Learned> note(double value, const char* kind = "above of rated") {
        return {{"relay", "current", "leak", kind, false, {value}}};
    }

    test::SiteBuilder builder_;
    DeviceId device_;
    std::unique_ptr<Judge> judge_;
    double now_ = 0;
};

TEST_F(RememberedLimit, SurvivesAStartAfterWhichItsPointShowsNothing) {
    see("rated", 100);
    const std::string saved = to_text(judge_->learned());
    const auto learned = parse_learned(saved);
    ASSERT_TRUE(learned);
    EXPECT_EQ(*learned, note(100));
    EXPECT_EQ(start(*learned), 1U);
    see("rated", 0);
    std::vector<Verdict> out;
    judge_->observe(test::bad(point("rated"), Reason::kException, at(now_ += 1)), out);
    const std::vector<Verdict> raised = see("current", 61);
    ASSERT_EQ(raised.size(), 1U);
    EXPECT_EQ(raised[0].limit, 60);
    EXPECT_EQ(to_text(judge_->learned()), saved) << "and the next start";
}

TEST_F(RememberedLimit, GivesWayToTheFirstGoodValueOfThisRun) {
    start(note(100));
    see("rated", 1000);
    EXPECT_TRUE(see("current", 61).empty());
    EXPECT_EQ(judge_->teach(note(100)), 0U) << "what was heard is not put back by a file";
    EXPECT_TRUE(see("current", 61).empty());
    EXPECT_EQ(judge_->learned(), note(1000));
}

TEST_F(RememberedLimit, IsNotTakenWhenItCannotBe) {
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    for (const double value : {0.0, -5.0, std::nan(""), kInfinite, -kInfinite}) {
        EXPECT_EQ(start(note(value)), 0U) << value;
        EXPECT_TRUE(see("current", 1e9).empty()) << value;
        EXPECT_TRUE(judge_->learned().empty()) << value;
    }
    EXPECT_EQ(start(note(100, "above of other")), 0U) << "it was the limit of another point";
    EXPECT_EQ(start(note(100, "above")), 0U);
    EXPECT_EQ(start({{"relay", "current", "leak", "above of rated", false, {}}}), 0U);
}

TEST_F(RememberedLimit, IsNewsWhenItIsFoundOrChanges) {
    EXPECT_EQ(judge_->limit_news().found, 0U);
    see("rated", 100);
    EXPECT_EQ(judge_->limit_news().found, 1U);
    see("rated", 100.9);
    EXPECT_EQ(judge_->limit_news().changed, 0U);
    see("rated", 200);
    EXPECT_EQ(judge_->limit_news().changed, 1U);
    EXPECT_EQ(judge_->limit_news().found, 1U);
    start(note(100));
    see("rated", 100);
    EXPECT_EQ(judge_->limit_news().found + judge_->limit_news().changed, 0U) << "it is saved already";
}

}  // namespace
}  // namespace gengfu::rules
