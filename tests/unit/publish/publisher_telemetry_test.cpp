// Samples: gathered, sent, left to the store.
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(PublisherTest, WithoutLingerSamplesGoAtOnceAndFromTheStoresBytes) {
    start();
    connect();
    sample(5);
    const auto sent = session->on("/tele");
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].retain, Retain::kNo);
    const v1::Record record = envelope_of(sent[0]).record();
    EXPECT_EQ(record.identity().stream(), v1::STREAM_TELEMETRY);
    EXPECT_EQ(record.identity().sequence(), 1U);
    EXPECT_EQ(record.batch().catalogue_hash(), publisher->catalogue_hash());
    EXPECT_EQ(read_batch(record.batch(), {{1, {1, 0}}}).at(0).value, 5);
    EXPECT_EQ(record.SerializeAsString(), store.records.back().bytes);
    sample(5);  // nothing new
    EXPECT_EQ(session->on("/tele").size(), 1U);
}

TEST_F(PublisherTest, SamplesAreGatheredForTheLinger) {
    site.mqtt.linger = milliseconds(20);
    start();
    connect();
    for (int i = 0; i < 5; ++i) {
        sample(i);
    }
    EXPECT_TRUE(session->on("/tele").empty());
    ASSERT_TRUE(wait_for([&] { return !session->on("/tele").empty(); }));
    EXPECT_EQ(envelope_of(session->on("/tele")[0]).record().batch().alias_delta_size(), 5);
}

TEST_F(PublisherTest, TheFirstBatchOfARunDoesNotWaitForALongLinger) {
    site.mqtt.linger = seconds(60);
    start();
    connect();
    sample(1);
    ASSERT_TRUE(wait_for([&] { return !session->on("/tele").empty(); }));
    sample(2);
    settle();
    EXPECT_EQ(session->on("/tele").size(), 1U) << "only the first";
}

TEST_F(PublisherTest, AFullBatchDoesNotWaitForItsLinger) {
    site.mqtt.linger = seconds(60);
    tuning.batch_samples = 4;
    start();
    connect();
    for (int i = 0; i < 9; ++i) {
        sample(i);
    }
    EXPECT_EQ(session->on("/tele").size(), 2U);
}

TEST_F(PublisherTest, SamplesAroundAnAlarmAreReportedWhateverTheDeadband) {
    builder.spec(point).deadband = 100;
    start();
    connect();
    sample(1);
    sample(2);
    EXPECT_EQ(session->on("/tele").size(), 1U);
    alarms::Alarm alarm = full_alarm(1);
    alarm.key = {"d", "a", "rule"};
    publisher->event(transition(1, alarm));
    sample(3);
    const auto sent = session->on("/tele");
    ASSERT_EQ(sent.size(), 2U);
    const auto seen = read_batch(envelope_of(sent[1]).record().batch(), {{1, {1, 0}}});
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].value, 2);
    EXPECT_EQ(seen[1].value, 3);
}

TEST_F(PublisherTest, WithoutAConnectionTelemetryIsTheStoresAndComesAsHistory) {
    start();
    for (int i = 0; i < 3; ++i) {
        sample(i);
    }
    connect();
    EXPECT_TRUE(session->on("/tele").empty());
    EXPECT_EQ(sequences(session->on("/hist")), (Sequences{1, 2, 3}));
    EXPECT_FALSE(envelope_of(session->on("/hist")[0]).resent());
    sample(9);
    EXPECT_EQ(sequences(session->on("/tele")), (Sequences{4}));
    acknowledge_all();
    ASSERT_TRUE(wait_for([&] { return store.records.empty(); }));
    EXPECT_EQ(session->on("/hist").size(), 3U);
}

TEST_F(PublisherTest, TooMuchWaitingTelemetryIsLeftToTheStoreAndStillComesOnce) {
    tuning.live_records = 4;
    tuning.hist_rate = 0;
    start();
    connect();
    acknowledge_all();
    for (int i = 0; i < 40; ++i) {
        sample(i);
    }
    EXPECT_LE(publisher->status().telemetry_waiting, 4U + 64U);
    acknowledge_all();
    Sequences all = sequences(session->on("/tele"));
    const Sequences old = sequences(session->on("/hist"));
    EXPECT_FALSE(old.empty());
    EXPECT_EQ(all.back(), 40U);  // what is newest is live
    all.insert(all.end(), old.begin(), old.end());
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all.size(), 40U);
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace gengfu::publish
