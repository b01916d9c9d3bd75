#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/publish/publisher.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {

using Sequences = std::vector<std::uint64_t>;

v1::Envelope envelope_of(const FakeSession::Sent& sent);
Sequences sequences(const std::vector<FakeSession::Sent>& sent);

/// The publisher between a fake broker and a fake store.
class PublisherTest : public testing::Test {
protected:
    PublisherTest();

    void make();
    // With its catalogue already recorded, so that events are those of the test.
    void start();
    // Runs all that is ready.
    void settle() {
        core.restart();
        core.poll();
    }
    // Runs until `done`, at most two seconds.
    template <class F>
    bool wait_for(F done) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (!done() && std::chrono::steady_clock::now() < until) {
            core.restart();
            core.run_for(std::chrono::milliseconds(2));
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
    std::string payload_of_earlier_run(std::uint64_t sequence);
    void end_listing();
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
    void order(const std::string& verb, v1::Command command, const std::string& id = "c-1");
    v1::Reply reply() {
        const auto replies = session->on("/reply");
        return replies.empty() ? v1::Reply() : envelope_of(replies.back()).reply();
    }
    void sample(double value) {
        publisher->samples({test::good(point, value, clock.now())});
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
    std::uint64_t complete_start = 0;
    std::vector<PlatformCommand> commands;
    std::vector<std::string> notices;
    std::unique_ptr<Publisher> publisher;
    FakeSession* session = nullptr;
};

}  // namespace gengfu::publish
