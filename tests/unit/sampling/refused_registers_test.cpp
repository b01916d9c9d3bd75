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

TEST_F(RefusedRegisters, ARegisterThatIsNotThereIsAskedEverMoreRarely) {
    has(0, kRegisters - 2);
    turn();
    asked_in(1800);
    // What bisection has left are four requests; over it goes one every ten minutes, and is bisected anew.
    EXPECT_LE(asked_in(3600), 4 * 3600U + 7 * 2 * 5);
    has(0, kRegisters - 1);
    int waited = 0;
    while (turn() != kRegisters && waited <= 601) {
        ++waited;
    }
    EXPECT_LE(waited, 601);
}

}  // namespace
}  // namespace gengfu::sampling
