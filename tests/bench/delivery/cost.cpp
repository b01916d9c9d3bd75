// Processor time: the gateway's and, for comparison, the library's alone.
#include <atomic>
#include <cstdio>
#include <thread>

#include "daemon/publish/session.hpp"
#include "tests/bench/delivery/modes.hpp"

namespace gengfu::bench {

void cpu(const Wanted& wanted) {
    Gateway gateway(wanted, unpaced());
    gateway.begin(true);
    const auto run = [&](std::uint64_t batches) {
        for (std::uint64_t i = 0; i < batches; ++i) {
            gateway.samples(kBatch);
            gateway.turn();
            gateway.until([&] { return gateway.status().published - gateway.status().acknowledged < 10; },
                          "PUBACKs");
        }
        gateway.until([&] { return gateway.status().published == gateway.status().acknowledged; },
                      "the last PUBACK");
    };
    run(200);
    const double before = cpu_seconds();
    const std::uint64_t batches = wanted.samples / kBatch;
    run(batches);
    const double used = cpu_seconds() - before;
    std::printf("{\"us_a_sample\": %.4f}\n", used * 1e6 / static_cast<double>(batches * kBatch));
}

void library(const Wanted& wanted) {
    const config::Site site = site_of(wanted);
    std::atomic<std::uint64_t> acknowledged{0}, connected{0};
    publish::Callbacks callbacks;
    callbacks.connected = [&](const publish::Connected&) { ++connected; };
    callbacks.lost = [](const std::string& why) { give_up("lost: " + why); };
    callbacks.acknowledged = [&](std::uint64_t) { ++acknowledged; };
    callbacks.refused = [](std::uint64_t, const std::string& why) { give_up("refused: " + why); };
    callbacks.message = [](const publish::Incoming&) {};
    const auto session = publish::make_session(site.mqtt, "bench-library", {"bench/will", "off"}, callbacks);
    session->start();
    const auto wait = [](const auto& condition) {
        const auto end = Steady::now() + kPatience;
        while (!condition()) {
            if (Steady::now() > end) {
                give_up("the library: not in time");
            }
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    };
    wait([&] { return connected > 0; });
    const std::string payload(kBatch * 6, 'x');
    std::uint64_t sent = 0;
    const auto run = [&](std::uint64_t batches) {
        for (std::uint64_t i = 0; i < batches; ++i) {
            if (!session->publish("bench/library", payload, publish::Retain::kNo, ++sent)) {
                give_up("the library takes nothing");
            }
            wait([&] { return sent - acknowledged < 10; });
        }
        wait([&] { return sent == acknowledged; });
    };
    run(200);
    const double before = cpu_seconds();
    const std::uint64_t batches = wanted.samples / kBatch;
    run(batches);
    const double used = cpu_seconds() - before;
    session->stop();
    std::printf("{\"us_a_sample\": %.4f}\n", used * 1e6 / static_cast<double>(batches * kBatch));
}

}  // namespace gengfu::bench
