#include "tests/unit/publish/publisher_fixture.hpp"

#include "daemon/publish/encoder.hpp"

namespace gengfu::publish {

using std::chrono::milliseconds;
using std::chrono::seconds;

v1::Envelope envelope_of(const FakeSession::Sent& sent) {
    v1::Envelope out;
    EXPECT_TRUE(out.ParseFromString(sent.payload)) << sent.topic;
    return out;
}

Sequences sequences(const std::vector<FakeSession::Sent>& sent) {
    Sequences out;
    for (const FakeSession::Sent& one : sent) {
        out.push_back(envelope_of(one).record().identity().sequence());
    }
    return out;
}

PublisherTest::PublisherTest() {
    device = builder.device("d", {"a", "b"});
    point = builder.point(device, "a");
    site.mqtt.brokers = {{false, "broker", 1883}};
    site.mqtt.linger = Duration::zero();
    // Times of the field that no test waits for; those that one does wait for are shortened there.
    tuning.listing = seconds(60);
}

void PublisherTest::make() {
    publish::Run run{.gateway = "gw-test",
                     .epoch = kEpoch,
                     .start = 3,
                     .software = "gengfu test",
                     .configuration_hash = "c0",
                     .aliases = {},
                     .catalogue_hash = catalogue_hash,
                     .known_epochs = {{Epoch{1}, 1, last_event}},
                     .complete_start = complete_start};
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

void PublisherTest::start() {
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

std::string PublisherTest::payload_of_earlier_run(std::uint64_t sequence) {
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

void PublisherTest::order(const std::string& verb, v1::Command command, const std::string& id) {
    command.set_id(id);
    command.mutable_expires()->set_wall_us(INT64_MAX);
    command.set_on_behalf_of("Li Wei");
    session->callbacks.message({base() + "command/" + verb, command.SerializeAsString(), false});
    settle();
    settle();
}

void PublisherTest::end_listing() {
    for (const FakeSession::Sent& sent : std::vector(session->sent)) {
        if (sent.topic.starts_with(base() + "alarm/marker/")) {
            session->callbacks.message({sent.topic, "", false});
        }
    }
    settle();
}

}  // namespace gengfu::publish
