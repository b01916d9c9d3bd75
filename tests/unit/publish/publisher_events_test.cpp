// Events: on disk before they go out, or volatile.
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;

TEST_F(PublisherTest, AnEventIsOnDiskBeforeItIsPublishedAndItsAlarmIsRetained) {
    start();
    connect();
    store.disk = FakeStore::Disk::kHangs;
    raise(1);
    EXPECT_TRUE(session->on("/event").empty());
    store.finish_commits();
    settle();
    const auto events = session->on("/event");
    ASSERT_EQ(events.size(), 1U);
    const v1::Envelope envelope = envelope_of(events[0]);
    EXPECT_FALSE(envelope.is_volatile());
    EXPECT_FALSE(envelope.resent());
    EXPECT_EQ(envelope.record().transition().alarm().id(), to_string(AlarmId{kEpoch, 1}));
    EXPECT_EQ(envelope.record().transition().alarm().start(), 3U);
    const auto alarm = session->on(alarm_topic({kEpoch, 1}));
    ASSERT_EQ(alarm.size(), 1U);
    EXPECT_EQ(alarm[0].retain, Retain::kYes);
    v1::Alarm state;
    ASSERT_TRUE(state.ParseFromString(alarm[0].payload));
    EXPECT_EQ(state.title().zh(), "井盖被打开");
    EXPECT_EQ(state.component().maintainer().phone_ref(), "roster:drainage-3");
    // What the store keeps is what was sent.
    EXPECT_NE(events[0].payload.find(store.records.back().bytes), std::string::npos);
    EXPECT_TRUE(decode_alarm(store.states.back()));
}

TEST_F(PublisherTest, AnAlarmThatIsOverIsEmptied) {
    start();
    connect();
    alarms::Alarm alarm = full_alarm(1);
    alarm.active = alarm.latched = false;
    publisher->event({alarms::TransitionKind::kCleared, 1, alarm, {}});
    settle();
    const auto sent = session->on(alarm_topic({kEpoch, 1}));
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].payload, "");
    EXPECT_EQ(sent[0].retain, Retain::kYes);
    EXPECT_TRUE(envelope_of(session->on("/event").at(0)).record().transition().over());
}

TEST_F(PublisherTest, ADiskThatHangsMakesTheEventVolatileUnderTheSameIdentity) {
    tuning.volatile_after = milliseconds(20);
    start();
    connect();
    store.disk = FakeStore::Disk::kHangs;
    const auto began = clock.now();
    raise(1);
    raise(2);
    ASSERT_TRUE(wait_for([&] { return session->on("/event").size() == 2; }));
    EXPECT_GE(clock.now() - began, milliseconds(20));
    EXPECT_TRUE(envelope_of(session->on("/event")[0]).is_volatile());
    EXPECT_EQ(sequences(session->on("/event")), (Sequences{1, 2}));
    acknowledge_all();
    ASSERT_TRUE(
        wait_for([&] { return store.confirmed.size() == 2; }));  // of which the store knows nothing yet
    store.finish_commits();
    settle();
    ASSERT_TRUE(wait_for([&] { return store.records.empty(); }));  // confirmed under that identity
    EXPECT_EQ(session->on("/event").size(), 2U);                   // and not sent a second time
}

TEST_F(PublisherTest, ADiskThatFailsDoesNotStopAlarms) {
    start();
    connect();
    store.disk = FakeStore::Disk::kFails;
    raise(1);
    raise(2);
    EXPECT_EQ(sequences(session->on("/event")), (Sequences{1, 2}));
    EXPECT_TRUE(envelope_of(session->on("/event")[1]).is_volatile());
    // Lost with the connection before its PUBACK: it is nowhere else, so it goes again.
    session->lose();
    settle();
    connect();
    EXPECT_EQ(sequences(session->on("/event")), (Sequences{1, 2, 1, 2}));
    EXPECT_TRUE(envelope_of(session->on("/event")[3]).resent());
}

TEST_F(PublisherTest, WhoeverOrderedAnEventHearsOnceThatItIsSettled) {
    tuning.volatile_after = milliseconds(20);
    start();
    int settled = 0;
    publisher->event(transition(1, full_alarm(1)), [&] { ++settled; });
    EXPECT_EQ(settled, 0);  // never from within
    settle();
    EXPECT_EQ(settled, 1);
    store.disk = FakeStore::Disk::kHangs;
    publisher->event(transition(2, full_alarm(2)), [&] { ++settled; });
    EXPECT_TRUE(wait_for([&] { return settled == 2; }));
    store.finish_commits();
    settle();
    EXPECT_EQ(settled, 2);
}

TEST_F(PublisherTest, AClockFixIsAnEventAndLaterOnesAreHigher) {
    start();
    connect();
    publisher->clock_fix(1'700'000'000'000'000, 250);
    publisher->clock_fix(1'700'000'000'000'001, 0);
    settle();
    acknowledge_all();
    const auto events = session->on("/event");
    ASSERT_EQ(events.size(), 2U);
    const v1::ClockFix first = envelope_of(events[0]).record().clock_fix();
    EXPECT_EQ(first.wall_of_zero_us(), 1'700'000'000'000'000);
    EXPECT_EQ(first.uncertainty_us(), 250U);
    EXPECT_EQ(first.boot_id_low(), envelope_of(events[0]).record().written().boot_id_low());
    EXPECT_GT(envelope_of(events[1]).record().clock_fix().version(), first.version());
    EXPECT_EQ(first.version() >> 16U, 3U) << "above those of every earlier start";
}

}  // namespace
}  // namespace gengfu::publish
