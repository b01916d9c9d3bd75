// The publisher between a fake broker and a fake store.
#include "daemon/publish/publisher.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "daemon/publish/confirmation.hpp"
#include "daemon/publish/encoder.hpp"
#include "tests/support/chinese.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::good;

v1::Envelope envelope_of(const FakeSession::Sent& sent) {
    v1::Envelope out;
    EXPECT_TRUE(out.ParseFromString(sent.payload)) << sent.topic;
    return out;
}

std::vector<std::uint64_t> sequences(const std::vector<FakeSession::Sent>& sent) {
    std::vector<std::uint64_t> out;
    for (const FakeSession::Sent& one : sent) {
        out.push_back(envelope_of(one).record().identity().sequence());
    }
    return out;
}
using Sequences = std::vector<std::uint64_t>;

class PublisherTest : public testing::Test {
protected:
    PublisherTest() {
        device = builder.device("d", {"a", "b"});
        point = builder.point(device, "a");
        site.mqtt.brokers = {{false, "broker", 1883}};
        site.mqtt.linger = Duration::zero();
        // Times of the field that no test waits for; those that one does wait for are shortened there.
        tuning.listing = seconds(60);
    }

    void make() {
        publish::Run run{.gateway = "gw-test",
                         .epoch = kEpoch,
                         .start = 3,
                         .software = "gengfu test",
                         .configuration_hash = "c0",
                         .aliases = {},
                         .catalogue_hash = catalogue_hash,
                         .known_epochs = {{Epoch{1}, 1, last_event}}};
        Questions questions;
        questions.standing = [this] {
            std::vector<const alarms::Alarm*> out;
            for (const alarms::Alarm& alarm : standing) {
                out.push_back(&alarm);
            }
            return out;
        };
        questions.last_event_sequence = [this] { return publisher->next_event_sequence() - 1; };
        questions.carry_out = [this](const PlatformCommand& command, const Commands::Done& done) {
            commands.push_back(command);
            if (command.alarm_id == "raise") {
                publisher->event(transition(publisher->next_event_sequence(), full_alarm(1)));
            }
            done({v1::OUTCOME_DONE, "done", 2});
        };
        questions.catalogue = [](const std::string& hash) {
            v1::CatalogueChange part;
            part.set_hash(hash);
            part.set_parts(1);
            return hash == "00000000000000aa" ? std::vector<std::string>{part.SerializeAsString()}
                                              : std::vector<std::string>{};
        };
        questions.name_in_use = [this](std::uint64_t number, bool alive) {
            namesakes.emplace_back(number, alive);
        };
        questions.take_up = [this](alarms::Alarm alarm) {
            taken_up.push_back(alarm.id);
            standing.push_back(std::move(alarm));
            return true;
        };
        listed = 0;
        questions.listed = [this] { ++listed; };
        questions.state = [] {
            v1::State state;
            state.add_buses()->set_name("rs485-1");
            return state.SerializeAsString();
        };
        questions.notice = [this](Notice, const std::string& text) { notices.push_back(text); };
        publisher = std::make_unique<Publisher>(
            core.get_executor(), site, run, store, clock, questions,
            [this](const config::Mqtt&, const std::string& id, const Will& with, Callbacks callbacks) {
                client_id = id;
                will = with;
                auto made = std::make_unique<FakeSession>(std::move(callbacks));
                session = made.get();
                return made;
            },
            tuning);
    }
    // With its catalogue already recorded, so that events are those of the test.
    void start() {
        make();
        catalogue_hash = "";
        publisher->start();
        settle();
        if (!store.records.empty()) {
            const std::string hash = publisher->catalogue_hash();
            publisher.reset();
            core.restart();
            store = FakeStore{};
            catalogue_hash = hash;
            make();
            publisher->start();
            settle();
        }
    }
    // Runs all that is ready.
    void settle() {
        core.restart();
        core.poll();
    }
    // Runs until `done`, at most two seconds.
    template <class F>
    bool wait_for(F done) {
        const auto until = std::chrono::steady_clock::now() + seconds(2);
        while (!done() && std::chrono::steady_clock::now() < until) {
            core.restart();
            core.run_for(milliseconds(2));
        }
        return done();
    }
    void connect(std::uint16_t receive_maximum = 20) {
        session->connect(receive_maximum);
        settle();
    }
    void acknowledge_all() {
        while (!session->open.empty()) {
            session->acknowledge_all();
            settle();
        }
    }
    // A retained message that an earlier run, epoch 1, has left at the broker.
    void retained(std::uint64_t sequence, const std::string& payload) {
        session->callbacks.message({base() + alarm_topic({Epoch{1}, sequence}), payload, true});
    }
    std::string payload_of_earlier_run(std::uint64_t sequence) {
        alarms::Alarm alarm = full_alarm(sequence);
        alarm.id = {Epoch{1}, sequence};
        alarm.acknowledged = false;
        const publish::Run run{.gateway = "gw-test",
                               .epoch = Epoch{1},
                               .start = 2,
                               .software = "gengfu test",
                               .configuration_hash = "c0"};
        return publish::Encoder(run, site.mqtt.encoding, clock).alarm(alarm);
    }
    void end_listing() {
        for (const FakeSession::Sent& sent : std::vector(session->sent)) {
            if (sent.topic.starts_with(base() + "alarm/marker/")) {
                session->callbacks.message({sent.topic, "", false});
            }
        }
        settle();
    }
    bool emptied(std::uint64_t sequence) {
        const auto sent = session->on(alarm_topic({Epoch{1}, sequence}));
        return sent.size() == 1 && sent[0].payload.empty();
    }
    void raise(std::uint64_t sequence) {
        alarms::Alarm alarm = full_alarm(sequence);
        alarm.acknowledged = false;
        publisher->event(transition(sequence, alarm));
        settle();
    }
    void order(const std::string& verb, v1::Command command, const std::string& id = "c-1") {
        command.set_id(id);
        command.mutable_expires()->set_wall_us(INT64_MAX);
        command.set_on_behalf_of("Li Wei");
        session->callbacks.message({base() + "command/" + verb, command.SerializeAsString(), false});
        settle();
        settle();
    }
    v1::Reply reply() {
        const auto replies = session->on("/reply");
        return replies.empty() ? v1::Reply() : envelope_of(replies.back()).reply();
    }
    void sample(double value) {
        publisher->samples({good(point, value, clock.now())});
        settle();
    }
    std::string alarm_topic(AlarmId id) { return "alarm/440309008012003/" + to_string(id); }
    std::string base() { return "gengfu/v1/-/-/gw-test/"; }

    test::SiteBuilder builder;
    config::Site& site = builder.site();
    DeviceId device;
    PointId point;
    SystemClock clock;
    boost::asio::io_context core;
    FakeStore store;
    Tuning tuning;
    std::string catalogue_hash, client_id;
    Will will;
    std::vector<alarms::Alarm> standing;
    std::vector<AlarmId> taken_up;
    using Namesakes = std::vector<std::pair<std::uint64_t, bool>>;
    Namesakes namesakes;  ///< start number, whether it is alive
    int listed = 0;
    std::uint64_t last_event = 5;  ///< of the run before
    std::vector<PlatformCommand> commands;
    std::vector<std::string> notices;
    std::unique_ptr<Publisher> publisher;
    FakeSession* session = nullptr;
};

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

TEST_F(PublisherTest, AnEmptyCommandRemovesARetainedOneAndIsNotAnswered) {
    start();
    connect();
    session->callbacks.message({base() + "command/ack", "", false});
    settle();
    EXPECT_TRUE(session->on("/reply").empty());
}

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
