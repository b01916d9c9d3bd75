// What a consumer lacks though the broker took it is sent again: after its patience, and when the consumer
// starts.
#include "daemon/publish/unconfirmed.hpp"

#include <gtest/gtest.h>

#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

using std::chrono::seconds;

const Unconfirmed::Key kEvents{kEpoch, Stream::kEvent};

struct Case {
    Unconfirmed unconfirmed{{"broker", "city"}, seconds(30)};
    RangeSet taken;
    Monotonic now{seconds(1000)};

    void acknowledge(std::uint64_t sequence) {
        taken.add(sequence);
        unconfirmed.acknowledged(kEvents, sequence, now);
    }
    std::vector<std::uint64_t> lacking(std::vector<store::SequenceRange> ranges,
                                       const std::string& who = "city") {
        return unconfirmed.lacking({who, kEpoch, Stream::kEvent, std::move(ranges)}, taken, now);
    }
};

TEST(Unconfirmed, OnlyWhatHasWaitedLongEnoughIsLacking) {
    Case one;
    for (const std::uint64_t sequence : {1U, 2U, 3U, 4U}) {
        one.acknowledge(sequence);
    }
    one.now += seconds(20);
    one.acknowledge(5);
    EXPECT_TRUE(one.lacking({{1, 2}}).empty()) << "20 s after the PUBACK";
    one.now += seconds(15);
    EXPECT_EQ(one.lacking({{1, 2}, {4, 4}}), (std::vector<std::uint64_t>{3})) << "5 is 15 s old";
    EXPECT_TRUE(one.lacking({{1, 5}}).empty());
}

TEST(Unconfirmed, NobodyButARequiredConsumerCounts) {
    Case one;
    one.acknowledge(1);
    one.now += seconds(60);
    EXPECT_TRUE(one.lacking({{7, 9}}, "somebody").empty());
    EXPECT_TRUE(one.lacking({{7, 9}}, "broker").empty());
    EXPECT_EQ(one.lacking({{7, 9}}), (std::vector<std::uint64_t>{1}));
    EXPECT_FALSE((Unconfirmed{{"broker"}, seconds(30)}.any()));
}

TEST(Unconfirmed, AnAnnouncementCountsOnceInFiveSeconds) {
    Case one;
    EXPECT_FALSE(one.unconfirmed.announced("somebody", one.now));
    EXPECT_TRUE(one.unconfirmed.announced("city", one.now));
    EXPECT_FALSE(one.unconfirmed.announced("city", one.now + seconds(4)));
    EXPECT_TRUE(one.unconfirmed.announced("city", one.now + seconds(6)));
}

TEST(Unconfirmed, SilenceIsCountedFromTheLastWord) {
    Case one;
    one.unconfirmed.connected(one.now);
    one.unconfirmed.heard("city", one.now + seconds(10));
    const Unconfirmed::Silence silence = one.unconfirmed.silent(one.now + seconds(100));
    EXPECT_EQ(silence.consumer, "city");
    EXPECT_EQ(silence.lasts, seconds(90));
}

TEST(Unconfirmed, OneThatWasNeverHeardIsSilentSinceTheFirstConnection) {
    Case one;
    EXPECT_EQ(one.unconfirmed.silent(one.now + seconds(50)).lasts, Duration::zero())
        << "nobody could be heard";
    one.unconfirmed.connected(one.now + seconds(50));
    EXPECT_EQ(one.unconfirmed.silent(one.now + seconds(60)).lasts, seconds(10));
    EXPECT_EQ(one.unconfirmed.silent(one.now + seconds(60)).consumer, "city")
        << "the broker confirms by PUBACK";
}

TEST(Unconfirmed, TimeWithoutAConnectionIsNoSilence) {
    Case one;
    one.unconfirmed.connected(one.now);
    one.unconfirmed.heard("city", one.now);
    one.unconfirmed.lost(one.now + seconds(10));
    one.unconfirmed.lost(one.now + seconds(20));  // a further attempt failed
    EXPECT_EQ(one.unconfirmed.silent(one.now + seconds(1000)).lasts, seconds(10));
    one.unconfirmed.connected(one.now + seconds(1000));
    EXPECT_EQ(one.unconfirmed.silent(one.now + seconds(1005)).lasts, seconds(15));
    EXPECT_EQ(Unconfirmed({"broker"}, seconds(30)).silent(one.now).consumer, "") << "nobody to wait for";
}

TEST(Unconfirmed, SilenceGoesOnOverARestart) {
    const Monotonic start{seconds(1000)};
    Unconfirmed day({"broker", "city", "works"}, seconds(30));
    day.connected(start);
    day.heard("works", start + seconds(500));
    day.lost(start + seconds(600));
    const std::map<std::string, Duration> kept = day.silences(start + seconds(900));
    EXPECT_EQ(kept, (std::map<std::string, Duration>{{"city", seconds(600)}, {"works", seconds(100)}}));

    const Monotonic again{seconds(5)};  // another boot
    Unconfirmed next({"broker", "city", "new"}, seconds(30), kept);
    EXPECT_EQ(next.silent(again).consumer, "city");
    EXPECT_EQ(next.silent(again + seconds(50)).lasts, seconds(600))
        << "before the first connection nobody can be heard, and nothing is forgotten either";
    EXPECT_EQ(next.silences(again), (std::map<std::string, Duration>{{"city", seconds(600)}, {"new", {}}}))
        << "who need not confirm any more is forgotten";
    next.connected(again + seconds(100));
    EXPECT_EQ(next.silent(again + seconds(107)).lasts, seconds(607));
    EXPECT_EQ(next.silences(again + seconds(107)).at("new"), seconds(7));
    next.heard("city", again + seconds(110));
    EXPECT_EQ(next.silences(again + seconds(110)).at("city"), Duration::zero());
}

/// A gateway that is restarted each day says it nevertheless.
TEST(Unconfirmed, ThirtyDaysOfOneHourEachAreThirtyHours) {
    std::map<std::string, Duration> kept;
    for (int day = 0; day < 30; ++day) {
        const Monotonic boot{seconds(7)};
        Unconfirmed one({"city"}, seconds(30), kept);
        one.connected(boot + seconds(20));
        kept = one.silences(boot + seconds(20) + std::chrono::hours(1));
    }
    EXPECT_EQ(kept.at("city"), std::chrono::hours(30));
}

}  // namespace
}  // namespace gengfu::publish
