// What the platform orders.
#include "tests/support/chinese.hpp"
#include "tests/unit/publish/publisher_fixture.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(PublisherTest, CommandsAreAnswered) {
    start();
    connect();
    v1::Command command;
    command.set_id("c-1");
    command.mutable_expires()->set_wall_us(INT64_MAX);
    command.set_alarm_id("a");
    command.set_revision(1);
    session->callbacks.message({base() + "command/ack", command.SerializeAsString(), false});
    session->callbacks.message({base() + "command/drill", command.SerializeAsString(), true});
    settle();
    ASSERT_EQ(commands.size(), 1U);
    const auto replies = session->on("/reply");
    ASSERT_EQ(replies.size(), 2U);
    EXPECT_EQ(envelope_of(replies[0]).reply().outcome(), v1::OUTCOME_DONE);
    EXPECT_EQ(envelope_of(replies[0]).reply().revision(), 2U);
    EXPECT_EQ(envelope_of(replies[1]).reply().outcome(), v1::OUTCOME_REFUSED);
}

TEST_F(PublisherTest, ACommandIsAnsweredWhenItsEventIsOnDiskOrVolatile) {
    for (const bool commits : {true, false}) {
        tuning.volatile_after = commits ? Duration(seconds(60)) : Duration(milliseconds(20));
        start();
        connect();
        store.disk = FakeStore::Disk::kHangs;
        v1::Command command;
        command.set_id("c-1");
        command.mutable_expires()->set_wall_us(INT64_MAX);
        command.set_alarm_id("raise");
        command.set_revision(1);
        session->callbacks.message({base() + "command/ack", command.SerializeAsString(), false});
        settle();
        EXPECT_TRUE(session->on("/reply").empty());
        if (commits) {
            store.finish_commits();
        }
        EXPECT_TRUE(wait_for([&] { return session->on("/reply").size() == 1; })) << commits;
        publisher.reset();
        store = FakeStore{};
        catalogue_hash.clear();
    }
}

TEST_F(PublisherTest, ARebirthSaysAllThatIsRetainedAgain) {
    start();
    connect();
    end_listing();
    standing = {full_alarm(7)};
    acknowledge_all();
    session->sent.clear();
    order("rebirth", {});
    for (const char* topic : {"/state", "/birth", "/catalogue/0"}) {
        ASSERT_EQ(session->on(topic).size(), 1U) << topic;
        EXPECT_EQ(session->on(topic)[0].retain, Retain::kYes) << topic;
    }
    EXPECT_EQ(session->on(alarm_topic(standing[0].id)).size(), 1U);
    EXPECT_EQ(reply().outcome(), v1::OUTCOME_DONE);
    const auto events = session->on("/event");
    ASSERT_EQ(events.size(), 1U);
    const v1::Audit audit = envelope_of(events[0]).record().audit();
    EXPECT_EQ(audit.what(), "command-rebirth");
    EXPECT_EQ(audit.actor().kind(), "platform");
    EXPECT_EQ(audit.actor().on_behalf_of(), "Li Wei");
    EXPECT_NE(audit.text().en().find("rebirth c-1: DONE"), std::string::npos) << audit.text().en();
    EXPECT_EQ(test::english_in(audit.text().zh(), {"rebirth", "c-1"}), std::vector<std::string>{})
        << audit.text().zh();
}

TEST_F(PublisherTest, ACatalogueIsAnsweredByItsHashAndAnOldOneDoesNotStay) {
    start();
    connect();
    acknowledge_all();
    session->sent.clear();
    v1::Command command;
    command.set_catalogue_hash(publisher->catalogue_hash());
    order("rebirth", command);
    EXPECT_EQ(session->on("/catalogue/0").size(), 1U);
    EXPECT_TRUE(session->on("/birth").empty());
    session->sent.clear();
    command.set_catalogue_hash("00000000000000aa");
    order("rebirth", command, "c-2");
    ASSERT_EQ(session->on("/catalogue/0").size(), 1U);
    EXPECT_EQ(session->on("/catalogue/0")[0].retain, Retain::kNo);
    EXPECT_EQ(envelope_of(session->on("/catalogue/0")[0]).catalogue().hash(), "00000000000000aa");
    session->sent.clear();
    command.set_catalogue_hash("00000000000000bb");
    order("rebirth", command, "c-3");
    EXPECT_EQ(reply().outcome(), v1::OUTCOME_NOT_FOUND);
}

TEST_F(PublisherTest, AConsumerThatLostDataGetsItAgainWithItsBytes) {
    start();
    connect();
    acknowledge_all();
    raise(1);
    raise(2);
    sample(1);
    sample(2);
    acknowledge_all();
    const auto event = session->on("/event").at(0);
    const auto batch = session->on("/tele").at(1);
    ASSERT_TRUE(wait_for([&] { return store.records.empty(); })) << "all confirmed";
    session->sent.clear();
    v1::Command command;
    command.set_consumer("governance-db");
    v1::ConfirmedRanges& has = *command.add_except_ranges();
    has.set_epoch(kEpoch.value);
    has.set_stream(v1::STREAM_TELEMETRY);
    has.add_ranges()->set_first(1);
    has.mutable_ranges(0)->set_last(1);
    v1::ConfirmedRanges& wanted = *command.add_ranges();
    wanted.set_epoch(kEpoch.value);
    wanted.set_stream(v1::STREAM_EVENT);
    wanted.add_ranges()->set_first(1);
    wanted.mutable_ranges(0)->set_last(1);
    v1::ConfirmedRanges& all = *command.add_ranges();
    all.set_epoch(kEpoch.value);
    all.set_stream(v1::STREAM_TELEMETRY);
    order("resend", command);
    ASSERT_TRUE(wait_for([&] {
        acknowledge_all();
        return session->on("/hist").size() == 1;
    }));
    EXPECT_EQ(reply().outcome(), v1::OUTCOME_DONE) << reply().message();
    const v1::Envelope again = envelope_of(session->on("/event").at(1));  // 0 is the command's audit
    EXPECT_TRUE(again.resent());
    EXPECT_EQ(again.record().SerializeAsString(), envelope_of(event).record().SerializeAsString());
    EXPECT_EQ(envelope_of(session->on("/hist")[0]).record().SerializeAsString(),
              envelope_of(batch).record().SerializeAsString());
}

TEST_F(PublisherTest, WhatIsSentAgainSurvivesTheConnectionAndSaysWhatIsGone) {
    start();
    connect();
    acknowledge_all();
    sample(1);
    acknowledge_all();
    ASSERT_TRUE(wait_for([&] { return store.records.empty(); }));
    v1::Command command;
    command.set_consumer("governance-db");
    v1::ConfirmedRanges& wanted = *command.add_ranges();
    wanted.set_epoch(kEpoch.value);
    wanted.set_stream(v1::STREAM_TELEMETRY);
    wanted.add_ranges()->set_first(1);
    wanted.mutable_ranges(0)->set_last(3);
    order("resend", command);
    EXPECT_EQ(reply().missing(0).ranges(0).first(), 2U);
    EXPECT_EQ(reply().missing(0).ranges(0).last(), 3U);
    ASSERT_TRUE(wait_for([&] { return session->on("/hist").size() == 1; }));
    session->lose();  // before its PUBACK
    settle();
    connect();
    ASSERT_TRUE(wait_for([&] {
        acknowledge_all();
        return session->on("/hist").size() == 2;
    }));
    core.restart();
    core.run_for(milliseconds(20));
    EXPECT_EQ(session->on("/hist").size(), 2U);
}

TEST_F(PublisherTest, CommandsBeyondNumberAreNotAllRecorded) {
    start();
    connect();
    for (int i = 0; i < 100; ++i) {
        order("drill", {}, "c-" + std::to_string(i));
        acknowledge_all();
    }
    EXPECT_EQ(session->on("/reply").size(), 100U);
    EXPECT_EQ(session->on("/event").size(), 60U);
    EXPECT_EQ(envelope_of(session->on("/event")[0]).record().audit().what(), "command-refused");
    const std::string zh = envelope_of(session->on("/event")[0]).record().audit().text().zh();
    EXPECT_EQ(test::english_in(zh, {"drill", "c-0"}), std::vector<std::string>{}) << zh;
    const std::vector<AnsweredCommand> kept = publisher->answered_commands();
    EXPECT_EQ(kept.size(), 100U);
}

TEST_F(PublisherTest, AnEmptyCommandRemovesARetainedOneAndIsNotAnswered) {
    start();
    connect();
    session->callbacks.message({base() + "command/ack", "", false});
    settle();
    EXPECT_TRUE(session->on("/reply").empty());
}

}  // namespace
}  // namespace gengfu::publish
