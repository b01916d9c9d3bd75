// Who a gateway says it is, and that it is there.
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;

TEST_F(PublisherTest, SaysWhoItIsAndLeavesAWill) {
    start();
    EXPECT_EQ(client_id, "gw-test");
    EXPECT_EQ(will.topic, base() + "state");
    v1::Envelope last;
    ASSERT_TRUE(last.ParseFromString(will.payload));
    EXPECT_FALSE(last.state().online());
    EXPECT_EQ(last.state().gateway(), "gw-test");
    standing = {full_alarm(9)};
    connect();
    const auto births = session->on("/birth");
    ASSERT_EQ(births.size(), 1U);
    EXPECT_EQ(births[0].retain, Retain::kYes);
    const v1::Birth birth = envelope_of(births[0]).birth();
    EXPECT_EQ(birth.epoch(), kEpoch.value);
    EXPECT_EQ(birth.start(), 3U);
    EXPECT_EQ(birth.standing_alarms(0), to_string(full_alarm(9).id));
    EXPECT_EQ(birth.catalogue_hash(), publisher->catalogue_hash());
    const auto states = session->on("/state");
    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states[0].retain, Retain::kYes);
    EXPECT_TRUE(envelope_of(states[0]).state().online());
    EXPECT_EQ(envelope_of(states[0]).state().buses(0).name(), "rs485-1");
    EXPECT_TRUE(publisher->status().connected);
    EXPECT_EQ(publisher->status().broker, "mqtt://broker:1883 (MQTT 5)");
}

TEST_F(PublisherTest, TheCatalogueIsAnEventWhenItIsNewAndRetainedAfterPendingEvents) {
    make();
    publisher->start();
    settle();
    EXPECT_EQ(publisher->next_event_sequence(), 2U);
    ASSERT_EQ(store.states.size(), 1U);
    EXPECT_EQ(store.states[0], "");
    connect();
    const auto events = session->on("/event");
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(envelope_of(events[0]).record().catalogue().points_size(), 2);
    const auto parts = session->on("/catalogue/0");
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].retain, Retain::kYes);
    EXPECT_GT(parts[0].token, events[0].token);
    EXPECT_EQ(envelope_of(parts[0]).catalogue().hash(), publisher->catalogue_hash());
}

TEST_F(PublisherTest, AKnownCatalogueIsNoEvent) {
    start();
    EXPECT_EQ(publisher->next_event_sequence(), 1U);
    connect();
    EXPECT_TRUE(session->on("/event").empty());
    EXPECT_EQ(session->on("/catalogue/0").size(), 1U);
}

TEST_F(PublisherTest, AStaleWillIsAnsweredByTheState) {
    start();
    connect();
    ASSERT_EQ(session->on("/state").size(), 1U);
    session->callbacks.message(
        {will.topic, session->on("/state")[0].payload, false});  // our own word comes back
    session->callbacks.message({will.topic, will.payload, true});
    settle();
    ASSERT_TRUE(wait_for([&] { return session->on("/state").size() == 2; }));
    EXPECT_TRUE(envelope_of(session->on("/state")[1]).state().online());
}

TEST_F(PublisherTest, TheHeartbeatGoesOnAndStopsWithTheConnection) {
    site.mqtt.heartbeat = milliseconds(10);
    start();
    connect();
    ASSERT_TRUE(wait_for([&] {
        session->acknowledge_all();
        return session->on("/state").size() >= 4;
    }));
    session->lose();
    settle();
    const std::size_t before = session->on("/state").size();
    core.restart();
    core.run_for(milliseconds(40));  // four heartbeats, were there any
    EXPECT_EQ(session->on("/state").size(), before);
}

TEST_F(PublisherTest, AnotherGatewayOfOurNameIsTold) {
    start();
    connect();
    const auto birth_of = [](Epoch epoch, std::uint64_t number) {
        v1::Envelope out;
        out.mutable_birth()->set_epoch(epoch.value);
        out.mutable_birth()->set_start(number);
        return out.SerializeAsString();
    };
    EXPECT_LT(std::find(session->subscribed.begin(), session->subscribed.end(), base() + "birth") -
                  session->subscribed.begin(),
              1)
        << "before ours takes the place of what is retained there";
    session->callbacks.message({base() + "birth", birth_of(Epoch{1}, 2), true});  // an earlier run of ours
    session->callbacks.message({base() + "birth", "no birth", true});
    settle();
    EXPECT_TRUE(namesakes.empty());
    session->callbacks.message({base() + "birth", birth_of(Epoch{77}, 9), true});
    settle();
    EXPECT_EQ(namesakes, (Namesakes{{9, false}}));
    session->callbacks.message({base() + "birth", birth_of(kEpoch, 3), true});  // ours has come
    session->callbacks.message({base() + "birth", birth_of(Epoch{77}, 9), true});
    v1::Envelope state;
    state.mutable_state()->set_epoch(78);
    session->callbacks.message({base() + "state", state.SerializeAsString(), true});
    settle();
    EXPECT_EQ(namesakes, (Namesakes{{9, false}, {9, true}, {0, true}}));
}

TEST_F(PublisherTest, TroubleIsToldOncePerChange) {
    start();
    for (int i = 0; i < 5; ++i) {
        session->callbacks.lost("mqtt://broker:1883: refused");
        settle();
    }
    EXPECT_EQ(notices.size(), 1U);
    connect();
    session->lose("mqtt://broker:1883: refused");
    settle();
    EXPECT_EQ(notices.size(), 3U);  // connected, and lost again
}

TEST_F(PublisherTest, WithoutABrokerRecordsAreKept) {
    site.mqtt.brokers.clear();
    start();
    EXPECT_EQ(session, nullptr);
    raise(publisher->next_event_sequence());
    sample(1);
    EXPECT_GE(store.records.size(), 2U);
    EXPECT_EQ(publisher->status().trouble, "no broker is configured");
}

TEST_F(PublisherTest, JsonHasTheSameMessages) {
    site.mqtt.encoding = config::Encoding::kJson;
    start();
    connect();
    raise(1);
    sample(5);
    const std::string event = session->on("/event").at(0).payload;
    EXPECT_EQ(event.find("{\"record\":{\"identity\":{\"gateway\":\"gw-test\""), 0U) << event;
    EXPECT_NE(event.find("\"zh\":\"井盖被打开\""), std::string::npos);
    EXPECT_NE(session->on("/tele").at(0).payload.find("\"stepDelta\":[\"5\"]"), std::string::npos);
    EXPECT_EQ(store.records.back().encoding, store::Encoding::kJson);
}

}  // namespace
}  // namespace gengfu::publish
