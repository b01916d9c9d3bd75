// How soon an alarm arrives: behind a backlog, and alone beside the disk.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "tests/bench/delivery/modes.hpp"
#include "tests/bench/delivery/subscriber.hpp"

namespace gengfu::bench {

using std::chrono::milliseconds;

void backlog(const Wanted& wanted) {
    Wanted offline = wanted;
    offline.port = 0;
    {
        Gateway gateway(offline, unpaced());
        gateway.begin(false);
        for (std::uint64_t i = 0; i < wanted.samples / kBatch; ++i) {
            gateway.samples(kBatch);
            gateway.turn();
            if (i % 256 == 255) {
                gateway.let_store_catch_up();
            }
        }
    }
    Subscriber subscriber(wanted.port);
    Gateway gateway(wanted, unpaced());
    if (gateway.store().usage().telemetry_pending < wanted.samples / kBatch) {
        give_up("the backlog is not whole");
    }
    gateway.begin(true);
    const auto began = Steady::now();
    auto next_alarm = began + milliseconds(50);
    std::vector<std::pair<std::uint64_t, Steady::time_point>> raised;
    gateway.until(
        [&] {
            if (Steady::now() >= next_alarm) {
                const auto now = Steady::now();
                raised.emplace_back(gateway.alarm(), now);
                next_alarm = now + milliseconds(17);
            }
            // Each event has its own PUBACK; those of the alarm's retained topic make up for the catalogue's.
            return gateway.status().acknowledged >= wanted.samples / kBatch + raised.size();
        },
        "the backlog to be drained");
    const double took = milliseconds_of(Steady::now() - began) / 1e3;
    gateway.until([&] { return gateway.store().usage().telemetry_pending == 0; }, "the store to be told");
    std::vector<double> latencies;
    for (const auto& [sequence, at] : raised) {
        gateway.until([&, wanted_event = sequence] { return subscriber.has(wanted_event); }, "an alarm");
        latencies.push_back(milliseconds_of(subscriber.at(sequence) - at));
    }
    std::printf("{\"samples_a_second\": %.0f, \"seconds\": %.3f, \"alarms\": %zu, \"alarm_p99_ms\": %.3f}\n",
                static_cast<double>(wanted.samples) / took, took, latencies.size(),
                quantile(latencies, 0.99));
}

void alarm(const Wanted& wanted) {
    Subscriber subscriber(wanted.port);
    Gateway gateway(wanted, {});
    gateway.begin(true);
    // Written over and over, as the log is.
    const int file = ::open((wanted.folder + "/fsync").c_str(), O_CREAT | O_RDWR, 0600);
    const std::string block(4096, 'b');
    for (int i = 0; i < 64; ++i) {
        static_cast<void>(!::pwrite(file, block.data(), block.size(), i * 4096));
    }
    ::fsync(file);
    std::vector<double> latencies, bare;
    for (std::uint64_t i = 0; i < wanted.samples; ++i) {
        auto began = Steady::now();
        const std::uint64_t sequence = gateway.alarm();
        gateway.until([&] { return subscriber.has(sequence); }, "an alarm");
        latencies.push_back(milliseconds_of(subscriber.at(sequence) - began));
        const auto rest = Steady::now() + milliseconds(5);
        gateway.until([&] { return Steady::now() >= rest; }, "a pause");
        began = Steady::now();
        if (::pwrite(file, block.data(), block.size(), static_cast<off_t>(i % 64) * 4096) != 4096 ||
            ::fdatasync(file) != 0) {
            give_up("the reference cannot be written");
        }
        bare.push_back(milliseconds_of(Steady::now() - began));
    }
    ::close(file);
    std::printf("{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"fsync_p50_ms\": %.3f, \"fsync_p99_ms\": %.3f}\n",
                quantile(latencies, 0.5), quantile(latencies, 0.99), quantile(bare, 0.5),
                quantile(bare, 0.99));
}

}  // namespace gengfu::bench
