#include "cli/alarm_load.hpp"

#include <gtest/gtest.h>

#include <map>

namespace gengfu::cli {
namespace {

using alarms::TransitionKind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Wall after(seconds span) {
    return Wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)) + span;
}

/// A record, made up step by step.
class AlarmLoadTest : public testing::Test {
protected:
    alarms::Alarm& alarm(std::uint64_t number, const std::string& device,
                         Severity severity = Severity::kMajor) {
        alarms::Alarm& one = alarms_[number];
        one.id = {Epoch{1}, number};
        one.key = {device, "level", "above"};
        one.severity = severity;
        return one;
    }
    void tell(seconds at, TransitionKind kind, const alarms::Alarm& alarm, bool notify) {
        record_.push_back({after(at), {kind, alarm, notify}});
    }
    void raise(seconds at, alarms::Alarm& alarm, bool notify = true) {
        alarm.active = true;
        alarm.acknowledged = false;
        tell(at, TransitionKind::kRaised, alarm, notify);
    }
    void clear(seconds at, alarms::Alarm& alarm) {
        alarm.active = false;
        tell(at, TransitionKind::kCleared, alarm, false);
    }
    void acknowledge(seconds at, alarms::Alarm& alarm) {
        alarm.acknowledged = true;
        alarm.acknowledged_by.kind = alarms::ActorKind::kUser;
        tell(at, TransitionKind::kAcknowledged, alarm, false);
    }
    AlarmLoad load(seconds from, seconds until) { return alarm_load(record_, after(from), after(until)); }

    std::map<std::uint64_t, alarms::Alarm> alarms_;
    std::vector<DatedTransition> record_;
};

TEST_F(AlarmLoadTest, NothingIsNothing) {
    const AlarmLoad found = load(seconds(0), hours(1));
    EXPECT_EQ(found.calls, 0U);
    EXPECT_EQ(found.average, 0);
    EXPECT_EQ(found.peak, 0U);
    EXPECT_FALSE(found.peak_from || found.ack_median);
    EXPECT_EQ(found.most_frequent_share, 0);
    EXPECT_EQ(load(seconds(0), seconds(0)).average, 0) << "a period without length";
}

TEST_F(AlarmLoadTest, RatesAndFloods) {
    // 12 within a minute over the edge of two slices, then one an hour later; one of them was held.
    for (std::uint64_t i = 1; i <= 12; ++i) {
        raise(minutes(9) + seconds(30) + seconds(5 * i),
              alarm(i, "well-" + std::to_string(i), Severity::kMinor));
    }
    raise(minutes(80), alarm(20, "cover", Severity::kCritical));
    raise(minutes(81), alarm(21, "held"), false);
    const AlarmLoad found = load(seconds(0), minutes(100));
    EXPECT_EQ(found.calls, 13U);
    EXPECT_EQ(found.raises, 14U);
    EXPECT_DOUBLE_EQ(found.average, 1.3);
    EXPECT_EQ(found.peak, 12U);
    EXPECT_EQ(found.peak_from, after(minutes(9) + seconds(35)));
    EXPECT_EQ(found.flood_share, 0) << "5 and 7 in fixed slices";
    EXPECT_EQ(found.by_severity, (std::array<std::uint64_t, 4>{1, 0, 0, 12}));
    EXPECT_EQ(found.most_frequent.size(), kMostFrequent);
    EXPECT_DOUBLE_EQ(found.most_frequent_share, 10.0 / 13);
    EXPECT_DOUBLE_EQ(load(minutes(9), minutes(19)).flood_share, 1);
    EXPECT_EQ(load(minutes(60), minutes(100)).calls, 1U) << "only what is within";
}

TEST_F(AlarmLoadTest, WhatTheGatewayAcknowledgesByItselfIsNoAnswer) {
    raise(seconds(10), alarm(1, "well"));
    clear(seconds(20), alarm(1, "well"));
    raise(seconds(30), alarm(1, "well"), false);
    alarm(1, "well").acknowledged = true;  // "its device was out of service"
    clear(seconds(40), alarm(1, "well"));
    const AlarmLoad found = load(seconds(0), hours(1));
    EXPECT_FALSE(found.ack_median);
    EXPECT_EQ(found.acknowledged, 0U);
    EXPECT_EQ(found.unanswered, 1U);
}

TEST_F(AlarmLoadTest, TimesToAcknowledge) {
    for (std::uint64_t i = 1; i <= 20; ++i) {
        raise(seconds(100 * i), alarm(i, "well"));
        acknowledge(seconds(100 * i + 2 * i), alarm(i, "well"));
        acknowledge(seconds(100 * i + 2 * i + 1), alarm(i, "well"));  // a late one is none
        clear(seconds(100 * i + 60), alarm(i, "well"));
    }
    raise(seconds(3000), alarm(30, "lane"));
    raise(seconds(3000), alarm(31, "quiet"), false);
    const AlarmLoad found = load(seconds(0), hours(1));
    EXPECT_EQ(found.acknowledged, 20U);
    EXPECT_EQ(found.unanswered, 1U);
    EXPECT_EQ(found.ack_median, seconds(20));
    EXPECT_EQ(found.ack_p95, seconds(38));
    EXPECT_EQ(found.ack_longest, seconds(40));
    ASSERT_FALSE(found.most_frequent.empty());
    EXPECT_EQ(found.most_frequent[0].calls, 20U);
    EXPECT_EQ(found.most_frequent[0].key.device, "well");
}

TEST_F(AlarmLoadTest, StandingAndStale) {
    raise(seconds(10), alarm(1, "old"));
    raise(hours(30), alarm(2, "young"));
    raise(hours(31), alarm(3, "gone"));
    clear(hours(32), alarm(3, "gone"));
    const AlarmLoad found = load(hours(20), hours(40));
    ASSERT_EQ(found.standing.size(), 2U);
    EXPECT_EQ(found.standing[0].key.device, "old");
    EXPECT_EQ(found.standing[0].since, after(seconds(10))) << "from before the time that is looked at";
    EXPECT_EQ(found.stale, 1U);
    EXPECT_EQ(load(hours(20), hours(31) + minutes(1)).standing.size(), 3U) << "as of the end";
}

TEST_F(AlarmLoadTest, Chattering) {
    alarms::Alarm& well = alarm(1, "well");
    raise(seconds(0), well);
    clear(seconds(5), well);
    raise(seconds(10), well);
    clear(seconds(15), well);
    well.chattering = true;
    raise(seconds(20), well);
    raise(seconds(30), alarm(2, "calm"));
    const AlarmLoad found = load(seconds(0), hours(1));
    ASSERT_EQ(found.chattering.size(), 1U);
    EXPECT_EQ(found.chattering[0].key.device, "well");
    EXPECT_EQ(found.most_frequent[0].calls, 3U);
    EXPECT_TRUE(load(seconds(0), seconds(15)).chattering.empty());
}

}  // namespace
}  // namespace gengfu::cli
