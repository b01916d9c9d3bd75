// What publishing costs on our side of Paho: CPU from samples() to the bytes handed over, and the time that
// takes. Paho's own part is measured by tools/bench delivery with a real broker.
#include <benchmark/benchmark.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "daemon/publish/publisher.hpp"

namespace gengfu::publish {
namespace {

// Acknowledges at once, as a broker without any distance would.
struct NearBroker final : Session {
    explicit NearBroker(Callbacks to) : callbacks(std::move(to)) {}
    void start() override { callbacks.connected({}); }
    Result<void> publish(const std::string& topic, const std::string& payload, Retain,
                         std::uint64_t token) override {
        bytes += payload.size();
        if (topic.ends_with("/tele")) {
            handed_over = std::chrono::steady_clock::now();
        }
        callbacks.acknowledged(token);
        return {};
    }
    Result<void> subscribe(const std::string&) override { return {}; }
    Result<void> unsubscribe(const std::string&) override { return {}; }
    void reconnect() override {}
    void stop() override {}

    Callbacks callbacks;
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point handed_over{};
};

struct NoDisk final : store::Store {
    void commit_event(store::Record, std::string, Done done) override { done({}); }
    Result<void> append_telemetry(store::Record) override { return {}; }
    void save_book(std::string) override {}
    void save_configuration(std::string, Done) override {}
    void confirm(const std::string&, Epoch, Stream, std::vector<store::SequenceRange>) override {}
    void pending(Stream, std::optional<Identity>, std::size_t,
                 std::function<void(Result<store::Pending>)> found) override {
        found(store::Pending{});
    }
    store::Usage usage() const override { return {}; }
    Result<void> close(Monotonic) override { return {}; }
};

config::Site site_of(std::size_t points) {
    config::Site site;
    site.gateway.id = "gw-bench";
    site.mqtt.brokers = {{false, "none", 1883}};
    site.mqtt.linger = Duration::zero();
    site.buses.emplace_back();
    config::Profile profile;
    config::Device device;
    device.name = "device";
    for (std::size_t i = 0; i < points; ++i) {
        config::PointSpec spec;
        spec.name = "p" + std::to_string(i);
        spec.scale = 0.1;
        profile.points.push_back(spec);
        site.points.push_back({DeviceId{0}, static_cast<config::PointRef>(i), -1});
    }
    site.profiles.push_back(profile);
    site.devices.push_back(device);
    return site;
}

// A batch of so many points, each changed since the batch before.
void Samples(benchmark::State& state) {
    const auto points = static_cast<std::size_t>(state.range(0));
    const config::Site site = site_of(points);
    boost::asio::io_context core;
    NoDisk store;
    SystemClock clock;
    NearBroker* broker = nullptr;
    Run run{
        .gateway = "gw-bench", .epoch = Epoch{1}, .start = 1, .software = "bench", .configuration_hash = ""};
    Questions questions;
    questions.standing = [] { return std::vector<const alarms::Alarm*>(); };
    questions.last_event_sequence = [] { return std::uint64_t{0}; };
    Publisher publisher(core.get_executor(), site, run, store, clock, questions,
                        [&](const config::Mqtt&, std::string, Will, Callbacks callbacks) {
                            auto made = std::make_unique<NearBroker>(std::move(callbacks));
                            broker = made.get();
                            return made;
                        });
    publisher.start();
    core.poll();
    broker->bytes = 0;
    std::vector<Sample> samples(points);
    double longest = 0;
    std::uint64_t round = 0;
    for (auto _ : state) {
        ++round;
        const Monotonic now = clock.now();
        for (std::size_t i = 0; i < points; ++i) {
            samples[i] = {.point = PointId{static_cast<std::uint32_t>(i)},
                          .quality = Quality::kGood,
                          .value = static_cast<double>((round * 37 + i * 577) % 65536) * 0.1,
                          .taken = now,
                          .text = {}};
        }
        const auto began = std::chrono::steady_clock::now();
        publisher.samples(samples);
        longest += std::chrono::duration<double>(broker->handed_over - began).count();
        core.restart();
        core.poll();
    }
    const auto all = static_cast<double>(state.iterations()) * static_cast<double>(points);
    state.counters["per sample"] =
        benchmark::Counter(all, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["bytes/sample"] = static_cast<double>(broker->bytes) / all;
    state.counters["us to handed over"] = longest * 1e6 / static_cast<double>(state.iterations());
}
BENCHMARK(Samples)->Arg(1)->Arg(10)->Arg(100)->Arg(500);

}  // namespace
}  // namespace gengfu::publish
