// The parts that the point's detector is made of.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "daemon/rules/detectors/codebook.hpp"
#include "daemon/rules/detectors/fast_log.hpp"
#include "daemon/rules/detectors/location.hpp"
#include "daemon/rules/detectors/onset.hpp"
#include "daemon/rules/detectors/rank.hpp"
#include "daemon/rules/detectors/season.hpp"
#include "daemon/rules/detectors/sequence.hpp"

namespace gengfu::rules::detectors {
namespace {

using std::chrono::seconds;

TEST(FastLog, IsNearTheRealOne) {
    for (float x = 1e-6F; x < 1e12F; x *= 1.001F) {
        ASSERT_NEAR(fast_log2(x), std::log2(x), 0.0006) << x;
    }
    EXPECT_EQ(fast_log2(1.0F), 0.0F);
}

TEST(Rank, ARecordIsRareAndTheUsualIsNot) {
    Rank rank;
    for (int i = 0; i < 2000; ++i) {
        rank.add(Rank::place(static_cast<float>(i % 10) / 10));
    }
    const Rank::Age age = Rank::Age::of(2000, kDefaultParameters);
    EXPECT_EQ(rank.decades(Rank::place(0.5F), age, kDefaultParameters), 0);
    const float record = rank.decades(Rank::place(2), age, kDefaultParameters);
    EXPECT_GT(record, 2);
    EXPECT_GT(rank.decades(Rank::place(20), age, kDefaultParameters), record);
}

TEST(Rank, FadesButNeverForgetsWholly) {
    Rank rank;
    for (int i = 0; i < Rank::kBlock; ++i) {
        rank.add(Rank::place(10));
    }
    const Rank::Age age = Rank::Age::of(100000, kDefaultParameters);
    for (int i = 0; i < 4 * Rank::kMostBlocks * Rank::kBlock; ++i) {
        rank.add(Rank::place(0.1F));
        ASSERT_TRUE(rank.plausible());
    }
    EXPECT_LT(rank.decades(Rank::place(10), age, kDefaultParameters),
              rank.decades(Rank::place(30), age, kDefaultParameters));
}

TEST(Location, FindsMedianAndSpreadAndIsNotThrownOff) {
    Location location;
    std::mt19937 engine(1);
    std::normal_distribution<double> normal(20, 2);
    for (int i = 0; i < 20000; ++i) {
        location.learn(i % 50 == 0 ? 1e150 : normal(engine), 1, kDefaultParameters);
    }
    EXPECT_NEAR(location.restore(0), 20, 0.5);
    EXPECT_NEAR(location.normalise(22), std::asinh(1), 0.2);
    EXPECT_NEAR(location.restore(location.normalise(27)), 27, 0.1);
}

TEST(Season, KnowsTheTimeOfDay) {
    Season season;
    for (int day = 0; day < 5; ++day) {
        for (int minute = 0; minute < 1440; minute += 5) {
            season.learn(seconds(86400LL * day + 60LL * minute), minute < 720 ? 0.0F : 3.0F, 1);
        }
    }
    EXPECT_EQ(season.look(seconds(86400LL * 6 + 3 * 3600), 0).residual, 0);
    const Season::Seen seen = season.look(seconds(86400LL * 6 + 3 * 3600), 3);
    EXPECT_NEAR(seen.residual, 3, 0.01);
    EXPECT_NEAR(seen.outside, 3, 0.01);
    EXPECT_EQ(season.look(seconds(-86400LL * 6 - 3 * 3600), 3).outside, 0)
        << "before the epoch, in the afternoon";
}

TEST(Sequence, AFamiliarOrderIsShortAndANewOneLong) {
    Sequence sequence;
    float usual = 0;
    for (int i = 0; i < 3000; ++i) {
        usual = sequence.observe(static_cast<float>(i % 3)).given_past;
    }
    sequence.observe(0);
    EXPECT_GT(sequence.observe(0).given_past, usual + 3);
}

TEST(Codebook, WhatWasMetOnceIsKnown) {
    Codebook codebook;
    for (int i = 0; i < 100; ++i) {
        codebook.observe({0.1F * static_cast<float>(i % 3), 0, 0, 0, 0});
    }
    const Codebook::Vector strange{9, 9, 9, 9, 9};
    EXPECT_GT(codebook.observe(strange), 10);
    EXPECT_LT(codebook.observe(strange), 1);
    EXPECT_TRUE(codebook.plausible());
}

TEST(Onset, CountsWhatRecursForLess) {
    Onset onset;
    float first = 0;
    float last = 0;
    for (std::uint32_t i = 0; i < 10000; ++i) {
        const Onset::News news = onset.judge(i % 500 == 499 ? 12.0F : 0.5F, i, kDefaultParameters);
        if (i == 499) {
            first = news.news;
        }
        last = i % 500 == 499 ? news.news : last;
    }
    EXPECT_GT(first, last);
    EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace gengfu::rules::detectors
