// What goes when, and how much at a time.
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;

TEST_F(PublisherTest, RecordsOfEarlierEpochsGoFirstWithTheirOwnBytes) {
    store.put(Epoch{1}, Stream::kEvent, 4, "old event");
    store.put(Epoch{1}, Stream::kTelemetry, 8, "old batch");
    const FakeStore filled = store;
    start();
    store.records.insert(store.records.begin(), filled.records.begin(), filled.records.end());
    store.epochs = {Epoch{1}, kEpoch};
    raise(1);
    connect();
    const auto events = session->on("/event");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].payload, std::string("\x10\x01\x1A\x09") + "old event");  // resent, record
    EXPECT_EQ(envelope_of(events[1]).record().identity().sequence(), 1U);
    EXPECT_FALSE(envelope_of(events[1]).resent());
    acknowledge_all();
    ASSERT_EQ(session->on("/hist").size(), 1U);
    EXPECT_EQ(session->on("/hist")[0].payload, std::string("\x10\x01\x1A\x09") + "old batch");
}

TEST_F(PublisherTest, WhatWasNotAcknowledgedGoesAgainUnderItsIdentityAndNothingElse) {
    start();
    connect();
    raise(1);
    raise(2);
    sample(1);
    sample(2);
    session->acknowledge_all();  // state, birth, marker, catalogue, event 1, alarm, event 2, ...
    settle();
    raise(3);
    sample(3);
    session->lose();
    settle();
    EXPECT_FALSE(publisher->status().connected);
    EXPECT_EQ(publisher->status().trouble, "gone");
    const std::size_t before = session->sent.size();
    connect();
    acknowledge_all();
    std::vector<std::string> again;
    for (std::size_t i = before; i < session->sent.size(); ++i) {
        const FakeSession::Sent& sent = session->sent[i];
        if (sent.topic.ends_with("/event") || sent.topic.ends_with("/tele") ||
            sent.topic.ends_with("/hist")) {
            const v1::Envelope envelope = envelope_of(sent);
            again.push_back(sent.topic.substr(base().size()) + " " +
                            std::to_string(envelope.record().identity().sequence()) +
                            (envelope.resent() ? " resent" : ""));
        }
    }
    EXPECT_EQ(again, (std::vector<std::string>{"event 3 resent", "hist 3 resent"}));
}

TEST_F(PublisherTest, EventsGoIntoTheSlotsThatTelemetryLeavesThem) {
    start();
    connect();
    acknowledge_all();
    for (int i = 0; i < 40; ++i) {
        sample(i);
    }
    EXPECT_EQ(session->open.size(), 16U);
    raise(1);
    EXPECT_EQ(session->on("/event").size(), 1U);
    EXPECT_EQ(session->open.size(), 18U);  // event and alarm
    EXPECT_EQ(publisher->status().telemetry_waiting, 24U);
    acknowledge_all();
    EXPECT_EQ(session->on("/tele").size(), 40U);
    EXPECT_TRUE(session->on("/hist").empty());
}

TEST_F(PublisherTest, NeverMoreUnderWayThanTheBrokerTakes) {
    start();
    connect(3);
    for (std::uint64_t i = 1; i <= 10; ++i) {
        raise(i);
        EXPECT_LE(session->open.size(), 3U);
    }
    while (!session->open.empty()) {
        session->acknowledge_one();
        settle();
        EXPECT_LE(session->open.size(), 3U);
    }
    EXPECT_EQ(sequences(session->on("/event")), (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(PublisherTest, NewEventsStayBehindThoseOfTheOutage) {
    start();
    for (std::uint64_t i = 1; i <= 100; ++i) {
        raise(i);
    }
    connect();
    raise(101);
    while (!session->open.empty()) {
        session->acknowledge_one();
        settle();
    }
    raise(102);
    Sequences want(102);
    for (std::size_t i = 0; i < want.size(); ++i) {
        want[i] = i + 1;
    }
    EXPECT_EQ(sequences(session->on("/event")), want);
}

TEST_F(PublisherTest, MaxRateIsKept) {
    site.mqtt.max_rate = 200;
    start();
    const auto began = clock.now();
    connect();
    for (int i = 0; i < 30; ++i) {
        sample(i);
    }
    ASSERT_TRUE(wait_for([&] {
        session->acknowledge_all();
        return session->on("/tele").size() == 30;
    }));
    const std::chrono::duration<double> took = clock.now() - began;
    EXPECT_LE(static_cast<double>(session->sent.size()), took.count() * 200 + 21);
    EXPECT_GE(took, milliseconds(50));
}

TEST_F(PublisherTest, ADeniedRecordIsToldKeptAndTriedAgain) {
    tuning.retry_refused = milliseconds(20);
    start();
    connect();
    acknowledge_all();
    raise(1);
    for (const std::uint64_t token : std::exchange(session->open, {})) {
        session->callbacks.refused(token, "not authorised");
    }
    settle();
    EXPECT_EQ(store.records.size(), 1U);
    EXPECT_EQ(publisher->status().refused, 2U);
    EXPECT_NE(publisher->status().trouble.find("not authorised"), std::string::npos);
    ASSERT_EQ(notices.size(), 3U);  // connected, the event, its alarm
    EXPECT_NE(notices[1].find("event: not authorised"), std::string::npos) << notices[1];
    ASSERT_TRUE(wait_for([&] { return session->on("/event").size() == 2; }));
    EXPECT_EQ(sequences(session->on("/event")), (Sequences{1, 1}));
    acknowledge_all();
    ASSERT_TRUE(wait_for([&] { return store.records.empty(); }));
}

TEST_F(PublisherTest, AMessageThatTheBrokerIsTooSmallForIsToldAndDoesNotBlockOthers) {
    start();
    session->up = true;
    session->callbacks.connected({.broker = {}, .maximum_packet_bytes = 300});
    settle();
    raise(1);
    sample(1);
    EXPECT_TRUE(session->on("/event").empty());
    EXPECT_EQ(session->on("/tele").size(), 1U);
    EXPECT_NE(publisher->status().trouble.find("the broker takes 300"), std::string::npos);
    EXPECT_EQ(store.records.size(), 2U);
}

TEST_F(PublisherTest, ALibraryThatIsFullForAMomentIsAskedAgain) {
    start();
    connect();
    session->full = true;
    sample(1);
    EXPECT_TRUE(session->on("/tele").empty());
    session->full = false;
    ASSERT_TRUE(wait_for([&] { return session->on("/tele").size() == 1; }));
}

TEST_F(PublisherTest, AnOverduePubackMeansConnectingAnew) {
    tuning.acknowledge = milliseconds(40);
    start();
    connect();
    ASSERT_TRUE(wait_for([&] { return session->reconnects > 0; }));
}

}  // namespace
}  // namespace gengfu::publish
