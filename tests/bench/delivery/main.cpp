// The gateway's half of delivery alone, by the code of the daemon: publisher, store, MQTT library. Says what
// it measured as one line of JSON. tools/bench delivery runs it.
//
//   bench_delivery --mode cpu      --broker PORT --ca FILE|none --folder DIR --samples N
//   bench_delivery --mode library  (as cpu; the reference: the library alone, payloads of the same size)
//   bench_delivery --mode backlog  --broker PORT --ca none --folder DIR --samples N
//   bench_delivery --mode alarm    --broker PORT --ca none --folder DIR --samples EVENTS
//   bench_delivery --mode outage   --broker 0 --ca none --folder DIR --samples N
//   bench_delivery --mode fill     --broker 0 --ca none --folder DIR --samples RECORDS
#include <map>
#include <string>

#include "tests/bench/delivery/modes.hpp"
#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

Result<Wanted> read(const Options& options) {
    const Result<std::string> mode = options.text("mode"), ca = options.text("ca"),
                              folder = options.text("folder");
    const Result<std::int64_t> port = options.number("broker", 0, 65535);
    const Result<std::int64_t> samples = options.number("samples", 1, 1'000'000'000);
    if (!mode || !ca || !folder || !port || !samples) {
        return fail(Errc::kInvalid, "--mode, --broker, --ca, --folder and --samples are wanted");
    }
    return Wanted{*mode, *ca, *folder, static_cast<std::uint16_t>(*port),
                  static_cast<std::uint64_t>(*samples)};
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    using namespace gengfu::bench;
    const gengfu::Result<Options> options = Options::parse(count, words);
    const gengfu::Result<Wanted> wanted =
        options ? read(*options) : gengfu::fail(options.error().code, options.error().what);
    if (!wanted) {
        give_up(wanted.error().what);
    }
    const std::map<std::string, void (*)(const Wanted&)> modes{{"cpu", cpu},         {"library", library},
                                                               {"backlog", backlog}, {"alarm", alarm},
                                                               {"outage", outage},   {"fill", fill}};
    const auto mode = modes.find(wanted->mode);
    if (mode == modes.end()) {
        give_up("no such mode: " + wanted->mode);
    }
    mode->second(*wanted);
    return 0;
}
