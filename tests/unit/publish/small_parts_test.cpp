// Back-off, choice of broker and version, pace, ranges, words: the small pure parts.
#include <gtest/gtest.h>

#include "daemon/publish/backoff.hpp"
#include "daemon/publish/connect_plan.hpp"
#include "daemon/publish/pace.hpp"
#include "daemon/publish/range_set.hpp"
#include "daemon/publish/reason_words.hpp"
#include "daemon/publish/topics.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::publish {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Failure = ConnectPlan::Failure;
using Then = ConnectPlan::Then;

TEST(Backoff, GrowsTwofoldWithinItsBoundsAndSpreads) {
    struct Case {
        std::uint32_t failures;
        Duration low, high;
    };
    for (const Case& c :
         {Case{0, seconds(1), seconds(2)}, Case{1, seconds(1), seconds(2)}, Case{2, seconds(2), seconds(4)},
          Case{3, seconds(4), seconds(8)}, Case{5, seconds(16), seconds(32)},
          Case{6, seconds(30), seconds(60)}, Case{4'000'000'000, seconds(30), seconds(60)}}) {
        EXPECT_EQ(wait_after(c.failures, 0.0), c.low) << c.failures;
        EXPECT_EQ(wait_after(c.failures, 1.0), c.high) << c.failures;
        EXPECT_EQ(wait_after(c.failures, 0.5), (c.low + c.high) / 2) << c.failures;
    }
}

TEST(ConnectPlan, FallsBackAtOnceAndRemembersWhatWorked) {
    ConnectPlan plan(2, config::MqttVersion::kAuto);
    EXPECT_TRUE(plan.next().mqtt5);
    EXPECT_EQ(plan.failed(Failure::kClosed), Then::kAtOnce);
    EXPECT_EQ(plan.next().broker, 0U);
    EXPECT_FALSE(plan.next().mqtt5);
    plan.connected();
    plan.ended(ConnectPlan::kLasting);
    EXPECT_EQ(plan.next().broker, 0U);
    EXPECT_FALSE(plan.next().mqtt5);  // without asking in 5 first
}

TEST(ConnectPlan, GoesToTheNextBrokerAfterEachFailureThatNoVersionCures) {
    ConnectPlan plan(2, config::MqttVersion::kAuto);
    EXPECT_EQ(plan.failed(Failure::kOther), Then::kWait);
    EXPECT_EQ(plan.next().broker, 1U);
    EXPECT_EQ(plan.rounds(), 1U);
    EXPECT_EQ(plan.failed(Failure::kVersion), Then::kAtOnce);
    EXPECT_EQ(plan.next().broker, 1U);
    EXPECT_EQ(plan.failed(Failure::kOther), Then::kWait);
    EXPECT_EQ(plan.next().broker, 0U);
    EXPECT_TRUE(plan.next().mqtt5);
    EXPECT_EQ(plan.rounds(), 1U);
    plan.failed(Failure::kOther);
    EXPECT_EQ(plan.rounds(), 2U);
}

TEST(ConnectPlan, ABrokerOfVersion5ThatClosesIsBeingRestartedUntilItHasFailedThrice) {
    ConnectPlan plan(1, config::MqttVersion::kAuto);
    plan.connected();
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(plan.next().mqtt5);
        EXPECT_EQ(plan.failed(Failure::kClosed), Then::kWait) << i;
    }
    EXPECT_EQ(plan.failed(Failure::kClosed), Then::kAtOnce);  // forgotten: it may be another broker now
    EXPECT_FALSE(plan.next().mqtt5);
}

TEST(ConnectPlan, AFixedVersionIsNeverChanged) {
    ConnectPlan five(1, config::MqttVersion::kV5);
    EXPECT_EQ(five.failed(Failure::kVersion), Then::kWait);
    EXPECT_TRUE(five.next().mqtt5);
    ConnectPlan three(1, config::MqttVersion::kV311);
    EXPECT_EQ(three.failed(Failure::kClosed), Then::kWait);
    EXPECT_FALSE(three.next().mqtt5);
}

TEST(ConnectPlan, AShortConnectionCountsAsAFailureALongOneForgivesAll) {
    ConnectPlan plan(1, config::MqttVersion::kAuto);
    for (int i = 0; i < 4; ++i) {
        plan.connected();
        plan.ended(seconds(1));
    }
    EXPECT_EQ(plan.rounds(), 4U);
    plan.connected();
    plan.ended(ConnectPlan::kLasting);
    EXPECT_EQ(plan.rounds(), 1U);
}

TEST(Pace, NoSecondSeesNoticeablyMoreThanTheRate) {
    Monotonic now{};
    Pace pace(50, now);
    int sent = 0;
    for (int ms = 0; ms < 10'000; ++ms, now += milliseconds(1)) {
        while (pace.wait(now) == Duration::zero()) {
            pace.take();
            ++sent;
        }
    }
    EXPECT_GE(sent, 499);
    EXPECT_LE(sent, 505);
}

TEST(Pace, SaysHowLongToWaitAndNoRateMeansNone) {
    Monotonic now{};
    Pace pace(1, now);
    EXPECT_EQ(pace.wait(now), Duration::zero());
    pace.take();
    const Duration wait = pace.wait(now);
    EXPECT_GT(wait, milliseconds(999));
    EXPECT_LT(wait, milliseconds(1001));
    EXPECT_EQ(pace.wait(now + wait), Duration::zero());
    Pace none(0, now);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(none.wait(now), Duration::zero());
        none.take();
    }
}

using Ranges = std::vector<store::SequenceRange>;

TEST(RangeSet, JoinsAndSplits) {
    RangeSet set;
    for (const std::uint64_t sequence : {1U, 2U, 4U, 7U, 3U, 5U, 5U}) {
        set.add(sequence);
    }
    EXPECT_EQ(set.ranges(), (Ranges{{1, 5}, {7, 7}}));
    set.add(6);
    EXPECT_EQ(set.ranges(), (Ranges{{1, 7}}));
    set.remove(4);
    EXPECT_EQ(set.ranges(), (Ranges{{1, 3}, {5, 7}}));
    set.remove(1);
    set.remove(7);
    set.remove(99);
    EXPECT_EQ(set.ranges(), (Ranges{{2, 3}, {5, 6}}));
    EXPECT_TRUE(set.contains(3));
    EXPECT_FALSE(set.contains(4));
    EXPECT_FALSE(set.contains(1));
    EXPECT_FALSE(set.contains(7));
}

TEST(RangeSet, AgreesWithASetOfNumbers) {
    RangeSet set;
    std::vector<bool> want(64);
    std::uint32_t random = 12345;
    for (int i = 0; i < 4000; ++i) {
        random = random * 1664525U + 1013904223U;
        const std::size_t sequence = random >> 26U;
        if ((random >> 20U & 1U) != 0) {
            set.add(sequence);
            want[sequence] = true;
        } else {
            set.remove(sequence);
            want[sequence] = false;
        }
        for (std::size_t n = 0; n < want.size(); ++n) {
            ASSERT_EQ(set.contains(n), want[n]) << "after " << i << " at " << n;
        }
    }
    std::uint64_t last = 0;
    for (const store::SequenceRange& range : set.ranges()) {
        EXPECT_LE(range.first, range.last);
        EXPECT_TRUE(last == 0 || range.first > last + 1);
        last = range.last;
    }
}

TEST(ReasonWords, SayWhatTheInstallerCanDo) {
    EXPECT_EQ(reason_words(0x87), "not authorised: the broker's access list denies it (0x87)");
    EXPECT_EQ(reason_words(0xFE), "refused by the broker (0xFE)");
    EXPECT_EQ(connack_words(4), "wrong user name or password (0x04)");
    EXPECT_EQ(connack_words(9), "refused by the broker (0x09)");
    EXPECT_TRUE(older_version_may_help(0x84));
    EXPECT_TRUE(older_version_may_help(0x01));
    EXPECT_FALSE(older_version_may_help(0x87));
}

TEST(Topics, AreThoseOfTheContract) {
    test::SiteBuilder builder;
    builder.site().mqtt.root = "gengfu/v1";
    builder.site().gateway.place.division = "440309";
    builder.site().gateway.place.community_code = "440309008012";
    const Topics topics(builder.site());
    const std::string base = "gengfu/v1/440309/440309008012/gw-test/";
    EXPECT_EQ(topics.birth, base + "birth");
    EXPECT_EQ(topics.hist, base + "hist");
    EXPECT_EQ(topics.catalogue(3), base + "catalogue/3");
    const AlarmId id{Epoch{0x10}, 42};
    EXPECT_EQ(topics.alarm("440309008012003", id), base + "alarm/440309008012003/0000000000000010-42");
    EXPECT_EQ(topics.alarm("", id), base + "alarm/-/0000000000000010-42");
    EXPECT_EQ(topics.alarm_id(topics.alarm("1", id)), id);
    EXPECT_EQ(topics.alarm_id(topics.marker("x")), std::nullopt);
    EXPECT_EQ(topics.alarm_id(base + "alarm/0000000000000010-42"), std::nullopt);
    EXPECT_EQ(topics.alarm_id("other/alarm/1/0000000000000010-42"), std::nullopt);
    EXPECT_EQ(topics.verb(base + "command/ack"), "ack");
    EXPECT_EQ(topics.verb(base + "state"), std::nullopt);
}

TEST(Topics, ALevelThatIsNotConfiguredIsADash) {
    test::SiteBuilder builder;
    builder.site().mqtt.root = "r";
    EXPECT_EQ(Topics(builder.site()).birth, "r/-/-/gw-test/birth");
}

}  // namespace
}  // namespace gengfu::publish
