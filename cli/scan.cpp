// gengfu scan BUS-OR-PORT: which units are on a line, and what they are. Reads only, never writes.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/line.hpp"
#include "cli/noise.hpp"
#include "cli/recognise.hpp"
#include "cli/scan_plan.hpp"
#include "cli/scan_report.hpp"
#include "cli/scan_state.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/text.hpp"
#include "daemon/sampling/device_reader.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

/// Asked so often in all, once somebody has shown.
constexpr int kTries = 4;
/// So long noise that was found explains what is damaged.
constexpr Duration kStaysNoisy = std::chrono::seconds(30);
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

/// A scan under way: where it stands, and what it has found.
class Scan {
public:
    Scan(const Knowledge& knowledge, config::Bus bus, ScanPlan plan, Duration timeout, Line& line)
        : knowledge_(knowledge),
          bus_(std::move(bus)),
          plan_(std::move(plan)),
          timeout_(timeout),
          line_(line) {}

    /// Goes on where an interrupted scan of the same plan ended.
    void resume(const json& state) {
        if (state.value("asks", std::size_t{0}) == plan_.asks.size() &&
            word(state, "line") == settings_text(bus_.serial)) {
            next_ = std::min(state.value("next", std::size_t{0}), plan_.asks.size());
            found_ = state.value("found", json::array());
            noisy_ = state.value("noisy", json::array());
            late_ = state.value("late", std::uint64_t{0});
        }
    }

    json state() const {
        return {{"asks", plan_.asks.size()},
                {"line", settings_text(bus_.serial)},
                {"next", next_},
                {"found", found_},
                {"noisy", noisy_},
                {"late", late_}};
    }

    std::size_t next() const { return next_; }
    bool done() const { return next_ == plan_.asks.size(); }
    const json& found() const { return found_; }
    /// Addresses at which noise was all that came.
    const json& noisy() const { return noisy_; }
    /// Whole frames that came when nobody was being examined: somebody answers after the time-out.
    std::uint64_t late() const { return late_; }
    Duration left() const { return bound(plan_, next_, timeout_); }
    std::size_t size() const { return plan_.asks.size(); }

    Result<void> step() {
        const Ask ask = plan_.asks[next_];
        if (!is_known(ask)) {
            if (Result<void> used = use(ask.settings); !used) {
                return used;
            }
            const std::uint64_t before = unasked_frames(line_.bus().traffic());
            const auto answer = look(ask);
            if (!answer) {
                return fail(answer.error().code, answer.error().what);
            }
            late_ += unasked_frames(line_.bus().traffic()) - before;
            if (*answer != Reply::kSilence) {
                if (Result<void> examined = examine(ask, *answer); !examined) {
                    return examined;
                }
            }
        }
        ++next_;
        return done() ? hear_the_last() : Result<void>();
    }

    std::string position() const {
        const Ask& ask = plan_.asks[std::min(next_, plan_.asks.size() - 1)];
        return settings_text(plan_.settings[ask.settings]) + " unit " + std::to_string(ask.unit);
    }

private:
    /// A unit that was found at one parity of a speed is not looked for at the others.
    bool is_known(const Ask& ask) const {
        for (const json& one : found_) {
            if (one["unit"] == ask.unit && one["baud"] == plan_.settings[ask.settings].baud) {
                return true;
            }
        }
        return false;
    }

    /// Of the units that were asked last none may have had its time yet.
    Result<void> hear_the_last() {
        const std::uint64_t before = unasked_frames(line_.bus().traffic());
        const Result<void> heard = listen(line_);
        late_ += unasked_frames(line_.bus().traffic()) - before;
        return heard;
    }

    Result<void> use(std::size_t settings) {
        const bool serial = bus_.kind == config::BusKind::kModbusRtu;
        if (serial && settings != settings_) {
            if (Result<void> used = line_.use(plan_.settings[settings]); !used) {
                return used;
            }
        }
        settings_ = settings;
        return {};
    }

    drivers::Request request(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                             std::uint16_t count) const {
        return {.unit = unit,
                .function = function,
                .address = address,
                .count = count,
                .values = {},
                .turnaround = timeout_,
                .min_gap = {}};
    }

    /// \retval Errc::kIo, kStale, kInterrupted  the line itself
    Result<Reply> look(const Ask& ask, Duration silence = {}) {
        drivers::Request one = request(ask.unit, ask.function, 0, 1);
        one.min_gap = silence;
        const auto answer = line_.ask(one);
        if (answer) {
            return Reply::kAnswer;
        }
        switch (answer.error().code) {
            case Errc::kTimeout:
                return Reply::kSilence;
            case Errc::kBadFrame:
                return Reply::kDamaged;
            case Errc::kRefused:
            case Errc::kBusy:
            case Errc::kUnsupported:
                return Reply::kAnswer;
            default:
                return fail(answer.error().code, answer.error().what);
        }
    }

    Result<void> examine(const Ask& ask, Reply first) {
        std::vector<Reply> replies{first};
        const std::uint64_t unasked = unasked_frames(line_.bus().traffic());
        while (replies.size() < kTries) {
            // Listened to for as long as a slower unit of the same address may still take.
            const auto reply = look(ask, kSlowestSensor);
            if (!reply) {
                return fail(reply.error().code, reply.error().what);
            }
            replies.push_back(*reply);
        }
        const bool followed = unasked_frames(line_.bus().traffic()) > unasked;
        Presence who = presence(replies, followed);
        if (who == Presence::kSeveral && presence(replies, followed, true) != who) {
            const Result<bool> noisy = is_noisy_now();
            if (!noisy) {
                return fail(noisy.error().code, noisy.error().what);
            }
            who = presence(replies, followed, *noisy);
            if (who == Presence::kNobody) {
                noisy_.push_back({{"unit", ask.unit}, {"line", settings_text(plan_.settings[ask.settings])}});
            }
        }
        if (who == Presence::kNobody) {
            return {};
        }
        json one{
            {"unit", ask.unit},
            {"line",
             bus_.kind == config::BusKind::kModbusRtu ? settings_text(plan_.settings[ask.settings]) : ""},
            {"baud", plan_.settings[ask.settings].baud},
            {"as_configured", plan_.settings[ask.settings] == bus_.serial},
            {"several", who == Presence::kSeveral},
            {"profiles", json::array()}};
        if (who == Presence::kOne) {
            one["profiles"] = recognised(ask);
        }
        found_.push_back(std::move(one));
        return {};
    }

    /// A line that was noisy a moment ago is so still.
    Result<bool> is_noisy_now() {
        const SystemClock clock;
        if (clock.now() < noisy_until_) {
            return true;
        }
        Result<bool> noisy = is_noisy(line_, timeout_);
        if (noisy && *noisy) {
            noisy_until_ = clock.now() + kStaysNoisy;
        }
        return noisy;
    }

    json recognised(const Ask& ask) {
        std::vector<std::pair<int, json>> ranked;
        for (const config::KnownProfile& known : knowledge_.profiles) {
            const std::optional<Evidence> evidence = evidence_for(known, ask);
            if (!evidence) {
                continue;
            }
            const int sum = score(*evidence);
            if (certainty(sum) != Certainty::kNone) {
                ranked.push_back({sum,
                                  {{"profile", known.profile.name},
                                   {"vendor", known.profile.vendor},
                                   {"model", known.profile.model},
                                   {"certainty", to_string(certainty(sum))},
                                   {"score", sum}}});
            }
        }
        std::ranges::stable_sort(ranked, std::greater<>(), [](const auto& each) { return each.first; });
        json list = json::array();
        for (auto& [sum, one] : ranked) {
            list.push_back(std::move(one));
        }
        return list;
    }

    /// Nothing where the profile says no way to know it, or one of its probes does not fit.
    std::optional<Evidence> evidence_for(const config::KnownProfile& known, const Ask& ask) {
        Evidence evidence;
        for (const config::Probe& probe : known.identify) {
            const std::uint8_t function = probe.reg.space == config::Space::kHolding    ? 3
                                          : probe.reg.space == config::Space::kInput    ? 4
                                          : probe.reg.space == config::Space::kDiscrete ? 2
                                                                                        : 1;
            const auto answer = line_.ask(request(ask.unit, function, probe.reg.address, width(probe)));
            if (!answer || !fits(probe, ask.unit, answer->values)) {
                return std::nullopt;
            }
            evidence.probe_bits += weight(probe, ask.unit);
        }
        if (known.identify.empty()) {
            return std::nullopt;
        }
        add_points(known.profile, ask, evidence);
        return evidence;
    }

    void add_points(const config::Profile& profile, const Ask& ask, Evidence& evidence) {
        config::Site site;
        site.buses.push_back(bus_);
        site.buses.back().timeout = timeout_;
        site.profiles.push_back(profile);
        config::Device device;
        device.unit = ask.unit;
        site.devices.push_back(device);
        for (std::size_t i = 0; i < profile.points.size(); ++i) {
            site.points.push_back({.device = DeviceId{0}, .spec = static_cast<config::PointRef>(i)});
        }
        if (!sampling::plannable(site, DeviceId{0})) {
            return;
        }
        sampling::DeviceReader reader(site, DeviceId{0}, sampling::cadences(device, profile));
        std::vector<Sample> samples;
        const SystemClock clock;
        reader.take({.device = 0, .due = reader.all(), .at = clock.now(), .probe = false}, line_.bus(), clock,
                    samples);
        for (const Sample& sample : samples) {
            evidence.points_good += sample.quality == Quality::kGood ? 1 : 0;
            evidence.points_refused += sample.reason == Reason::kException ? 1 : 0;
            evidence.points_odd +=
                sample.reason == Reason::kOutOfRange || sample.reason == Reason::kNotANumber ? 1 : 0;
        }
    }

    const Knowledge& knowledge_;
    config::Bus bus_;
    ScanPlan plan_;
    Duration timeout_;
    Line& line_;
    std::size_t settings_ = 0;
    std::size_t next_ = 0;
    json found_ = json::array();
    json noisy_ = json::array();
    std::uint64_t late_ = 0;
    Monotonic noisy_until_{};
};

void show_progress(const Scan& scan, Format format) {
    if (format == Format::kJson || ::isatty(STDERR_FILENO) == 0) {
        return;
    }
    constexpr std::size_t kWidth = 30;
    const std::size_t full = scan.size() == 0 ? kWidth : kWidth * scan.next() / scan.size();
    std::fprintf(stderr, "\r[%s%s] %s, %zu found, about %s left \033[K", std::string(full, '#').c_str(),
                 std::string(kWidth - full, '.').c_str(), scan.position().c_str(), scan.found().size(),
                 minutes_text(scan.left()).c_str());
}

json to_json(const config::Bus& bus, const Scan& scan, const BusBlock& block,
             const std::vector<std::string>& devices) {
    json blocks = json::array();
    for (const std::string& text : devices) {
        blocks.push_back(text);
    }
    return {{"bus", bus.name},         {"finished", scan.done()},     {"seconds_left", seconds(scan.left())},
            {"found", scan.found()},   {"noisy", scan.noisy()},       {"late_frames", scan.late()},
            {"bus_block", block.text}, {"devices", std::move(blocks)}};
}

int report(const ScanWish& wish, const Configured& known, const config::Bus& bus, const Scan& scan,
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
Result<void> run(Scan& scan, const ScanWish& wish, const Configured& known, const ScanState& state) {
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
    Scan scan(knowledge, *bus, plan, wish.timeout, **line);
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
