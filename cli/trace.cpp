// gengfu trace BUS: the bytes of a line as they go, and what they mean.

#include <algorithm>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/line.hpp"
#include "cli/terminal.hpp"
#include "cli/trace_recorder.hpp"
#include "daemon/sampling/bus_worker.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr auto kPace = std::chrono::milliseconds(100);
/// Seconds from one look at the daemon's line to the next; so long a line of our own has to be opened again.
constexpr double kLook = 1;

double seconds(Monotonic at) {
    return std::chrono::duration<double>(at.time_since_epoch()).count();
}

/// How long it goes on.
class End {
public:
    explicit End(Duration time) : at_(time > Duration::zero() ? clock_.now() + time : Monotonic::max()) {}
    bool reached() const { return is_stopped() || clock_.now() >= at_; }
    double now() const { return seconds(clock_.now()); }

private:
    SystemClock clock_;
    Monotonic at_;
};

/// Tells when the line is lost and when it is back: nothing that goes over it is no silence of its units.
class LineNews {
public:
    explicit LineNews(Recorder& recorder) : recorder_(recorder) {}

    void look(bool open, const std::string& trouble) {
        const std::string lost = open ? "" : trouble;
        if (lost == told_) {
            return;
        }
        recorder_.gap(lost.empty() ? "the line is back"
                                   : "the line is not there: " + lost + "; the trace waits for it");
        told_ = lost;
    }
    /// \retval Errc::kIo  it ended without the line
    Result<void> at_the_end() const {
        return told_.empty() ? Result<void>() : fail(Errc::kIo, "the trace ended without its line: " + told_);
    }

private:
    Recorder& recorder_;
    std::string told_;  ///< empty: the line is there
};

/// What the daemon says of the bus.
void look_at(const TraceWish& wish, const config::Bus& bus, LineNews& news) {
    const Result<json> status = ask(wish.common, {{"verb", "status"}});
    for (const json& one : status ? status->value("buses", json::array()) : json::array()) {
        if (word(one, "name") == bus.name) {
            news.look(one.value("open", true), word(one, "trouble"));
        }
    }
}

/// Through the daemon, which goes on with its work. \retval Errc::kNotFound no daemon runs
Result<void> follow_daemon(const TraceWish& wish, const config::Bus& bus, Recorder& recorder) {
    const End end(wish.time);
    LineNews news(recorder);
    double looked = 0;
    std::optional<std::uint64_t> last;
    do {
        json request{{"verb", "trace"}, {"bus", bus.name}};
        if (last) {
            request["after"] = *last;
        }
        const Result<json> answer = ask(wish.common, request);
        if (!answer) {
            return fail(answer.error().code, answer.error().what);
        }
        last = answer->value("last", std::uint64_t{0});
        if (const auto lost = answer->value("lost", std::uint64_t{0}); lost > 0) {
            recorder.gap(std::to_string(lost) + " pieces were lost: this terminal is too slow");
        }
        for (const json& piece : answer->value("pieces", json::array())) {
            recorder.take(
                {word(piece, "direction") == ">" ? drivers::Direction::kSent : drivers::Direction::kReceived,
                 piece.value("at", 0.0), from_hex(word(piece, "bytes"))});
        }
        if (answer->value("resumed", false)) {
            recorder.gap("nothing was seen since: this trace was halted for too long");
        }
        recorder.idle(end.now());
        if (end.now() > looked + kLook) {
            look_at(wish, bus, news);
            looked = end.now();
        }
        std::this_thread::sleep_for(kPace);
    } while (!end.reached());
    return news.at_the_end();
}

/// Without a daemon: asks the devices of the bus as the daemon would.
Result<void> ask_devices(const TraceWish& wish, const config::Site& site, BusId id, Recorder& recorder) {
    const SystemClock clock;
    auto line = drivers::make_bus(site.bus(id), clock);
    if (!line) {
        return pass(line);
    }
    std::mutex mutex;
    std::vector<Piece> pieces;
    (*line)->set_tap([&](drivers::Direction direction, std::span<const std::uint8_t> bytes, Monotonic at) {
        const std::lock_guard lock(mutex);
        pieces.push_back({direction, seconds(at), {bytes.begin(), bytes.end()}});
        return true;
    });
    if (Result<void> opened = (*line)->open(clock.now() + std::chrono::seconds(5)); !opened) {
        return opened;
    }
    sampling::BusWorker worker(site, id, std::move(*line), clock, [](const sampling::Batch&) {});
    worker.start();
    const End end(wish.time);
    const double began = end.now();
    LineNews news(recorder);
    while (!end.reached()) {
        std::this_thread::sleep_for(kPace);
        std::vector<Piece> taken;
        {
            const std::lock_guard lock(mutex);
            taken.swap(pieces);
        }
        std::ranges::for_each(taken, [&](const Piece& piece) { recorder.take(piece); });
        recorder.idle(end.now());
        if (end.now() > began + kLook) {
            const sampling::BusSnapshot now = worker.snapshot();
            news.look(now.open, now.trouble);
        }
    }
    worker.stop();
    return news.at_the_end();
}

Result<void> follow(const TraceWish& wish, const Knowledge& knowledge, const config::Bus& bus,
                    Recorder& recorder) {
    const Result<void> followed = follow_daemon(wish, bus, recorder);
    if (followed || followed.error().code != Errc::kNotFound) {
        return followed;
    }
    for (std::uint32_t i = 0; knowledge.site && i < knowledge.site->buses.size(); ++i) {
        if (knowledge.site->buses[i].name == bus.name) {
            return ask_devices(wish, *knowledge.site, BusId{i}, recorder);
        }
    }
    return fail(Errc::kNotFound,
                "no daemon runs, and no bus of the configuration has this port: there is nothing to ask");
}

}  // namespace

int trace(const TraceWish& wish) {
    const Knowledge knowledge = gather_knowledge(wish.common);
    const Result<config::Bus> bus = find_bus(knowledge, wish.bus);
    if (!bus) {
        complain(bus.error().what);
        return kFailed;
    }
    if (bus->kind == config::BusKind::kReplay) {
        complain("bus " + bus->name + " plays " + bus->transcript +
                 ", and has no line: nothing goes over one that could be shown; what it plays stands in that "
                 "file");
        return kWrongUsage;
    }
    stop_on_signals();
    Recorder recorder(bus->kind == config::BusKind::kModbusTcp ? Wire::kTcp : Wire::kRtu, wish.common.format);
    if (!wish.save.empty()) {
        if (const Result<void> opened = recorder.save_to(wish.save); !opened) {
            complain(opened.error().what);
            return kFailed;
        }
    }
    const Result<void> done = follow(wish, knowledge, *bus, recorder);
    recorder.finish();
    const Result<void> closed = recorder.close();
    for (const Result<void>& one : {done, closed}) {
        if (!one) {
            complain(one.error().what);
            return kFailed;
        }
    }
    if (recorder.frames() == 0) {
        complain("nothing went over the line");
    }
    return recorder.frames() > 0 ? kDone : kFailed;
}

}  // namespace gengfu::cli
