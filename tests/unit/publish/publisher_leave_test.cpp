// The end: stopped, or taken out of service.
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(PublisherTest, DecommissioningEmptiesAllThatIsRetainedAndEnds) {
    start();
    connect();
    standing = {full_alarm(7)};
    end_listing();
    acknowledge_all();
    std::optional<Result<std::size_t>> emptied;
    session->sent.clear();
    publisher->decommission([&](Result<std::size_t> result) { emptied = std::move(result); });
    settle();
    retained(3, payload_of_earlier_run(3));
    session->callbacks.message({base() + alarm_topic({Epoch{99}, 1}), "another's", true});
    end_listing();
    acknowledge_all();
    ASSERT_TRUE(wait_for([&] {
        acknowledge_all();
        return emptied.has_value();
    }));
    ASSERT_TRUE(*emptied) << emptied->error().what;
    for (const std::string& topic :
         {std::string("/birth"), std::string("/catalogue/0"), std::string("/catalogue/255"),
          alarm_topic({Epoch{1}, 3}), alarm_topic({Epoch{99}, 1}), alarm_topic(standing[0].id)}) {
        ASSERT_EQ(session->on(topic).size(), 1U) << topic;
        EXPECT_TRUE(session->on(topic)[0].payload.empty()) << topic;
        EXPECT_EQ(session->on(topic)[0].retain, Retain::kYes) << topic;
    }
    const auto states = session->on("/state");
    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[0].retain, Retain::kNo);
    EXPECT_FALSE(envelope_of(states[0]).state().online());
    EXPECT_TRUE(states[1].payload.empty());
    EXPECT_TRUE(session->stopped);
    int ended = 0;
    publisher->stop(seconds(1), [&] { ++ended; });
    settle();
    EXPECT_EQ(ended, 1) << "stopping what has ended";
}

TEST_F(PublisherTest, DecommissioningWithoutAConnectionIsRefusedAndOneThatBreaksIsTold) {
    start();
    std::optional<Result<std::size_t>> emptied;
    const auto keep = [&](Result<std::size_t> result) { emptied = std::move(result); };
    publisher->decommission(keep);
    ASSERT_TRUE(emptied && !*emptied);
    EXPECT_NE(emptied->error().what.find("no connection"), std::string::npos);
    connect();
    end_listing();
    acknowledge_all();
    emptied.reset();
    publisher->decommission(keep);
    settle();
    end_listing();
    session->lose("cut");
    settle();
    ASSERT_TRUE(emptied && !*emptied);
    session->sent.clear();
    connect();
    EXPECT_FALSE(session->on("/birth").empty()) << "it goes on";
    EXPECT_FALSE(session->on("/birth")[0].payload.empty());
}

TEST_F(PublisherTest, StopSendsWhatIsNewAndSaysGoodbye) {
    site.mqtt.linger = seconds(60);
    start();
    connect();
    acknowledge_all();
    sample(1);
    bool done = false;
    publisher->stop(seconds(5), [&] { done = true; });
    settle();
    EXPECT_FALSE(done);
    EXPECT_EQ(session->on("/tele").size(), 1U);
    acknowledge_all();
    EXPECT_TRUE(done);
    EXPECT_TRUE(session->stopped);
    EXPECT_EQ(session->sent.back().topic, will.topic);
    EXPECT_FALSE(envelope_of(session->sent.back()).state().online());
    EXPECT_TRUE(store.records.empty());
}

TEST_F(PublisherTest, StopDoesNotWaitLongerThanItsGrace) {
    start();
    connect();
    sample(1);
    bool done = false;
    publisher->stop(milliseconds(20), [&] { done = true; });
    EXPECT_TRUE(wait_for([&] { return done; }));
    EXPECT_EQ(store.records.size(), 1U);
}

TEST_F(PublisherTest, StopWithoutAConnectionIsImmediate) {
    start();
    bool done = false;
    publisher->stop(seconds(60), [&] { done = true; });
    settle();
    EXPECT_TRUE(done);
}

}  // namespace
}  // namespace gengfu::publish
