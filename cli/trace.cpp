// gengfu trace BUS: the bytes of a line as they go, and what they mean.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/line.hpp"
#include "cli/terminal.hpp"
#include "cli/trace_frames.hpp"
#include "daemon/sampling/bus_worker.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr auto kPace = std::chrono::milliseconds(100);
/// An answer that is not followed by a request is shown after so long.
constexpr double kSettled = 0.5;

struct Piece {
    drivers::Direction direction{};
    double at = 0;  ///< seconds of the monotonic clock
    std::vector<std::uint8_t> bytes;
};

/// Shows pieces as frames and keeps them as a transcript (docs/bus.md).
class Recorder {
public:
    Recorder(Wire wire, Format format) : wire_(wire), format_(format) {}

    /// Never over a file that holds something. \retval Errc::kIo
    Result<void> save_to(const std::string& path) {
        std::error_code unknown;
        const std::filesystem::file_status status = std::filesystem::status(path, unknown);
        const bool is_there = std::filesystem::exists(status);
        const bool holds_something =
            std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, unknown) > 0;
        if (holds_something) {
            return fail(Errc::kIo, path + " exists, and a trace is not written over it: give another name");
        }
        const int create = is_there ? 0 : O_CREAT | O_EXCL;
        constexpr mode_t kMode = 0666;  // as the user's mask leaves it
        const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | create, kMode);
        if (fd < 0) {
            return fail(Errc::kIo, "cannot write " + path + ": " + std::strerror(errno));
        }
        path_ = path;
        is_ours_ = !is_there;
        file_.reset(::fdopen(fd, "w"));
        write(std::string("protocol ") + (wire_ == Wire::kRtu ? "rtu" : "tcp") + "\n");
        return {};
    }

    /// \retval Errc::kIo  not all could be written
    Result<void> close() {
        if (!file_) {
            return {};
        }
        if (std::fclose(file_.release()) != 0 && error_ == 0) {
            error_ = errno;
        }
        if (!asked_ && is_ours_) {
            ::unlink(path_.c_str());  // nothing is in it
        }
        return error_ == 0 ? Result<void>()
                           : fail(Errc::kIo, path_ + " is not whole: " + std::strerror(error_));
    }

    void take(const Piece& piece) {
        began_ = frames_ == 0 && answer_.empty() ? piece.at : began_;
        if (piece.direction == drivers::Direction::kSent) {
            settle();
            show(piece.at, ">", request_frame(wire_, piece.bytes));
            asked_ = true;
        } else {
            answer_at_ = answer_.empty() ? piece.at : answer_at_;
            answer_.insert(answer_.end(), piece.bytes.begin(), piece.bytes.end());
        }
        // A transcript begins with a request: what came before has none to belong to.
        if (file_ && asked_) {
            char time[32];
            std::snprintf(time, sizeof time, "[%.6f] ", std::max(0.0, piece.at - began_));
            write(time + std::string(piece.direction == drivers::Direction::kSent ? "> " : "< ") +
                  hex(piece.bytes) + "\n");
        }
        last_ = piece.at;
    }

    /// Nothing has come for a while: what is there is all.
    void idle(double now) {
        if (now > last_ + kSettled) {
            settle();
        }
    }
    void lost(std::uint64_t pieces) {
        if (pieces > 0) {
            print(
                paint(Colour::kRed, std::to_string(pieces) + " pieces were lost: this terminal is too slow") +
                "\n");
        }
    }
    void finish() { settle(); }
    std::uint64_t frames() const { return frames_; }

private:
    void write(const std::string& text) {
        if ((std::fputs(text.c_str(), file_.get()) < 0 || std::fflush(file_.get()) != 0) && error_ == 0) {
            error_ = errno;
        }
    }

    void settle() {
        for (const Frame& frame : answer_frames(wire_, answer_)) {
            show(answer_at_, "<", frame);
        }
        answer_.clear();
    }

    void show(double at, const char* direction, const Frame& frame) {
        const double gap = frames_ == 0 ? 0 : (at - shown_) * 1e3;
        shown_ = at;
        ++frames_;
        if (format_ == Format::kJson) {
            std::printf("%s\n", json{{"at", at - began_},
                                     {"direction", direction},
                                     {"gap_ms", gap},
                                     {"bytes", hex(frame.bytes)},
                                     {"meaning", frame.meaning},
                                     {"whole", frame.whole}}
                                    .dump()
                                    .c_str());
            std::fflush(stdout);
            return;
        }
        char head[64];
        std::snprintf(head, sizeof head, "%12.6f %+9.1f ms %s ", at - began_, gap, direction);
        print(head + paint(frame.whole ? Colour::kPlain : Colour::kRed, frame.meaning) + "  " +
              paint(Colour::kGrey, hex(frame.bytes)) + "\n");
        std::fflush(stdout);
    }

    Wire wire_;
    Format format_;
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Closer> file_;
    std::string path_;
    bool is_ours_ = false;  ///< the file was not there
    int error_ = 0;
    std::vector<std::uint8_t> answer_;
    double answer_at_ = 0, began_ = 0, last_ = 0, shown_ = 0;
    std::uint64_t frames_ = 0;
    bool asked_ = false;
};

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

/// Through the daemon, which goes on with its work. \retval Errc::kNotFound no daemon runs
Result<void> follow_daemon(const TraceWish& wish, const config::Bus& bus, Recorder& recorder) {
    const End end(wish.time);
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
        recorder.lost(answer->value("lost", std::uint64_t{0}));
        for (const json& piece : answer->value("pieces", json::array())) {
            recorder.take(
                {word(piece, "direction") == ">" ? drivers::Direction::kSent : drivers::Direction::kReceived,
                 piece.value("at", 0.0), from_hex(word(piece, "bytes"))});
        }
        recorder.idle(end.now());
        std::this_thread::sleep_for(kPace);
    } while (!end.reached());
    return {};
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
    while (!end.reached()) {
        std::this_thread::sleep_for(kPace);
        std::vector<Piece> taken;
        {
            const std::lock_guard lock(mutex);
            taken.swap(pieces);
        }
        std::ranges::for_each(taken, [&](const Piece& piece) { recorder.take(piece); });
        recorder.idle(end.now());
    }
    worker.stop();
    return {};
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
