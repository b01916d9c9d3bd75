#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "daemon/rules/anomaly_watch.hpp"
#include "daemon/rules/detectors/point_detector.hpp"
#include "daemon/rules/detectors/sensitivity.hpp"
#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/rules/detectors/allocations.hpp"

namespace gengfu::rules {
namespace {

using config::RuleKind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::at;
using test::bad;
using test::good;
using test::uncertain;

constexpr int kDay = 1440;

double noise(int i) {
    std::mt19937 engine(static_cast<unsigned>(i) * 2654435761U + 1);
    return 20 + std::normal_distribution<double>()(engine);
}

/// The level of a well, one value a minute, and a device of three temperatures.
class AnomalyRule : public testing::Test {
protected:
    AnomalyRule() {
        well_ = builder_.device("well", {"level"}, minutes(1));
        level_ = builder_.point(well_, "level");
        cabinet_ = builder_.device("cabinet", {"a", "b", "c"}, minutes(1));
        for (const char* name : {"a", "b", "c"}) {
            temperature_.push_back(builder_.point(cabinet_, name));
        }
    }

    config::Rule& single(int sensitivity = 7) {
        config::Rule& rule = builder_.rule(level_, "unusual", RuleKind::kAnomaly);
        rule.severity = Severity::kMinor;
        rule.sensitivity = sensitivity;
        rule.every = minutes(1);
        rule.warm_up = hours(24);
        return rule;
    }

    config::Rule& together(int sensitivity = 5) {
        config::Rule& rule = builder_.rule(temperature_[0], "cabinet-unusual", RuleKind::kAnomaly);
        rule.point.reset();
        rule.points = temperature_;
        rule.sensitivity = sensitivity;
        rule.every = minutes(1);
        rule.warm_up = hours(24);
        return rule;
    }

    Judge& judge() {
        if (!judge_) {
            judge_ = std::make_unique<Judge>(builder_.site());
            judge_->restore({}, at(0));
            judge_->know_time(hours(24 * 365));
        }
        return *judge_;
    }

    std::vector<Verdict> say(const Sample& sample) {
        std::vector<Verdict> out;
        judge().observe(sample, out);
        return out;
    }

    /// One value a minute, from minute `first` on. \return the verdicts, each with the minute it came at
    template <class Signal>
    std::vector<std::pair<int, Verdict>> run(Signal signal, int first, int last) {
        std::vector<std::pair<int, Verdict>> all;
        for (int i = first; i < last; ++i) {
            for (const Verdict& verdict : say(good(level_, signal(i), at(60.0 * i)))) {
                all.emplace_back(i, verdict);
            }
        }
        return all;
    }

    /// The same of the three temperatures.
    template <class Signal>
    std::vector<Verdict> run_cabinet(Signal signal, int first, int last) {
        std::vector<Verdict> all;
        for (int i = first; i < last; ++i) {
            for (int p = 0; p < 3; ++p) {
                const auto some = say(
                    good(temperature_[static_cast<std::size_t>(p)], signal(p, i), at(60.0 * i + 0.1 * p)));
                all.insert(all.end(), some.begin(), some.end());
            }
        }
        return all;
    }

    static double quiet(int p, int i) { return noise(3 * i + p); }

    test::SiteBuilder builder_;
    DeviceId well_, cabinet_;
    PointId level_;
    std::vector<PointId> temperature_;
    std::unique_ptr<Judge> judge_;
};

double shifted(int i) {
    return noise(i) + (i >= 6 * kDay ? 15 : 0);
}

TEST_F(AnomalyRule, RaisesAtTheVeryValueAtWhichTheDetectorPassesTheThreshold) {
    for (const int sensitivity : {5, 7, 10}) {
        single(sensitivity);
        const auto verdicts = run(shifted, 0, 7 * kDay);
        detectors::PointDetector detector;
        int first = -1;
        float score = 0;
        for (int i = 0; i < 7 * kDay && first < 0; ++i) {
            const Monotonic taken = at(60.0 * i);
            const auto time = std::chrono::floor<seconds>(taken.time_since_epoch() + hours(24 * 365));
            score = detector.observe(time, shifted(i)).score;
            first = i > kDay && score >= detectors::threshold(sensitivity) ? i : -1;
        }
        ASSERT_FALSE(verdicts.empty()) << sensitivity;
        EXPECT_EQ(verdicts[0].first, first) << sensitivity;
        EXPECT_EQ(verdicts[0].second.change, Change::kRaised);
        EXPECT_EQ(static_cast<float>(verdicts[0].second.anomaly->score), score);
        builder_.site().rules.clear();
        judge_.reset();
    }
}

TEST_F(AnomalyRule, SaysWhichAspectAndWhatWasExpected) {
    single();
    const auto verdicts = run(shifted, 0, 6 * kDay + 60);
    ASSERT_EQ(verdicts.size(), 1U);
    const Verdict& raised = verdicts[0].second;
    EXPECT_EQ(raised.severity, Severity::kMinor);
    ASSERT_TRUE(raised.anomaly);
    EXPECT_NE(raised.anomaly->aspect, detectors::Aspect::kNone);
    EXPECT_EQ(raised.anomaly->point, level_);
    EXPECT_NEAR(raised.anomaly->expected, 20, 2);
    EXPECT_LT(raised.anomaly->low, raised.anomaly->expected);
    EXPECT_GT(raised.anomaly->high, raised.anomaly->expected);
    EXPECT_GT(raised.value, raised.anomaly->high);
    EXPECT_TRUE(std::isnan(raised.limit));
}

TEST_F(AnomalyRule, StaysWhileTheEventGoesOnAndClearsWhenItIsLearnt) {
    single();
    const auto verdicts = run(shifted, 0, 12 * kDay);
    ASSERT_EQ(verdicts.size(), 2U);
    EXPECT_EQ(verdicts[1].second.change, Change::kCleared);
    EXPECT_GT(verdicts[1].first - verdicts[0].first, 5);
}

TEST_F(AnomalyRule, TellsNothingDuringTheWarmUp) {
    single(10);
    const auto wild = [](int i) { return noise(i) + (i % 100 == 99 ? 1000 * i : 0); };
    EXPECT_TRUE(run(wild, 0, kDay).empty());
}

TEST_F(AnomalyRule, AnOnDelayOutlastsASpike) {
    single().on_delay = minutes(10);
    const auto spike = [](int i) { return noise(i) + (i == 6 * kDay ? 40 : 0); };
    EXPECT_TRUE(run(spike, 0, 6 * kDay + 60).empty());
    const auto level = [](int i) { return noise(i) + (i >= 7 * kDay ? 15 : 0); };
    const auto verdicts = run(level, 6 * kDay + 60, 7 * kDay + 60);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_GE(verdicts[0].first, 7 * kDay + 10);
}

TEST_F(AnomalyRule, JudgesOneValueInItsPaceHoweverOftenThePointIsRead) {
    const DeviceId busy = builder_.device("busy", {"level"}, seconds(1));
    const PointId point = builder_.point(busy, "level");
    single().point = point;
    builder_.site().rules[0].device = busy;
    std::vector<Verdict> out;
    detectors::PointDetector detector;
    for (int i = 0; i < 3000; ++i) {  // a value a second, not quite evenly
        judge().observe(good(point, noise(i), at(i + 0.2 * (i % 3))), out);
        if (i % 60 == 0) {
            detector.observe(std::nullopt, noise(i));
        }
    }
    const std::string state = judge().learnt(0).state;
    std::vector<std::uint8_t> head(state.begin(), state.end());
    AnomalyWatch watch(builder_.site(), builder_.site().rules[0]);
    ASSERT_TRUE(watch.restore(head));
    const std::uint32_t judged = head[12] | static_cast<std::uint32_t>(head[13]) << 8U;
    EXPECT_EQ(judged, detector.samples());
}

TEST_F(AnomalyRule, BadAndUncertainValuesAreNeitherJudgedNorLearnt) {
    single(10);
    run(noise, 0, 3 * kDay);
    const std::string before = judge().learnt(0).state;
    for (int i = 0; i < 100; ++i) {
        const double when = 60.0 * (3 * kDay + i);
        EXPECT_TRUE(say(uncertain(level_, 1e6, at(when))).empty());
        EXPECT_TRUE(say(bad(level_, Reason::kTimeout, at(when + 1))).empty());
        EXPECT_TRUE(say(good(level_, std::numeric_limits<double>::infinity(), at(when + 2))).empty());
    }
    EXPECT_EQ(judge().learnt(0).state, before);
}

TEST_F(AnomalyRule, TheFirstValueAfterAGapIsNotTold) {
    single(10);
    run(noise, 0, 6 * kDay);
    // The water rose while nobody looked: a level that is not known to be news.
    const auto risen = [](int i) { return noise(i) + 15; };
    EXPECT_TRUE(run(risen, 6 * kDay + 600, 6 * kDay + 601).empty());
    // The same without a gap is told.
    builder_.site().rules.clear();
    judge_.reset();
    single(10);
    const auto before = run(noise, 0, 6 * kDay).size();
    EXPECT_EQ(before % 2, 0U);
    EXPECT_EQ(run(risen, 6 * kDay, 6 * kDay + 1).size(), 1U);
}

TEST_F(AnomalyRule, ALostAnswerNowAndThenIsNoGap) {
    single();
    int told = 0;
    for (int i = 0; i < 6 * kDay + 30; ++i) {
        const Sample sample =
            i % 7 == 3 ? bad(level_, Reason::kTimeout, at(60.0 * i)) : good(level_, shifted(i), at(60.0 * i));
        told += static_cast<int>(say(sample).size());
    }
    EXPECT_EQ(told, 1);
}

TEST_F(AnomalyRule, WithoutAClockTheSeasonIsNeitherUsedNorLearnt) {
    single();
    judge().know_time(std::nullopt);
    const auto verdicts = run(shifted, 0, 6 * kDay + 60);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_NE(verdicts[0].second.anomaly->aspect, detectors::Aspect::kSeason);
}

TEST_F(AnomalyRule, AnAlarmWhoseSensorFallsSilentIsUncertainUntilItIsBack) {
    single();
    ASSERT_EQ(run(shifted, 0, 6 * kDay + 3).size(), 1U);
    std::vector<Verdict> out;
    const double later = 60.0 * (6 * kDay + 9);
    judge().tick(at(later), out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].change, Change::kUncertain);
    const auto back = run(shifted, 6 * kDay + 10, 6 * kDay + 12);
    ASSERT_FALSE(back.empty());
    EXPECT_EQ(back[0].second.change, Change::kCertain);
}

TEST_F(AnomalyRule, SeveralPointsAreJudgedTogetherAndTheFurthestIsNamed) {
    together();
    const auto drift = [](int p, int i) { return quiet(p, i) + (p == 1 && i >= 3 * kDay ? 8 : 0); };
    EXPECT_TRUE(run_cabinet(drift, 0, 3 * kDay).empty());
    const auto verdicts = run_cabinet(drift, 3 * kDay, 3 * kDay + 60);
    ASSERT_FALSE(verdicts.empty());
    EXPECT_EQ(verdicts[0].change, Change::kRaised);
    ASSERT_TRUE(verdicts[0].anomaly);
    EXPECT_EQ(verdicts[0].anomaly->point, temperature_[1]);
    EXPECT_EQ(verdicts[0].anomaly->aspect, detectors::Aspect::kLevel);
    EXPECT_NEAR(verdicts[0].anomaly->expected, 20, 1);
    EXPECT_GT(verdicts[0].anomaly->high, verdicts[0].anomaly->low);
}

TEST_F(AnomalyRule, OfPointsTogetherOneThatFailsDoesNotBlindTheOthers) {
    together();
    int told = 0;
    for (int i = 0; i < 3 * kDay + 60; ++i) {
        const double now = 60.0 * i;
        told += static_cast<int>(say(good(temperature_[0], quiet(0, i), at(now))).size());
        told += static_cast<int>(say(bad(temperature_[1], Reason::kTimeout, at(now + 0.1))).size());
        told += static_cast<int>(
            say(good(temperature_[2], quiet(2, i) + (i >= 3 * kDay ? 8 : 0), at(now + 0.2))).size());
    }
    EXPECT_EQ(told, 1);
}

TEST_F(AnomalyRule, WhatWasLearntGoesOnAfterARestartBitForBit) {
    single();
    together();
    run(noise, 0, 3 * kDay);
    run_cabinet(quiet, 0, 3 * kDay);
    std::vector<Learnt> learnt;
    for (std::size_t i = 0; i < judge().learners(); ++i) {
        learnt.push_back(judge().learnt(i));
    }
    ASSERT_EQ(learnt.size(), 2U);
    Judge other(builder_.site());
    other.restore({}, at(60.0 * 3 * kDay));
    other.know_time(hours(24 * 365));
    const Recalled recalled = other.recall(learnt);
    EXPECT_EQ(recalled.restored, 2U);
    EXPECT_EQ(recalled.changed + recalled.damaged, 0U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(other.learnt(i).state, learnt[i].state);
    }
    std::vector<Verdict> a, b;
    for (int i = 3 * kDay; i < 7 * kDay; ++i) {
        judge().observe(good(level_, shifted(i), at(60.0 * i)), a);
        other.observe(good(level_, shifted(i), at(60.0 * i)), b);
    }
    EXPECT_EQ(judge().learnt(0).state, other.learnt(0).state);
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    EXPECT_EQ(a[0].anomaly->score, b[0].anomaly->score);
}

TEST_F(AnomalyRule, OtherPointsAnotherPaceOrDamageAreLearntAnew) {
    single();
    run(noise, 0, 1000);
    Learnt learnt = judge().learnt(0);
    builder_.site().rules[0].every = minutes(5);
    EXPECT_EQ(Judge(builder_.site()).recall(std::vector{learnt}).changed, 1U);
    builder_.site().rules[0].every = minutes(1);
    builder_.spec(level_).scale = 0.1;
    EXPECT_EQ(Judge(builder_.site()).recall(std::vector{learnt}).changed, 1U);
    builder_.spec(level_).scale = 1;
    Learnt gone = learnt;
    gone.rule = "another";
    EXPECT_EQ(Judge(builder_.site()).recall(std::vector{gone}).changed, 1U);
    for (std::size_t i = 0; i < learnt.state.size(); i += 97) {
        Learnt damaged = learnt;
        damaged.state[i] = static_cast<char>(damaged.state[i] ^ 4);
        const Recalled recalled = Judge(builder_.site()).recall(std::vector{damaged});
        EXPECT_EQ(recalled.damaged, 1U) << i;
    }
    learnt.state.resize(10);
    EXPECT_EQ(Judge(builder_.site()).recall(std::vector{learnt}).damaged, 1U);
}

TEST_F(AnomalyRule, AStandingAlarmStaysUntilTheNewLearningCanSaySo) {
    single();
    judge_ = std::make_unique<Judge>(builder_.site());
    RuleMemory memory;
    memory.device = "well";
    memory.point = "level";
    memory.rule = "unusual";
    memory.active = true;
    memory.level = 0;
    judge_->restore(std::vector{memory}, at(0));
    EXPECT_TRUE(run(noise, 0, kDay).empty());
    const auto verdicts = run(noise, kDay, kDay + 10);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(verdicts[0].second.change, Change::kCleared);
}

TEST_F(AnomalyRule, OfSeveralPointsCanBeAMemberOfAGroup) {
    together(7).alarm = false;
    config::Rule& group = builder_.rule(temperature_[0], "worse", RuleKind::kAny);
    group.point.reset();
    group.members = {{{RuleId{0}}, false}};
    const auto signal = [](int p, int i) { return quiet(p, i) + (p == 1 && i >= 3 * kDay ? 15 : 0); };
    EXPECT_TRUE(run_cabinet(signal, 0, 3 * kDay).empty());
    const auto verdicts = run_cabinet(signal, 3 * kDay, 3 * kDay + 60);
    ASSERT_FALSE(verdicts.empty());
    EXPECT_EQ(verdicts[0].rule, RuleId{1}) << "the member raises no alarm of its own";
    EXPECT_EQ(verdicts[0].change, Change::kRaised);
    // All fall silent: what the member says is not known any more, so the group does not clear.
    std::vector<Verdict> out;
    judge().tick(at(60.0 * (3 * kDay + 60) + 3600), out);
    for (const Verdict& verdict : out) {
        EXPECT_NE(verdict.change, Change::kCleared);
    }
}

TEST_F(AnomalyRule, DelaysOfSeveralPointsRunOnceNotOnceForEach) {
    together(7).on_delay = minutes(30);
    const auto signal = [](int p, int i) { return quiet(p, i) + (p == 1 && i >= 3 * kDay ? 15 : 0); };
    EXPECT_TRUE(run_cabinet(signal, 0, 3 * kDay).empty());
    const auto verdicts = run_cabinet(signal, 3 * kDay, 3 * kDay + 120);
    ASSERT_FALSE(verdicts.empty());
    EXPECT_EQ(verdicts[0].change, Change::kRaised);
    EXPECT_GE(verdicts[0].at, at(60.0 * (3 * kDay + 30)));
    EXPECT_LE(verdicts[0].at, at(60.0 * (3 * kDay + 55))) << "the mean of twenty needs some time, too";
}

TEST_F(AnomalyRule, AllocatesNothingAfterItsConstruction) {
    single(10);
    together(10);
    std::vector<Verdict> out;
    out.reserve(1000);
    judge();
    const std::size_t before = tests::allocations();
    for (int i = 0; i < 2 * kDay; ++i) {
        judge().observe(good(level_, i % 17 + (i % 500 == 0 ? 100 : 0), at(60.0 * i)), out);
        for (std::size_t p = 0; p < 3; ++p) {
            judge().observe(good(temperature_[p], i % 13, at(60.0 * i + 1)), out);
        }
    }
    EXPECT_EQ(tests::allocations(), before);
}

}  // namespace
}  // namespace gengfu::rules
