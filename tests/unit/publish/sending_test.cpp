// Order, window and the way through the store: outbox, window, event line, backlog, reconciliation.
#include <gtest/gtest.h>

#include "daemon/publish/backlog.hpp"
#include "daemon/publish/event_line.hpp"
#include "daemon/publish/outbox.hpp"
#include "daemon/publish/reconcile.hpp"
#include "daemon/publish/window.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Outgoing message(Lane lane, const std::string& topic, const std::string& payload = "x",
                 Retain retain = Retain::kNo) {
    return {.lane = lane, .topic = topic, .payload = payload, .retain = retain};
}

std::vector<std::string> drain(Outbox& outbox) {
    std::vector<std::string> out;
    while (const Outgoing* head = outbox.head()) {
        const Outgoing taken = outbox.pop(head->lane);
        out.push_back(taken.topic + "=" + taken.payload);
    }
    return out;
}

TEST(Outbox, EventsGoBeforeTelemetryAndLiveBeforeOld) {
    Outbox outbox;
    outbox.push(message(Lane::kSlow, "hist"));
    outbox.push(message(Lane::kLive, "tele"));
    outbox.push(message(Lane::kEvent, "old"));
    outbox.push(message(Lane::kUrgent, "new"));
    outbox.push(message(Lane::kUrgent, "newer"));
    EXPECT_EQ(drain(outbox), (std::vector<std::string>{"new=x", "newer=x", "old=x", "tele=x", "hist=x"}));
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, OnlyTheNewestOfARetainedTopicWaits) {
    Outbox outbox;
    outbox.push(message(Lane::kUrgent, "alarm", "1", Retain::kYes));
    outbox.push(message(Lane::kUrgent, "event", "a"));
    outbox.push(message(Lane::kUrgent, "alarm", "22", Retain::kYes));
    EXPECT_EQ(outbox.count(Lane::kUrgent), 2U);
    EXPECT_EQ(outbox.bytes(Lane::kUrgent), 3U);
    EXPECT_EQ(drain(outbox), (std::vector<std::string>{"alarm=22", "event=a"}));
    outbox.push(message(Lane::kUrgent, "alarm", "3", Retain::kYes));
    EXPECT_EQ(drain(outbox), (std::vector<std::string>{"alarm=3"}));
}

TEST(Outbox, ARetainedTopicThatBecomesUrgentOvertakes) {
    Outbox outbox;
    outbox.push(message(Lane::kEvent, "event", "old"));
    outbox.push(message(Lane::kEvent, "alarm", "1", Retain::kYes));
    outbox.push(message(Lane::kUrgent, "alarm", "2", Retain::kYes));
    EXPECT_EQ(outbox.count(Lane::kEvent), 1U);
    // The other way round only the payload changes.
    outbox.push(message(Lane::kEvent, "alarm", "3", Retain::kYes));
    EXPECT_EQ(drain(outbox), (std::vector<std::string>{"alarm=3", "event=old"}));
    EXPECT_TRUE(outbox.empty());
}

Flight flight(Lane lane, std::size_t bytes, Monotonic sent) {
    return {.lane = lane, .bytes = bytes, .sent = sent};
}

TEST(Window, HoldsWhatTheBrokerTakesAndNeverMoreThanTwenty) {
    for (const auto& [granted, want] :
         {std::pair<std::uint16_t, std::size_t>{65535, 20}, {20, 20}, {7, 7}, {1, 1}, {0, 1}}) {
        Window window;
        window.open(granted);
        std::uint64_t token = 0;
        while (window.has_room(Lane::kUrgent, 10)) {
            window.add(++token, flight(Lane::kUrgent, 10, {}));
        }
        EXPECT_EQ(window.count(), want) << granted;
    }
}

TEST(Window, TelemetryLeavesSlotsForEvents) {
    for (const auto& [granted, telemetry] : {std::pair<std::uint16_t, std::size_t>{20, 16}, {4, 2}, {1, 1}}) {
        Window window;
        window.open(granted);
        std::uint64_t token = 0;
        while (window.has_room(Lane::kLive, 10)) {
            window.add(++token, flight(Lane::kLive, 10, {}));
        }
        EXPECT_EQ(window.count(), telemetry) << granted;
        EXPECT_FALSE(window.has_room(Lane::kSlow, 10));
        EXPECT_EQ(window.has_room(Lane::kUrgent, 10), granted > telemetry);
    }
}

TEST(Window, EventsInTheirSlotsDoNotStopTelemetry) {
    Window window;
    window.open(20);
    for (std::uint64_t token = 1; token <= 10; ++token) {
        window.add(token, flight(Lane::kUrgent, 10, {}));
    }
    std::uint64_t token = 10;
    while (window.has_room(Lane::kLive, 10)) {
        window.add(++token, flight(Lane::kLive, 10, {}));
    }
    EXPECT_EQ(window.count(), 20U);
}

TEST(Window, AcknowledgementsMakeRoomAndForeignTokensDoNothing) {
    Window window;
    window.open(1);
    window.add(5, flight(Lane::kLive, 10, Monotonic(seconds(3))));
    EXPECT_EQ(window.oldest(), Monotonic(seconds(3)));
    EXPECT_FALSE(window.acknowledge(4, Monotonic(seconds(4))));
    EXPECT_FALSE(window.has_room(Lane::kUrgent, 1));
    EXPECT_TRUE(window.acknowledge(5, Monotonic(seconds(4))));
    EXPECT_FALSE(window.acknowledge(5, Monotonic(seconds(4))));
    EXPECT_TRUE(window.has_room(Lane::kLive, 1));
    EXPECT_EQ(window.oldest(), std::nullopt);
}

// On 50 kbit/s, one second's worth is 6 kB: then an alarm waits at most about a second behind telemetry.
TEST(Window, OnAThinLinkAtMostASecondsWorthOfTelemetryIsUnderWay) {
    constexpr double kBytesASecond = 6250;
    Window window;
    window.open(20);
    Monotonic now{};
    Monotonic link_free{};
    std::uint64_t token = 0;
    std::deque<std::pair<std::uint64_t, Monotonic>> on_link;  // token, when it is acknowledged
    std::size_t most_after_start = 0;
    std::size_t bytes_under_way = 0;
    for (int i = 0; i < 30'000; ++i, now += milliseconds(1)) {
        while (!on_link.empty() && on_link.front().second <= now) {
            bytes_under_way -= window.acknowledge(on_link.front().first, now)->bytes;
            on_link.pop_front();
        }
        while (window.has_room(Lane::kLive, 800)) {
            window.add(++token, flight(Lane::kLive, 800, now));
            link_free = std::max(link_free, now) + std::chrono::duration_cast<Duration>(
                                                       std::chrono::duration<double>(800 / kBytesASecond));
            on_link.emplace_back(token, link_free + milliseconds(100));
            bytes_under_way += 800;
        }
        if (i > 10'000) {
            most_after_start = std::max(most_after_start, bytes_under_way);
        }
    }
    EXPECT_LE(most_after_start, 8000U);
    EXPECT_GE(most_after_start, LinkRate::kLeastBytes - 800);  // and yet the link is kept busy
    EXPECT_GE(token, 28 * kBytesASecond / 800);
}

TEST(Window, AFastLinkIsNotHeldBack) {
    Window window;
    window.open(20);
    Monotonic now{};
    std::uint64_t token = 0;
    for (int i = 0; i < 100; ++i) {
        std::vector<std::uint64_t> sent;
        while (window.has_room(Lane::kSlow, 4000)) {
            window.add(++token, flight(Lane::kSlow, 4000, now));
            sent.push_back(token);
        }
        now += milliseconds(1);
        for (const std::uint64_t one : sent) {
            window.acknowledge(one, now);
        }
    }
    EXPECT_FALSE(window.count());
    std::size_t room = 0;
    while (window.has_room(Lane::kSlow, 4000)) {
        window.add(++token, flight(Lane::kSlow, 4000, now));
        ++room;
    }
    EXPECT_EQ(room, 16U);
}

store::Record record(std::uint64_t sequence) {
    return {
        {kEpoch, Stream::kEvent, sequence}, store::Encoding::kProtobuf, "event " + std::to_string(sequence)};
}

std::vector<std::string> taken(EventLine& line, Monotonic now) {
    std::vector<std::string> out;
    for (const EventLine::Ready& ready : line.take(now)) {
        out.push_back(std::to_string(ready.record.identity.sequence) +
                      (ready.is_volatile == Volatile::kYes ? "v" : ""));
    }
    return out;
}
using Taken = std::vector<std::string>;

TEST(EventLine, GoesWhenCommittedAndInOrder) {
    EventLine line(milliseconds(500));
    const Monotonic start{};
    line.add(record(1), std::nullopt, start);
    line.add(record(2), std::nullopt, start);
    line.committed(2);
    EXPECT_EQ(taken(line, start), Taken{});
    EXPECT_EQ(line.deadline(), start + milliseconds(500));
    line.committed(1);
    EXPECT_EQ(taken(line, start), (Taken{"1", "2"}));
    EXPECT_EQ(line.size(), 0U);
}

TEST(EventLine, GoesAsVolatileWhenTheDiskTakesTooLongAndOnlyOnce) {
    EventLine line(milliseconds(500));
    const Monotonic start{};
    line.add(record(1), std::nullopt, start);
    EXPECT_EQ(taken(line, start + milliseconds(499)), Taken{});
    EXPECT_EQ(taken(line, start + milliseconds(500)), Taken{"1v"});
    EXPECT_EQ(taken(line, start + seconds(9)), Taken{});
    line.committed(1);
    EXPECT_EQ(taken(line, start + seconds(9)), Taken{});
    EXPECT_EQ(line.size(), 0U);
}

TEST(EventLine, AFailedCommitGoesAtOnceAndTheNextFollows) {
    EventLine line(milliseconds(500));
    line.add(record(1), std::nullopt, {});
    line.add(record(2), std::nullopt, {});
    line.committed(2);
    line.failed(1);
    EXPECT_EQ(taken(line, {}), (Taken{"1v", "2"}));
    EXPECT_EQ(line.size(), 1U);  // kept until its PUBACK: it is nowhere else
    line.lost();
    EXPECT_EQ(taken(line, {}), Taken{"1v"});
    line.delivered(1);
    EXPECT_EQ(line.size(), 0U);
}

TEST(EventLine, WithoutAConnectionOnlyWhatTheDiskLacksIsKept) {
    EventLine line(milliseconds(500));
    line.add(record(1), std::nullopt, {});
    line.add(record(2), std::nullopt, {});
    line.add(record(3), std::nullopt, {});
    line.committed(2);
    line.failed(1);
    EXPECT_TRUE(line.leave_to_store());
    EXPECT_EQ(line.size(), 2U);
    line.committed(3);
    EXPECT_EQ(taken(line, {}), (Taken{"1v", "3"}));
}

TEST(EventLine, AVolatileOneThatWasLostButIsOnDiskByNowIsTheStores) {
    EventLine line(milliseconds(500));
    line.add(record(1), std::nullopt, {});
    EXPECT_EQ(taken(line, Monotonic(seconds(1))), Taken{"1v"});
    line.lost();
    line.committed(1);
    EXPECT_TRUE(line.leave_to_store());
    EXPECT_EQ(line.size(), 0U);
}

TEST(EventLine, HoldsBackTheRetainedMessageOfAnEventThatNobodyHas) {
    EventLine line(milliseconds(500));
    line.add(record(1), AlarmUpdate{"alarm/g/1", "raised"}, {});
    EXPECT_TRUE(line.holds_back("alarm/g/1"));
    EXPECT_FALSE(line.holds_back("alarm/g/2"));
    auto ready = line.take(Monotonic(seconds(1)));
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(ready[0].update->payload, "raised");
    EXPECT_FALSE(line.holds_back("alarm/g/1")) << "it went out as volatile";
    line.lost();
    EXPECT_TRUE(line.holds_back("alarm/g/1"));
    ready = line.take(Monotonic(seconds(1)));
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(ready[0].update->payload, std::nullopt) << "as the alarm is by then";
}

TEST(EventLine, ABoundIsKeptAndCounted) {
    EventLine line(milliseconds(500));
    for (std::uint64_t sequence = 1; sequence <= EventLine::kMost + 3; ++sequence) {
        line.add(record(sequence), std::nullopt, {});
        line.failed(sequence);
    }
    EXPECT_EQ(line.size(), EventLine::kMost);
    EXPECT_EQ(line.given_up(), 3U);
    EXPECT_EQ(taken(line, {}).front(), "4v");
}

TEST(Backlog, WalksFromTheOldestToTheEnd) {
    Backlog backlog(kEpoch);
    EXPECT_FALSE(backlog.wanted());
    backlog.restart();
    Backlog::Question question = backlog.ask();
    EXPECT_EQ(question.after, std::nullopt);
    EXPECT_TRUE(backlog.fetching());
    const Identity last{Epoch{1}, Stream::kTelemetry, 9};
    EXPECT_TRUE(backlog.answered(question.number, last, Backlog::More::kYes));
    EXPECT_TRUE(backlog.wanted());
    question = backlog.ask();
    EXPECT_EQ(question.after, last);
    EXPECT_TRUE(backlog.answered(question.number, std::nullopt, Backlog::More::kNo));
    EXPECT_FALSE(backlog.wanted());
}

TEST(Backlog, TurnsBackToWhatWasMissed) {
    Backlog backlog(kEpoch);
    backlog.restart();
    Backlog::Question question = backlog.ask();
    backlog.missed(7);
    backlog.missed(5);
    EXPECT_TRUE(
        backlog.answered(question.number, Identity{kEpoch, Stream::kTelemetry, 9}, Backlog::More::kNo));
    EXPECT_TRUE(backlog.wanted());
    EXPECT_EQ(backlog.ask().after, (Identity{kEpoch, Stream::kTelemetry, 4}));
}

TEST(Backlog, AnAnswerToAnEarlierConnectionIsLeftAlone) {
    Backlog backlog(kEpoch);
    backlog.restart();
    const Backlog::Question old = backlog.ask();
    backlog.restart();
    EXPECT_FALSE(backlog.answered(old.number, std::nullopt, Backlog::More::kNo));
    EXPECT_TRUE(backlog.wanted());
    const Backlog::Question now = backlog.ask();
    EXPECT_FALSE(backlog.answered(old.number, std::nullopt, Backlog::More::kNo));
    EXPECT_TRUE(backlog.answered(now.number, std::nullopt, Backlog::More::kNo));
}

class Reconcile : public testing::Test {
protected:
    std::string topic(std::uint64_t epoch, std::uint64_t sequence) {
        return topics.alarm("g", AlarmId{Epoch{epoch}, sequence});
    }
    test::SiteBuilder builder;
    Topics topics{builder.site()};
    Listing listing{topics};
    std::function<bool(Epoch)> knows = [](Epoch epoch) { return epoch.value < 10; };
};

TEST_F(Reconcile, PublishesWhatStandsAndEmptiesWhatIsOver) {
    listing.saw(topic(1, 1), "same");
    listing.saw(topic(1, 2), "old state");
    listing.saw(topic(1, 3), "over by now");
    const auto actions =
        listing.compare({{topic(1, 1), "same"}, {topic(1, 2), "new state"}, {topic(1, 4), "new"}}, knows);
    EXPECT_EQ(actions.publish, (std::vector<std::string>{topic(1, 2), topic(1, 4)}));
    EXPECT_EQ(actions.empty, (std::vector<std::string>{topic(1, 3)}));
}

TEST_F(Reconcile, LeavesAlarmsOfUnknownEpochsAlone) {
    listing.saw(topic(99, 1), "a cloned card's");
    const auto actions = listing.compare({}, knows);
    EXPECT_TRUE(actions.empty.empty());
    EXPECT_EQ(actions.foreign, 1U);
}

TEST_F(Reconcile, ATopicLongerThanAnyOfOursIsNotKept) {
    listing.saw(topics.alarm(std::string(200, '4'), AlarmId{Epoch{1}, 1}), "x");
    EXPECT_TRUE(listing.compare({}, knows).empty.empty());
}

TEST_F(Reconcile, AnAlarmThatMovedToAnotherGridIsEmptiedInTheOld) {
    listing.saw(topics.alarm("old", AlarmId{Epoch{1}, 1}), "x");
    const auto actions = listing.compare({{topics.alarm("new", AlarmId{Epoch{1}, 1}), "x"}}, knows);
    EXPECT_EQ(actions.publish.size(), 1U);
    EXPECT_EQ(actions.empty, (std::vector<std::string>{topics.alarm("old", AlarmId{Epoch{1}, 1})}));
}

TEST_F(Reconcile, WhatIsEmptiedWhileListingIsGoneAndForeignTopicsAreNot) {
    listing.saw(topic(1, 1), "x");
    listing.saw(topic(1, 1), "");
    listing.saw(topics.birth, "x");
    listing.saw(topics.marker("m"), "x");
    EXPECT_TRUE(listing.compare({}, knows).empty.empty());
}

}  // namespace
}  // namespace gengfu::publish
