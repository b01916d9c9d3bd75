// What the broker has retained of us, against what stands.
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;

TEST_F(PublisherTest, OwnRetainedAlarmsAreReconciledAtTheMarker) {
    standing = {full_alarm(9)};
    start();
    connect();
    EXPECT_NE(std::find(session->subscribed.begin(), session->subscribed.end(), base() + "alarm/#"),
              session->subscribed.end());
    const std::string over = base() + alarm_topic({Epoch{1}, 4});
    const std::string foreign = base() + alarm_topic({Epoch{77}, 4});
    session->callbacks.message({over, "still there", true});
    session->callbacks.message({foreign, "another's", true});
    settle();
    EXPECT_TRUE(session->on(alarm_topic({kEpoch, 9})).empty());
    const auto markers = std::count_if(session->sent.begin(), session->sent.end(), [&](const auto& sent) {
        return sent.topic.starts_with(base() + "alarm/marker/") && sent.payload.empty() &&
               sent.retain == Retain::kNo;
    });
    ASSERT_EQ(markers, 1);
    end_listing();
    EXPECT_EQ(session->on(alarm_topic({kEpoch, 9})).size(), 1U);
    ASSERT_EQ(session->on(alarm_topic({Epoch{1}, 4})).size(), 1U);
    EXPECT_EQ(session->on(alarm_topic({Epoch{1}, 4}))[0].payload, "");
    EXPECT_TRUE(session->on(alarm_topic({Epoch{77}, 4})).empty());
    EXPECT_NE(notices.back().find("保留"), std::string::npos) << notices.back();
    EXPECT_EQ(session->unsubscribed, (std::vector<std::string>{base() + "alarm/#"}));
}

// Volatile, and the crash came before the commit: the disk has events up to 5.
TEST_F(PublisherTest, AnAlarmThatOnlyTheBrokerKnowsIsTakenUpAgain) {
    for (const config::Encoding encoding : {config::Encoding::kProtobuf, config::Encoding::kJson}) {
        site.mqtt.encoding = encoding;
        standing.clear();
        taken_up.clear();
        start();
        connect();
        retained(5, payload_of_earlier_run(5));  // the disk knew it: it is over
        retained(6, payload_of_earlier_run(6));
        retained(7, "no alarm");
        retained(8, payload_of_earlier_run(6));  // names another than its topic
        end_listing();
        EXPECT_EQ(taken_up, (std::vector<AlarmId>{{Epoch{1}, 6}}));
        EXPECT_FALSE(emptied(6));
        EXPECT_TRUE(emptied(5));
        EXPECT_TRUE(emptied(7));
        EXPECT_TRUE(emptied(8));
    }
}

TEST_F(PublisherTest, WhereTheDiskHasForgottenItsLastEventNothingIsTakenUp) {
    last_event = 0;
    start();
    connect();
    retained(6, payload_of_earlier_run(6));
    end_listing();
    EXPECT_TRUE(taken_up.empty());
    EXPECT_TRUE(emptied(6));
}

// A retained alarm of such a run is a forgery, or was never emptied.
TEST_F(PublisherTest, OfARunThatEndedInOrderNothingIsTakenUp) {
    complete_start = 1;
    start();
    connect();
    retained(6, payload_of_earlier_run(6));
    end_listing();
    EXPECT_TRUE(taken_up.empty());
    EXPECT_TRUE(emptied(6));
}

TEST_F(PublisherTest, TheListingTellsNoAlarmBeforeItsEvent) {
    start();
    connect();
    store.disk = FakeStore::Disk::kHangs;
    standing = {full_alarm(1)};
    raise(1);
    end_listing();
    EXPECT_TRUE(session->on(alarm_topic({kEpoch, 1})).empty()) << "the disk does not have it";
    store.finish_commits();
    settle();
    ASSERT_EQ(session->on("/event").size(), 1U);
    EXPECT_EQ(session->on(alarm_topic({kEpoch, 1})).size(), 1U);
}

TEST_F(PublisherTest, AVolatileAlarmIsRetainedAsItIsWhenTheConnectionIsBack) {
    start();
    connect();
    end_listing();
    store.disk = FakeStore::Disk::kFails;
    standing = {full_alarm(1)};
    raise(1);
    EXPECT_EQ(session->on(alarm_topic({kEpoch, 1})).size(), 1U);
    session->lose();
    settle();
    standing = {};  // over, and that is on disk
    session->sent.clear();
    connect();
    ASSERT_EQ(session->on("/event").size(), 1U);
    ASSERT_EQ(session->on(alarm_topic({kEpoch, 1})).size(), 1U);
    EXPECT_EQ(session->on(alarm_topic({kEpoch, 1}))[0].payload, "");
}

TEST_F(PublisherTest, TheEndOfTheFirstListingIsToldOnce) {
    start();
    connect();
    EXPECT_EQ(listed, 0);
    end_listing();
    EXPECT_EQ(listed, 1);
    session->callbacks.lost("gone");
    settle();
    connect();
    end_listing();
    EXPECT_EQ(listed, 1);
}

TEST_F(PublisherTest, WithoutABrokerTheListingIsOverAtOnce) {
    site.mqtt.brokers.clear();
    start();
    EXPECT_EQ(listed, 1);
}

TEST_F(PublisherTest, AListingWithoutItsMarkerEndsByTime) {
    tuning.listing = milliseconds(20);
    standing = {full_alarm(9)};
    start();
    connect();
    ASSERT_TRUE(wait_for([&] { return session->on(alarm_topic({kEpoch, 9})).size() == 1; }));
}

}  // namespace
}  // namespace gengfu::publish
