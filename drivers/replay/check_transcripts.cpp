#include "drivers/replay/check_transcripts.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "daemon/core/read_file.hpp"
#include "drivers/replay/replay_bus.hpp"
#include "drivers/replay/transcript.hpp"

namespace gengfu::drivers::replay {

using config::Diagnostic;
using config::Gravity;

namespace {

void check_units(const config::Site& site, BusId bus, const Transcript& transcript,
                 std::vector<Diagnostic>& found) {
    std::set<std::uint8_t> units;
    for (const Exchange& exchange : transcript.exchanges) {
        units.insert(exchange.request.front());
    }
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        const config::Device& device = site.devices[i];
        if (device.bus == bus && !units.contains(device.unit)) {
            found.push_back({Gravity::kWarning, site.at(DeviceId{i}),
                             "device \"" + device.name + "\": unit " + std::to_string(device.unit) +
                                 " is never asked in " + site.bus(bus).transcript +
                                 ": it will be silent; is it the transcript of this line?"});
        }
    }
}

}  // namespace

std::vector<Diagnostic> check_transcripts(const config::Site& site) {
    std::vector<Diagnostic> found;
    for (std::uint32_t i = 0; i < site.buses.size(); ++i) {
        const config::Bus& bus = site.buses[i];
        if (bus.kind != config::BusKind::kReplay) {
            continue;
        }
        const Result<std::string> text = read_file(bus.transcript, kMaxTranscriptBytes + 1);
        if (!text) {
            continue;
        }
        if (text->size() > kMaxTranscriptBytes) {
            found.push_back({Gravity::kError,
                             {bus.transcript, 0, 0},
                             "has more than 16 MiB: take a part of it, from a request on"});
            continue;
        }
        Examined examined = examine_transcript(*text, bus.transcript);
        const bool good = !config::has_errors(examined.found) && !examined.transcript.exchanges.empty();
        std::ranges::move(examined.found, std::back_inserter(found));
        if (good) {
            check_units(site, BusId{i}, examined.transcript, found);
        }
    }
    return found;
}

}  // namespace gengfu::drivers::replay
