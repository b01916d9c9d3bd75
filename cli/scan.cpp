// gengfu scan BUS-OR-PORT: which units are on a line, and what they are. Reads only, never writes.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/line.hpp"
#include "cli/scan_plan.hpp"
#include "cli/scan_report.hpp"
#include "cli/scan_state.hpp"
#include "cli/scan_walk.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

const std::vector<config::Bus> kNoBuses;

/// Proposed where somebody answers later than he is waited for: longer than any sensor known takes.
constexpr int kLongTimeoutMs = 1000;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string minutes_text(Duration duration) {
    const auto whole = static_cast<long>(seconds(duration) + 0.5);
    char text[32];
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
    return text;
}

void show_progress(const ScanWalk& scan, Format format) {
    if (format == Format::kJson || ::isatty(STDERR_FILENO) == 0) {
        return;
    }
    constexpr std::size_t kWidth = 30;
    const std::size_t full = scan.size() == 0 ? kWidth : kWidth * scan.next() / scan.size();
    std::fprintf(stderr, "\r[%s%s] %s, %zu found, about %s left \033[K", std::string(full, '#').c_str(),
                 std::string(kWidth - full, '.').c_str(), scan.position().c_str(), scan.found().size(),
                 minutes_text(scan.left()).c_str());
}

json to_json(const config::Bus& bus, const ScanWalk& scan, const BusBlock& block,
             const std::vector<std::string>& devices) {
    json blocks = json::array();
    for (const std::string& text : devices) {
        blocks.push_back(text);
    }
    return {{"bus", bus.name},         {"finished", scan.done()},     {"seconds_left", seconds(scan.left())},
            {"found", scan.found()},   {"noisy", scan.noisy()},       {"late_frames", scan.late()},
            {"bus_block", block.text}, {"devices", std::move(blocks)}};
}

int report(const ScanWish& wish, const Configured& known, const config::Bus& bus, const ScanWalk& scan,
           const ScanState& state) {
    const BusBlock block = bus_block(bus, scan.found(), known);
    const std::vector<std::string> devices = device_blocks(scan.found(), block.bus, known);
    if (wish.common.format == Format::kJson) {
        std::printf("%s\n", to_json(bus, scan, block, devices).dump().c_str());
        return scan.done() ? kDone : kFailed;
    }
    std::string text = scan.found().empty() ? "nobody answered\n" : "";  // the others were shown by run()
    text += noise_line(scan.noisy());
    const bool several =
        std::ranges::any_of(scan.found(), [](const json& one) { return one.value("several", false); });
    if (scan.late() > 0 && !several) {  // the slower one of two is explained already
        text +=
            "somebody else was heard on the line: a unit that answers after the time-out (try --timeout " +
            std::to_string(kLongTimeoutMs) + "), or another master\n";
    }
    if (!scan.done()) {
        text += "not finished, about " + minutes_text(scan.left()) + " left: the same command goes on (" +
                state.path().string() + ")\n";
    } else if (wish.depth != Depth::kAll && bus.kind == config::BusKind::kModbusRtu) {
        text += wish.depth == Depth::kConfigured
                    ? "without --configured it looks at the common line settings, too\n"
                    : "--all looks at all other line settings, too\n";
    }
    std::string blocks;
    for (const std::string& device : devices) {
        blocks += device;
    }
    if (blocks.find("[[device]]") != std::string::npos) {
        text += "\nFor a file in devices.d/:\n" + block.text + blocks;
    }
    print(text);
    return scan.done() ? kDone : kFailed;
}

void clear_progress() {
    if (::isatty(STDERR_FILENO) != 0) {
        std::fprintf(stderr, "\r\033[K");
        std::fflush(stderr);
    }
}

/// Steps until the end, a signal, or the time that was given. Shows people each unit as soon as it is found:
/// who has seen all his sensors need not wait for the rest.
Result<void> run(ScanWalk& scan, const ScanWish& wish, const Configured& known, const ScanState& state) {
    const SystemClock clock;
    const Monotonic end = wish.limit > Duration::zero() ? clock.now() + wish.limit : Monotonic::max();
    Monotonic saved = clock.now();
    std::size_t told = scan.found().size();
    bool kept = true;
    const auto keep = [&] {
        const Result<void> written = state.write(scan.state());
        if (!written && kept) {
            complain("an interruption begins anew: " + written.error().what);
        }
        kept = written.has_value();
    };
    std::size_t shown = 0;
    const auto show_found = [&] {
        for (; wish.common.format == Format::kForPeople && shown < scan.found().size(); ++shown) {
            clear_progress();
            print(found_line(scan.found()[shown], known));
            std::fflush(stdout);  // into a file, too
        }
    };
    show_found();  // of an earlier try
    while (!scan.done() && !is_stopped() && clock.now() < end) {
        show_progress(scan, wish.common.format);
        if (Result<void> stepped = scan.step(); !stepped) {
            keep();
            return stepped;
        }
        show_found();
        if (scan.found().size() > told || clock.now() > saved + std::chrono::seconds(1)) {
            keep();
            saved = clock.now();
            told = scan.found().size();
        }
    }
    if (wish.common.format == Format::kForPeople) {
        clear_progress();
    }
    if (scan.done()) {
        state.remove();
    } else {
        keep();
    }
    return {};
}

Result<config::Bus> bus_to_scan(const Knowledge& knowledge, const ScanWish& wish) {
    Result<config::Bus> bus = find_bus(knowledge, wish.bus, wish.line);
    if (bus && bus->kind == config::BusKind::kReplay) {
        return fail(Errc::kInvalid, "bus " + bus->name + " plays a transcript: there is nothing to scan");
    }
    return bus;
}

/// What the configuration itself says of the line, whatever --line says.
Configured configured(const Knowledge& knowledge, const std::string& bus_or_port) {
    Configured known;
    known.no_profiles = knowledge.profiles.empty();
    known.site = knowledge.site ? &*knowledge.site : nullptr;
    const Result<config::Bus> found = find_bus(knowledge, bus_or_port);
    for (const config::Bus& bus : knowledge.site&& found ? knowledge.site->buses : kNoBuses) {
        if (bus.name == found->name) {
            known.bus = &bus;
        }
    }
    return known;
}

}  // namespace

int scan(const ScanWish& wish) {
    const Knowledge knowledge = gather_knowledge(wish.common);
    const Result<config::Bus> bus = bus_to_scan(knowledge, wish);
    if (!bus) {
        complain(bus.error().what);
        return bus.error().code == Errc::kInvalid ? kWrongUsage : kFailed;
    }
    const Result<ScanState> opened = ScanState::open(ScanState::place(wish.state, wish.bus));
    if (!opened) {
        complain(opened.error().what);
        return kWrongUsage;
    }
    const ScanState& state = *opened;
    stop_on_signals();
    const bool serial = bus->kind == config::BusKind::kModbusRtu;
    const ScanPlan plan =
        plan_scan(bus->serial, knowledge.profiles, wish.units, serial ? wish.depth : Depth::kConfigured);
    auto line = Line::take(wish.common, *bus, wish.taking);
    if (!line) {
        complain(line.error().what);
        return kFailed;
    }
    if (!knowledge.no_profiles.empty()) {
        complain(knowledge.no_profiles);
    }
    ScanWalk scan(knowledge.profiles, *bus, plan, wish.timeout, **line);
    scan.resume(wish.from_start ? json::object() : state.read());
    if (wish.common.format == Format::kForPeople) {
        std::fprintf(
            stderr,
            "scanning %s: %s, %s, about %s, and some seconds for each unit that answers; reads only\n",
            bus->name.c_str(),
            counted(static_cast<std::ptrdiff_t>(plan.settings.size()), "line setting").c_str(),
            counted(static_cast<std::ptrdiff_t>(scan.size() - scan.next()), "request").c_str(),
            minutes_text(scan.left()).c_str());
    }
    const Configured known = configured(knowledge, wish.bus);
    if (const Result<void> done = run(scan, wish, known, state); !done) {
        complain(done.error().what);
        report(wish, known, *bus, scan, state);
        return kFailed;
    }
    return report(wish, known, *bus, scan, state);
}

}  // namespace gengfu::cli
