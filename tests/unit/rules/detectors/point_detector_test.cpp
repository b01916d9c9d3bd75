#include "daemon/rules/detectors/point_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "daemon/rules/detectors/sensitivity.hpp"
#include "tests/unit/rules/detectors/allocations.hpp"

namespace gengfu::rules::detectors {
namespace {

using std::chrono::seconds;

/// A signal by the number of its sample, one a minute.
using Signal = std::function<double(int)>;

struct Highest {
    int at = -1;
    Finding finding;
    Usual usual;
};

/// The highest score from sample `first` on.
Highest run(PointDetector& detector, const Signal& signal, int first, int last) {
    Highest highest;
    for (int i = first; i < last; ++i) {
        const Finding finding = detector.observe(seconds(60LL * i), signal(i));
        if (finding.score > highest.finding.score) {
            highest = {i, finding, detector.usual()};
        }
    }
    return highest;
}

double noise(int i) {
    std::mt19937 engine(static_cast<unsigned>(i) * 2654435761U + 1);
    return std::normal_distribution<double>()(engine);
}

double daily(int i) {
    return 10 * std::sin(i * 2 * 3.14159265 / 1440) + 0.3 * noise(i);
}

struct Story {
    std::string name;
    Signal signal;
    int from;   ///< where the anomaly begins
    int until;  ///< by when it must have been told
    int level;  ///< the least sensitivity that tells it
    Aspect aspect;
};
constexpr int kStart = 8640;  // six days

const Story kStories[] = {
    {"Spike", [](int i) { return noise(i) + (i == kStart ? 40 : 0); }, kStart, kStart + 1, 7, Aspect::kShape},
    {"LevelShift", [](int i) { return noise(i) + (i >= kStart ? 6 : 0); }, kStart, kStart + 60, 7,
     Aspect::kLevel},
    {"Louder", [](int i) { return noise(i) * (i >= kStart ? 5 : 1); }, kStart, kStart + 60, 8,
     Aspect::kSpread},
    {"FlatLine", [](int i) { return i >= kStart ? 0.2 : noise(i); }, kStart, kStart + 400, 6,
     Aspect::kSilence},
    {"NightByDay", [](int i) { return daily(i >= kStart ? i + 720 : i); }, kStart, kStart + 400, 10,
     Aspect::kSeason},
    {"ThirdLevelOfTwo", [](int i) { return i >= kStart && i < kStart + 30 ? 0.5 : (i / 45) % 2; }, kStart,
     kStart + 40, 8, Aspect::kShape},
};

class PointDetectorStory : public testing::TestWithParam<Story> {};

TEST_P(PointDetectorStory, TellsItAndNothingSoLoudBefore) {
    const Story& story = GetParam();
    PointDetector detector;
    run(detector, story.signal, 0, 1440);
    const Highest before = run(detector, story.signal, 1440, story.from);
    const Highest after = run(detector, story.signal, story.from, story.until);
    EXPECT_GT(after.finding.surprise, before.finding.surprise) << before.at;
    EXPECT_GE(after.finding.score, threshold(story.level));
}

INSTANTIATE_TEST_SUITE_P(Table, PointDetectorStory, testing::ValuesIn(kStories),
                         [](const auto& test) { return test.param.name; });

/// A leak of a unit in a day, in a wave of ten: no hour of it is unlike the last.
TEST(PointDetector, TellsASlowDriftByTheDayOnceAndAtItsHeightOnly) {
    constexpr int kLeak = 10 * 1440;
    const Signal leaking = [](int i) { return daily(i) + std::max(0, i - kLeak) / 1440.0; };
    PointDetector detector;
    run(detector, leaking, 0, 1440);
    const Highest before = run(detector, leaking, 1440, kLeak + 1440);
    EXPECT_LT(before.finding.score, threshold(kDefaultSensitivity)) << before.at;
    const Highest told = run(detector, leaking, kLeak + 1440, kLeak + 1440 + 60);
    EXPECT_EQ(told.at, kLeak + 1440) << "when the first day of it has ended";
    EXPECT_GE(told.finding.score, threshold(kDefaultSensitivity));
    EXPECT_EQ(told.finding.aspect, Aspect::kLevel);
    EXPECT_NEAR(told.usual.expected, 0, 0.2) << "what a day's mean had been";
    const Finding later = detector.observe(seconds(60LL * (kLeak + 1440 + 60)), leaking(kLeak + 1440 + 60));
    EXPECT_GE(later.surprise, surprise_limit(kDefaultSensitivity)) << "it goes on";
    EXPECT_LT(later.score, threshold(kDefaultSensitivity)) << "and is no news";
}

/// Half a day's mean is that of a rhythm: a gateway that was off says nothing of the sensor.
TEST(PointDetector, ADayWithAHoleIsNotComparedWithWholeOnes) {
    PointDetector detector;
    run(detector, daily, 0, 12 * 1440);
    float highest = 0;
    for (int i = 12 * 1440; i < 20 * 1440; ++i) {
        if (i % 1440 < 720 || i / 1440 % 2 == 0) {
            highest = std::max(highest, detector.observe(seconds(60LL * i), daily(i)).score);
        }
    }
    EXPECT_LT(highest, threshold(kDefaultSensitivity));
}

TEST(PointDetector, NamesTheAspectAndWhatWasExpected) {
    for (const Story& story : kStories) {
        PointDetector detector;
        run(detector, story.signal, 0, story.from);
        bool named = false;
        for (int i = story.from; i < story.until; ++i) {
            const Finding finding = detector.observe(seconds(60LL * i), story.signal(i));
            named = named || (finding.surprise > 4 && finding.aspect == story.aspect);
        }
        EXPECT_TRUE(named) << story.name;
    }
    PointDetector detector;
    run(detector, noise, 0, kStart);
    detector.observe(seconds(60LL * kStart), 40);
    const Usual usual = detector.usual();
    EXPECT_NEAR(usual.expected, 0, 1.5);
    EXPECT_GT(usual.low, -8);
    EXPECT_LT(usual.high, 8);
    EXPECT_LT(usual.low, usual.high);
}

TEST(PointDetector, TellsAnEventOnceAndAGrowingOneAgain) {
    PointDetector detector;
    run(detector, noise, 0, kStart);
    const Finding first = detector.observe(seconds(60LL * kStart), 40);
    const Finding same = detector.observe(seconds(60LL * kStart + 60), 40);
    EXPECT_GT(first.score, threshold(8));
    EXPECT_EQ(same.score, 0);
    EXPECT_GT(same.surprise, 0) << "still going on";
}

TEST(PointDetector, WhatRecursBecomesNormal) {
    PointDetector detector;
    const Signal spiky = [](int i) { return noise(i) + (i % 700 == 350 ? 40 : 0); };
    const float first = run(detector, spiky, 0, 1400).finding.surprise;
    run(detector, spiky, 1400, 21000);
    const float later = run(detector, spiky, 21000, 22400).finding.surprise;
    EXPECT_LT(later, first);
}

TEST(PointDetector, NoFalseAlarmOnTwoYearsOfCleanNoise) {
    const auto count = [](auto sample) {
        PointDetector detector;
        int alarms = 0;
        for (int i = 0; i < 525600; ++i) {
            const Finding finding = detector.observe(seconds(60LL * i), sample(i));
            alarms += i >= 1440 && finding.score >= threshold(5) ? 1 : 0;
        }
        return alarms;
    };
    std::mt19937 engine(1);
    std::normal_distribution<double> normal;
    std::poisson_distribution<int> poisson(3);
    EXPECT_LE(count([&](int) { return normal(engine); }), 1);
    EXPECT_LE(count([&](int) { return static_cast<double>(poisson(engine)); }), 1);
}

TEST(PointDetector, SensitivityRisesWithItsNumber) {
    for (int level = kLeastSensitivity; level < kMostSensitivity; ++level) {
        EXPECT_GT(threshold(level), threshold(level + 1));
    }
    EXPECT_EQ(threshold(0), threshold(1));
    EXPECT_EQ(threshold(99), threshold(10));
}

TEST(PointDetector, AConstantIsNeverAnAlarm) {
    for (const double level : {0.0, 45.0, -1e300, 1e-300}) {
        PointDetector detector;
        const Highest highest = run(
            detector, [level](int) { return level; }, 0, 5000);
        EXPECT_LT(highest.finding.score, threshold(kMostSensitivity)) << level;
    }
}

TEST(PointDetector, UnusableNumbersChangeNothing) {
    PointDetector with;
    PointDetector without;
    std::vector<std::uint8_t> a(PointDetector::state_size());
    std::vector<std::uint8_t> b(PointDetector::state_size());
    for (int i = 0; i < 3000; ++i) {
        with.observe(seconds(60LL * i), daily(i));
        without.observe(seconds(60LL * i), daily(i));
        for (const double wild : {std::nan(""), std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity()}) {
            const Finding finding = with.observe(seconds(60LL * i), wild);
            EXPECT_EQ(finding.score, 0);
            EXPECT_EQ(finding.aspect, Aspect::kNone);
        }
    }
    with.save(a);
    without.save(b);
    EXPECT_EQ(a, b);
}

TEST(PointDetector, HugeValuesAndOddTimesGiveAScoreAndLeaveTheMindIntact) {
    PointDetector detector;
    run(detector, noise, 0, 3000);
    constexpr std::int64_t kTenYears = 315576000;
    int i = 3000;
    for (const double value : {1e300, -1e300, 1e300, 0.0, 5e-324, 1e308}) {
        for (const std::int64_t time :
             {std::int64_t{0}, kTenYears, std::int64_t{1}, -kTenYears, INT64_MAX, INT64_MIN}) {
            const Finding finding = detector.observe(seconds(time), value);
            EXPECT_GE(finding.score, 0);
            EXPECT_LT(finding.score, 1);
            EXPECT_TRUE(std::isfinite(detector.usual().expected));
        }
    }
    run(detector, noise, i, i + 3000);
    const Highest spike = run(
        detector, [](int) { return 60.0; }, 7000, 7001);
    EXPECT_GT(spike.finding.surprise, 0) << "it still sees";
}

TEST(PointDetector, ARestoredStateGoesOnBitForBit) {
    std::mt19937 engine(3);
    std::vector<std::uint8_t> before(PointDetector::state_size());
    std::vector<std::uint8_t> after(PointDetector::state_size());
    for (const int at : {0, 1, 5, 23, 24, 100, 4000}) {
        PointDetector detector;
        run(detector, daily, 0, at);
        detector.save(before);
        std::optional<PointDetector> restored = PointDetector::restore(before);
        ASSERT_TRUE(restored);
        for (int i = at; i < at + 2000; ++i) {
            const Finding a = detector.observe(seconds(60LL * i), daily(i));
            const Finding b = restored->observe(seconds(60LL * i), daily(i));
            ASSERT_EQ(a.score, b.score);
            ASSERT_EQ(a.surprise, b.surprise);
        }
        detector.save(before);
        restored->save(after);
        EXPECT_EQ(before, after) << at;
    }
}

TEST(PointDetector, DamagedStatesAreRefused) {
    PointDetector detector;
    run(detector, daily, 0, 2000);
    std::vector<std::uint8_t> state(PointDetector::state_size());
    detector.save(state);
    EXPECT_TRUE(PointDetector::restore(state));
    for (std::size_t i = 0; i < state.size(); i += 7) {
        std::vector<std::uint8_t> damaged = state;
        damaged[i] ^= 0x10U;
        EXPECT_FALSE(PointDetector::restore(damaged)) << i;
    }
    EXPECT_FALSE(PointDetector::restore(std::span(state).first(state.size() - 1)));
    EXPECT_FALSE(PointDetector::restore({}));
}

TEST(Allocations, AreCounted) {
    const std::size_t before = tests::allocations();
    ::operator delete(::operator new(16));  // called as such, so that no compiler may leave it out
    EXPECT_EQ(tests::allocations(), before + 1);
}

TEST(PointDetector, AllocatesNothing) {
    const std::size_t before = tests::allocations();
    PointDetector detector;
    for (int i = 0; i < 5000; ++i) {
        detector.observe(seconds(60LL * i), i % 17 + (i == 4000 ? 100 : 0));
    }
    EXPECT_EQ(tests::allocations(), before);
}

TEST(PointDetector, KeepsTheBudgetOfAPoint) {
    EXPECT_LE(sizeof(PointDetector), 4096U);
    EXPECT_LE(PointDetector::state_size(), 4096U);
}

}  // namespace
}  // namespace gengfu::rules::detectors
