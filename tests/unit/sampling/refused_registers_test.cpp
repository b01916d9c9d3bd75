#include <gtest/gtest.h>

#include "daemon/sampling/device_reader.hpp"
#include "daemon/sampling/health.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/unit/sampling/fake_bus.hpp"
#include "tests/unit/sampling/site_builder.hpp"

namespace gengfu::sampling {
namespace {

constexpr std::uint8_t kUnit = 7;
constexpr std::uint16_t kRegisters = 10;

config::Profile ten_registers() {
    config::Profile profile;
    for (std::uint16_t i = 0; i < kRegisters; ++i) {
        profile.points.push_back(SiteBuilder::point("r" + std::to_string(i), i));
    }
    return profile;
}

/// One device, asked every second.
class RefusedRegisters : public testing::Test {
protected:
    RefusedRegisters() : builder_(ten_registers()), bus_(line_) {
        const DeviceId device = builder_.device("d", kUnit, seconds(1));
        reader_.emplace(
            builder_.site, device,
            cadences(builder_.site.device(device), builder_.site.profile(builder_.site.device(device))));
    }

    void has(std::uint16_t first, std::uint16_t last) {
        line_->units[kUnit].clear();
        for (std::uint16_t i = first; i <= last; ++i) {
            line_->units[kUnit][i] = i;
        }
    }
    void has_none() { line_->units[kUnit].clear(); }

    /// \return how many of the points are good
    std::size_t turn() {
        clock_.advance(seconds(1));
        samples_.clear();
        answered_ =
            reader_->take({.device = 0, .due = reader_->all(), .at = clock_.now()}, bus_, clock_, samples_)
                .answered;
        return static_cast<std::size_t>(std::count_if(
            samples_.begin(), samples_.end(), [](const Sample& s) { return s.quality == Quality::kGood; }));
    }
    std::size_t asked_in(int turns) {
        line_->asked.clear();
        for (int i = 0; i < turns; ++i) {
            turn();
        }
        return line_->asked.size();
    }

    SiteBuilder builder_;
    std::shared_ptr<FakeBus::Shared> line_ = std::make_shared<FakeBus::Shared>();
    FakeBus bus_;
    test::FakeClock clock_;
    std::optional<DeviceReader> reader_;
    std::vector<Sample> samples_;
    bool answered_ = false;
};

TEST_F(RefusedRegisters, ADeviceThatRefusesAllForAMomentIsReadAtOnceWhenItIsWell) {
    has(0, kRegisters - 1);
    ASSERT_EQ(turn(), kRegisters);
    has_none();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(turn(), 0U);
        EXPECT_TRUE(answered_) << "it is asked, and answers, if only with exceptions";
    }
    has(0, kRegisters - 1);
    turn();  // one point shows it
    EXPECT_EQ(turn(), kRegisters);
}

TEST_F(RefusedRegisters, WhileItRefusesAllItCostsOneRequestATurnAndNowAndThenALook) {
    has_none();
    turn();
    const std::size_t asked = asked_in(3600);
    EXPECT_GE(asked, 3600U);
    EXPECT_LE(asked, 3600U + 30 * 2 * kRegisters);
}

TEST_F(RefusedRegisters, ARegisterThatWasReadBeforeIsMissedNoLongerThanAnOfflineUnit) {
    for (const int lasting : {1, 7, 60, 3600}) {
        has(0, kRegisters - 1);
        turn();
        const int patience = static_cast<int>(kLongestPause / seconds(1)) + 1;
        for (int i = 0; i < patience; ++i) {
            turn();
        }
        ASSERT_EQ(turn(), kRegisters) << lasting;
        has(0, kRegisters - 2);
        for (int i = 0; i < lasting; ++i) {
            EXPECT_EQ(turn(), kRegisters - 1U);
        }
        has(0, kRegisters - 1);
        int waited = 1;
        while (turn() != kRegisters && waited <= patience) {
            ++waited;
        }
        EXPECT_LE(waited, patience) << "refused for " << lasting << " s";
    }
}

TEST_F(RefusedRegisters, WhatIsLeftIsMergedAgainButNeverOverWhatIsRefused) {
    for (std::uint16_t culprit = 0; culprit < kRegisters; ++culprit) {
        reader_->ask_refused_again();
        has(0, kRegisters - 1);
        line_->units[kUnit].erase(culprit);
        turn();
        const bool at_an_end = culprit == 0 || culprit == kRegisters - 1;
        const std::size_t least = at_an_end ? 1 : 2;
        std::size_t asks = 0;
        for (int i = 0; i < 60; ++i) {
            line_->asked.clear();
            EXPECT_EQ(turn(), kRegisters - 1U);
            std::size_t over = 0;
            for (const drivers::Request& one : line_->asked) {
                over += one.address <= culprit && culprit < one.address + one.count && one.count > 1 ? 1 : 0;
            }
            EXPECT_EQ(over, 0U) << "culprit " << culprit << ", turn " << i;
            EXPECT_GE(line_->asked.size(), least);
            asks += line_->asked.size() - least;
        }
        EXPECT_LE(asks, 7U) << "culprit " << culprit << ": after 1, 2, 4 ... 32 s it alone is asked again";
    }
}

TEST_F(RefusedRegisters, TwoThatAreRefusedAreBothLeftOut) {
    has(0, kRegisters - 1);
    line_->units[kUnit].erase(2);
    line_->units[kUnit].erase(7);
    turn();
    EXPECT_EQ(turn(), kRegisters - 2U);
    for (int i = 0; i < 1800; ++i) {
        turn();
    }
    EXPECT_LE(asked_in(600), 3 * 600U + 4) << "0-1, 3-6, 8-9";
}

TEST_F(RefusedRegisters, AHoleThatIsRefusedStaysCutAndIsTriedEverMoreRarely) {
    config::Profile profile = ten_registers();
    profile.points.erase(profile.points.begin() + 4);  // register 4 is only read over
    SiteBuilder builder(profile);
    const DeviceId device = builder.device("d", kUnit, seconds(1));
    reader_.emplace(builder.site, device,
                    cadences(builder.site.device(device), builder.site.profile(builder.site.device(device))));
    has(0, kRegisters - 1);
    EXPECT_EQ(asked_in(1), 1U) << "cheaper than two requests";
    line_->units[kUnit].erase(4);
    EXPECT_EQ(turn(), kRegisters - 1U) << "bisected within the turn";
    for (int i = 0; i < 1800; ++i) {
        EXPECT_EQ(turn(), kRegisters - 1U);
    }
    EXPECT_LE(asked_in(600), 2 * 600U + 4);
}

TEST_F(RefusedRegisters, AMomentsRefusalOfAWholeRequestLeavesNoCutBehind) {
    has(0, kRegisters - 1);
    turn();
    line_->refuse_next = 1;
    EXPECT_EQ(turn(), kRegisters) << "its halves are not refused";
    turn();
    EXPECT_EQ(asked_in(10), 10U);
}

TEST_F(RefusedRegisters, WhenOneIsBackTheOthersAreAskedToo) {
    has(0, kRegisters - 1);
    turn();
    has(0, 4);
    for (int i = 0; i < 600; ++i) {
        turn();
    }
    has(0, kRegisters - 1);
    int waited = 0;
    while (turn() != kRegisters && waited < 30) {
        ++waited;
    }
    EXPECT_LE(waited, static_cast<int>(kLongestPause / seconds(1)) + 1);
    turn();
    EXPECT_EQ(asked_in(10), 10U) << "as if nothing had been";
}

TEST_F(RefusedRegisters, AReadingThatNoiseMadeLateIsNotTheSchedules) {
    config::Profile profile = ten_registers();
    profile.forbid.push_back({config::Space::kHolding, 4, 4});
    profile.points.erase(profile.points.begin() + 4);  // two requests
    SiteBuilder builder(profile);
    const DeviceId device = builder.device("d", kUnit, seconds(1));
    config::Rule rule;
    rule.device = device;
    rule.point = builder.site.device(device).first_point;
    builder.site.rules.push_back(rule);
    std::vector<Cadence> paces =
        cadences(builder.site.device(device), builder.site.profile(builder.site.device(device)));
    for (Cadence& pace : paces) {
        pace.feeds_alarm = true;
    }
    reader_.emplace(builder.site, device, paces);
    has(0, kRegisters - 1);
    for (int i = 0; i < 3; ++i) {
        turn();
    }
    EXPECT_EQ(reader_->traffic(clock_.now()).worst_reading, seconds(1));
    line_->on_damage = [&] { clock_.advance(milliseconds(500)); };
    line_->damage_next = 1;
    EXPECT_LT(turn(), kRegisters - 1U);
    EXPECT_TRUE(answered_) << "its other request was";
    for (int i = 0; i < 3; ++i) {
        turn();
    }
    EXPECT_EQ(reader_->traffic(clock_.now()).worst_reading, seconds(1));
    EXPECT_EQ(reader_->traffic(clock_.now()).worst_of_late, seconds(1));
}

TEST_F(RefusedRegisters, ARegisterThatIsNotThereIsAskedEverMoreRarely) {
    has(0, kRegisters - 2);
    turn();
    asked_in(1800);
    // One request, and every ten minutes one for what is refused.
    EXPECT_LE(asked_in(3600), 3600U + 7);
    has(0, kRegisters - 1);
    int waited = 0;
    while (turn() != kRegisters && waited <= 601) {
        ++waited;
    }
    EXPECT_LE(waited, 601);
}

}  // namespace
}  // namespace gengfu::sampling
