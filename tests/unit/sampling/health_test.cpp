#include "daemon/sampling/health.hpp"

#include <gtest/gtest.h>

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Monotonic kStart{seconds(1000)};

TEST(DeviceHealth, ThreeFailuresInARowMakeItOffline) {
    DeviceHealth health;
    EXPECT_TRUE(health.succeeded());
    EXPECT_EQ(health.health(), Health::kOnline);
    EXPECT_TRUE(health.failed(kStart));
    EXPECT_EQ(health.health(), Health::kDegraded);
    EXPECT_FALSE(health.failed(kStart));
    EXPECT_TRUE(health.failed(kStart));
    EXPECT_EQ(health.health(), Health::kOffline);
}

TEST(DeviceHealth, OneThatHasNotAnsweredYetIsOfflineAfterTwo) {
    DeviceHealth health;
    EXPECT_TRUE(health.failed(kStart));
    EXPECT_EQ(health.health(), Health::kDegraded);
    EXPECT_TRUE(health.failed(kStart));
    EXPECT_EQ(health.health(), Health::kOffline);
}

TEST(DeviceHealth, ADamagedAnswerIsOne) {
    DeviceHealth health;
    health.failed(kStart, true);
    health.failed(kStart);
    health.failed(kStart);
    EXPECT_EQ(health.health(), Health::kDegraded) << "a tenth, and two thirds";
    health.failed(kStart);
    EXPECT_EQ(health.health(), Health::kOffline);
}

TEST(DeviceHealth, LostAnswersBetweenGoodOnesNeverMakeItOffline) {
    DeviceHealth health;
    health.succeeded();
    for (int i = 0; i < 100; ++i) {
        health.failed(kStart);
        health.failed(kStart);
        health.succeeded();
        EXPECT_EQ(health.health(), Health::kDegraded);
    }
}

TEST(DeviceHealth, PausesDoubleUpToTheLongest) {
    DeviceHealth health;
    health.failed(kStart);
    std::vector<Duration> pauses;
    for (int i = 0; i < 7; ++i) {
        health.failed(kStart);
        pauses.push_back(health.probe_not_before() - kStart);
    }
    const std::vector<Duration> want{seconds(1),  seconds(2),  seconds(4), seconds(8),
                                     seconds(13), seconds(13), seconds(13)};
    EXPECT_EQ(pauses, want);
}

TEST(DeviceHealth, ComesBackThroughDegradedAndForgetsThePauses) {
    DeviceHealth health;
    for (int i = 0; i < 6; ++i) {
        health.failed(kStart);
    }
    EXPECT_TRUE(health.succeeded());
    EXPECT_EQ(health.health(), Health::kDegraded);
    EXPECT_FALSE(health.succeeded());
    EXPECT_TRUE(health.succeeded());
    EXPECT_EQ(health.health(), Health::kOnline);
    for (int i = 0; i < kOfflineAfter; ++i) {
        health.failed(kStart);
    }
    EXPECT_EQ(health.probe_not_before() - kStart, kFirstPause);
}

TEST(ProbeBudget, KeepsProbesToTheirShareOfTheLine) {
    ProbeBudget budget;
    Monotonic now = kStart;
    Duration probing{};
    for (int i = 0; i < 50; ++i) {
        now = std::max(now, budget.not_before());
        now += milliseconds(500);
        probing += milliseconds(500);
        budget.spent(now - milliseconds(500), now);
    }
    const double share =
        std::chrono::duration<double>(probing) / std::chrono::duration<double>(budget.not_before() - kStart);
    EXPECT_NEAR(share, kProbeShare, 1e-4);  // what is made up for, once
}

/// Of a unit that lives on a line that spoils a third of its answers three in a row are common.
TEST(DeviceHealth, DamagedAnswersTakeLongerToMakeAUnitOffline) {
    DeviceHealth noisy;
    noisy.succeeded();
    for (int i = 1; i < kOfflineAfterDamaged; ++i) {
        noisy.failed(Monotonic(seconds(i)), true);
        EXPECT_EQ(noisy.health(), Health::kDegraded) << i;
    }
    noisy.failed(Monotonic(seconds(20)), true);
    EXPECT_EQ(noisy.health(), Health::kOffline);
    DeviceHealth fading;
    fading.succeeded();
    for (int i = 0; i < 4; ++i) {
        fading.failed(Monotonic(seconds(i)), true);
    }
    fading.failed(Monotonic(seconds(4)));
    EXPECT_EQ(fading.health(), Health::kDegraded);
    fading.failed(Monotonic(seconds(5)));
    EXPECT_EQ(fading.health(), Health::kOffline) << "four tenths and two thirds are more than one";
}

}  // namespace
}  // namespace gengfu::sampling
