// Without a broker: memory over a day, and a store that is full.
#include <algorithm>
#include <cstdio>
#include <string>

#include "tests/bench/delivery/modes.hpp"

namespace gengfu::bench {

void outage(const Wanted& wanted) {
    publish::Tuning tuning = unpaced();
    tuning.batch_samples = 2 * kBatch;  // of a linger of 2 s
    Gateway gateway(wanted, tuning);
    gateway.begin(false);
    const std::uint64_t batches = wanted.samples / tuning.batch_samples;
    double settled = 0, highest = 0, lowest = 1e9;
    for (std::uint64_t i = 0; i < batches; ++i) {
        gateway.samples(tuning.batch_samples);
        if (i % 90 == 0) {
            gateway.alarm();
        }
        gateway.turn();
        if (i % 64 == 63) {
            gateway.let_store_catch_up();
            const double now = resident_mb();
            if (i < batches / 20) {
                settled = now;
            } else {
                highest = std::max(highest, now);
                lowest = std::min(lowest, now);
            }
        }
    }
    gateway.let_store_catch_up();
    if (gateway.store().usage().records_abandoned != 0) {
        give_up("records were given up: this was no outage that the store holds");
    }
    std::printf("{\"settled_mb\": %.3f, \"highest_mb\": %.3f, \"lowest_mb\": %.3f, \"end_mb\": %.3f}\n",
                settled, highest, lowest, resident_mb());
}

void fill(const Wanted& wanted) {
    Wanted offline = wanted;
    offline.port = 0;
    Gateway gateway(offline, unpaced());
    gateway.begin(false);
    for (std::uint64_t i = 1; i <= wanted.samples; ++i) {
        const Result<void> kept =
            gateway.store().append_telemetry({{gateway.start().epoch, Stream::kTelemetry, i},
                                              store::Encoding::kProtobuf,
                                              std::string(1600, 't')});
        if (!kept) {
            give_up(kept.error().what);
        }
        if (i % 160 == 0) {
            gateway.let_store_catch_up();
        }
    }
    std::printf("{\"bytes\": %llu}\n", static_cast<unsigned long long>(gateway.store().usage().bytes));
}

}  // namespace gengfu::bench
