// What counts as delivered: confirmations, and PUBACKs that can be believed.
#include "daemon/publish/confirmation.hpp"
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;

TEST_F(PublisherTest, AConsumersConfirmationReachesTheStore) {
    start();
    connect();
    v1::Confirm confirm;
    confirm.set_consumer("governance-db");
    v1::ConfirmedRanges& of = *confirm.add_ranges();
    of.set_epoch(kEpoch.value);
    of.set_stream(v1::STREAM_EVENT);
    of.add_ranges()->set_first(1);
    of.mutable_ranges(0)->set_last(1);
    session->callbacks.message({base() + "confirm", confirm.SerializeAsString(), false});
    settle();
    ASSERT_EQ(store.confirmed.size(), 1U);
    EXPECT_EQ(store.confirmed[0].first, "governance-db");
}

// MQTT 3.1.1 acknowledges what an access list denied: a PUBACK counts when the first record came back.
TEST_F(PublisherTest, APubackOfMqtt311CountsWhenItsTopicHasBroughtTheFirstRecordBack) {
    start();
    session->connect(20, false);
    settle();
    EXPECT_NE(std::find(session->subscribed.begin(), session->subscribed.end(), base() + "event"),
              session->subscribed.end());
    raise(1);
    raise(2);
    acknowledge_all();
    EXPECT_FALSE(wait_for([&] { return !store.confirmed.empty(); }));
    session->callbacks.message({base() + "event", session->on("/event").at(1).payload, false});
    settle();
    EXPECT_TRUE(store.confirmed.empty()) << "only the first proves that nothing before it was denied";
    session->callbacks.message({base() + "event", session->on("/event").at(0).payload, false});
    settle();
    EXPECT_EQ(store.confirmed.size(), 2U);
    EXPECT_EQ(std::count(session->unsubscribed.begin(), session->unsubscribed.end(), base() + "event"), 1);
    EXPECT_FALSE(publisher->status().denied);
}

TEST_F(PublisherTest, AConnectionOfMqtt311ThatBringsNothingBackIsAsGoodAsNone) {
    tuning.acknowledge = milliseconds(500);  // what follows it has to come sooner, on a busy machine too
    tuning.retry_refused = milliseconds(20);
    start();
    session->connect(20, false);
    settle();
    raise(1);
    acknowledge_all();
    EXPECT_TRUE(wait_for([&] { return session->reconnects == 1; }));
    EXPECT_TRUE(store.confirmed.empty());
    EXPECT_TRUE(publisher->status().denied);
    EXPECT_FALSE(publisher->status().connected);
    EXPECT_NE(publisher->status().trouble.find("access list"), std::string::npos);
    session->lose("connecting anew");
    settle();
    // The access list has been mended: the same record again, which now comes back.
    session->connect(20, false);
    settle();
    const std::vector<FakeSession::Sent> events = session->on("/event");
    ASSERT_EQ(sequences(events), (Sequences{1, 1}));
    acknowledge_all();
    session->callbacks.message({base() + "event", events.back().payload, false});
    EXPECT_TRUE(wait_for([&] { return store.confirmed.size() == 1; }));
}

TEST_F(PublisherTest, EachEventIsProvenAnewSinceAnAccessListMayChange) {
    tuning.acknowledge = milliseconds(400);
    tuning.retry_refused = milliseconds(20);
    start();
    session->connect(20, false);
    settle();
    const auto come_back = [&] {
        session->callbacks.message({base() + "event", session->on("/event").back().payload, false});
        settle();
    };
    raise(1);
    acknowledge_all();
    come_back();
    ASSERT_EQ(store.confirmed.size(), 1U);
    raise(2);
    acknowledge_all();
    EXPECT_EQ(std::count(session->subscribed.begin(), session->subscribed.end(), base() + "event"), 2);
    EXPECT_EQ(store.confirmed.size(), 1U) << "the first says nothing of what came later";
    come_back();
    EXPECT_EQ(store.confirmed.size(), 2U);
    // From here on it is denied, and acknowledged all the same.
    raise(3);
    acknowledge_all();
    EXPECT_TRUE(wait_for([&] {
        return sequences(session->on("/event")) == Sequences{1, 2, 3, 3};
    })) << "a second chance, without waiting for a further event";
    acknowledge_all();
    EXPECT_EQ(session->reconnects, 0);
    EXPECT_TRUE(wait_for([&] { return session->reconnects == 1; }));
    EXPECT_EQ(store.confirmed.size(), 2U);
    EXPECT_TRUE(publisher->status().denied);
    EXPECT_NE(publisher->status().trouble.find("it did come back before"), std::string::npos);
}

TEST_F(PublisherTest, ASlowSubscriptionIsForgivenOnce) {
    tuning.acknowledge = milliseconds(400);
    start();
    session->connect(20, false);
    settle();
    raise(1);
    acknowledge_all();
    session->callbacks.message({base() + "event", session->on("/event").back().payload, false});
    settle();
    raise(2);
    acknowledge_all();
    ASSERT_TRUE(wait_for([&] { return session->on("/event").size() == 3; }));
    acknowledge_all();
    session->callbacks.message({base() + "event", session->on("/event").back().payload, false});
    EXPECT_TRUE(wait_for([&] { return store.confirmed.size() == 2; }));
    EXPECT_FALSE(publisher->status().denied);
    EXPECT_EQ(session->reconnects, 0);
}

TEST_F(PublisherTest, WhereNoPubackReleasesARecordNoneIsProven) {
    site.mqtt.confirm = {"city"};
    start();
    session->connect(20, false);
    settle();
    EXPECT_EQ(std::find(session->subscribed.begin(), session->subscribed.end(), base() + "event"),
              session->subscribed.end());
}

TEST_F(PublisherTest, AConfirmationThatCountsForNothingIsToldOnce) {
    site.mqtt.confirm = {"city"};
    start();
    connect();
    const auto confirm = [&](const std::string& consumer) {
        v1::Confirm said;
        said.set_consumer(consumer);
        v1::ConfirmedRanges& of = *said.add_ranges();
        of.set_epoch(kEpoch.value);
        of.set_stream(v1::STREAM_EVENT);
        v1::ConfirmedRange& range = *of.add_ranges();
        range.set_first(1);
        range.set_last(1);
        return said.SerializeAsString();
    };
    const auto told = [&](const std::string& words) {
        return std::count_if(notices.begin(), notices.end(),
                             [&](const std::string& one) { return one.find(words) != std::string::npos; });
    };
    site.gateway.language = "en";
    for (int i = 0; i < 3; ++i) {
        for (const std::string& payload :
             {std::string("\xFF\xFF"), confirm("town"), confirm("city"), confirm("a\nb")}) {
            session->callbacks.message({base() + "confirm", payload, false});
            settle();
        }
    }
    session->callbacks.message({base() + "confirm", std::string(kConfirmBytes + 1, 'x'), false});
    settle();
    EXPECT_EQ(told("confirm"), 3) << "what cannot be read, town, and the one with a line feed";
    EXPECT_EQ(told("\"town\""), 1);
    EXPECT_EQ(told("\"city\""), 0);
    EXPECT_EQ(told("a\nb"), 0);
}

}  // namespace
}  // namespace gengfu::publish
