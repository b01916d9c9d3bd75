#include "daemon/alarms/standing_causes.hpp"

#include <gtest/gtest.h>

#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

/// A line of r0 … r4; r4 has no rule of its silence.
class StandingCauses : public testing::Test {
protected:
    StandingCauses() {
        for (int i = 0; i < 5; ++i) {
            const DeviceId device = builder_.device("r" + std::to_string(i), {"v"});
            if (i < 4) {
                builder_.silent(device, "cut", std::chrono::seconds(10));
            }
        }
        config::add_self(builder_.site());
        down_ = "bus_down." + builder_.site().buses[0].name;
        stand({config::kSelfName.data(), down_, config::kBusDown}, config::RuleKind::kAbove);
        alarms_[0].behind = {"r0", "r1", "r2", "r3", "r4", "long gone"};
    }
    void stand(Key key, config::RuleKind kind) {
        Alarm alarm;
        alarm.key = std::move(key);
        alarm.active = true;
        alarm.evidence.kind = kind;
        alarms_.push_back(std::move(alarm));
    }
    CauseWatch::Finding begin(double second) {
        std::vector<const Alarm*> standing;
        for (const Alarm& alarm : alarms_) {
            standing.push_back(&alarm);
        }
        CauseWatch watch(builder_.site(), test::at(0));
        begin_causes(watch, standing, builder_.site());
        for (const CauseWatch::Finding& finding :
             watch.look(test::at(second), CauseWatch::Patience::kSteady)) {
            if (builder_.site().spec(finding.point).name == down_) {
                return finding;
            }
        }
        return {};
    }

    test::SiteBuilder builder_;
    std::string down_;
    std::vector<Alarm> alarms_;
};

TEST_F(StandingCauses, ALineThatIsStillDeadIsNoNews) {
    for (const char* const device : {"r0", "r1", "r2", "r3"}) {
        stand({device, "", "cut"}, config::RuleKind::kSilent);
    }
    for (const double second : {1.0, 30.0}) {
        const CauseWatch::Finding finding = begin(second);
        EXPECT_EQ(finding.silent, 5U);
        EXPECT_FALSE(finding.anew);
    }
}

TEST_F(StandingCauses, WhatCameBackBeforeTheRestartAndIsDeadAfterItIsAFailureOfItsOwn) {
    alarms_[0].behind = {"r0", "r1", "r2", "r3"};
    EXPECT_EQ(begin(1).silent, 0U);
    const CauseWatch::Finding finding = begin(30);
    EXPECT_EQ(finding.silent, 5U);
    EXPECT_TRUE(finding.anew);
}

TEST_F(StandingCauses, AnAlarmThatIsClearSaysNothing) {
    alarms_[0].active = false;
    EXPECT_TRUE(begin(1).behind.empty());
}

}  // namespace
}  // namespace gengfu::alarms
