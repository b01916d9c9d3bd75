#include "daemon/alarms/taken_up.hpp"

#include <gtest/gtest.h>

namespace gengfu::alarms {
namespace {

Stamp stamp(std::int64_t second) {
    return {{}, second * 1'000'000, {}};
}

const Actor kEvil{ActorKind::kPlatform, "evil", "evil", "quiet"};

Alarm told() {
    Alarm alarm;
    alarm.id = {Epoch{7}, 42};
    alarm.key = {"tank", "gas", "gas-high"};
    alarm.revision = 3;
    alarm.raise_revision = 2;
    alarm.active = true;
    alarm.rang = 2;
    return alarm;
}

Hold hold() {
    return {.by = kEvil, .since = stamp(1), .expires = stamp(86'400)};
}

TEST(TakenUp, AnAlarmThatNobodyTouchedIsTakenAsItStands) {
    const auto taken = without_people(told());
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->revision, 3U);
    EXPECT_EQ(taken->raise_revision, 2U);
    EXPECT_TRUE(taken->active);
    EXPECT_EQ(taken->rang, 2U);
}

/// Whatever of it the broker has, and all of it together: what is taken calls for an answer.
TEST(TakenUp, NothingThatKeepsADangerQuietIsTaken) {
    constexpr unsigned kAll = 1U << 7U;
    for (unsigned what = 1; what < kAll; ++what) {
        SCOPED_TRACE(what);
        Alarm forged = told();
        if ((what & 1U) != 0) {
            forged.acknowledged = true;
            forged.acknowledged_at = stamp(5);
            forged.acknowledged_by = kEvil;
        }
        if ((what & 2U) != 0) {
            forged.shelved = hold();
        }
        if ((what & 4U) != 0) {
            forged.suppressed = hold();
        }
        if ((what & 8U) != 0) {
            forged.out_of_service = hold();
        }
        if ((what & 16U) != 0) {
            forged.handling = Handling{kEvil, stamp(5), {}};
        }
        forged.active = (what & 32U) == 0;
        forged.latched = (what & 64U) != 0;
        const bool nothing_is_left =
            !forged.active && forged.acknowledged && !forged.latched;  // at most a shelf keeps it
        const bool quiet = (what & 31U) != 0;
        const auto taken = without_people(forged);
        ASSERT_EQ(taken.has_value(), !nothing_is_left);
        if (!taken) {
            continue;
        }
        EXPECT_FALSE(taken->acknowledged || taken->acknowledged_at || taken->held() || taken->handling);
        EXPECT_EQ(taken->acknowledged_by, Actor{});
        EXPECT_EQ(taken->active, forged.active);
        EXPECT_EQ(taken->latched, forged.latched);
        EXPECT_GT(taken->rang, 0U) << "the gateway does not acknowledge it in somebody's place";
        EXPECT_EQ(taken->revision, quiet ? 4U : 3U);
        EXPECT_EQ(taken->raise_revision, quiet ? 4U : 2U)
            << "an acknowledgement of what the broker showed is stale";
    }
}

TEST(TakenUp, TheRecordSaysWhichAlarmAndWhatWasNotTaken) {
    Alarm forged = told();
    Audit audit = audit_of_taken_up(forged);
    EXPECT_EQ(audit.what, "alarm-taken-up");
    EXPECT_EQ(audit.device, "tank");
    EXPECT_EQ(audit.alarm, forged.id);
    EXPECT_EQ(audit.actor.kind, ActorKind::kGateway);
    EXPECT_NE(audit.text.en.find("tank/gas gas-high"), std::string::npos) << audit.text.en;
    EXPECT_EQ(audit.text.en.find("not taken"), std::string::npos) << audit.text.en;
    forged.acknowledged = true;
    forged.shelved = hold();
    audit = audit_of_taken_up(forged);
    EXPECT_NE(audit.text.en.find("acknowledged is not taken"), std::string::npos) << audit.text.en;
    EXPECT_NE(audit.text.en.find("shelved is not taken"), std::string::npos) << audit.text.en;
    EXPECT_EQ(audit.text.en.find("evil"), std::string::npos) << "no text of whoever wrote it";
}

}  // namespace
}  // namespace gengfu::alarms
