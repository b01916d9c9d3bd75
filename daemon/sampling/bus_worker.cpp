#include "daemon/sampling/bus_worker.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/device_reader.hpp"
#include "daemon/sampling/schedule.hpp"
#include "daemon/sampling/write_request.hpp"

namespace gengfu::sampling {
namespace {

/// How long opening a line may take: a TCP connect across a radio link, with one lost SYN.
constexpr Duration kOpenTime = std::chrono::seconds(5);
constexpr Duration kFirstReopen = std::chrono::milliseconds(250);
constexpr Duration kLongestReopen = std::chrono::seconds(5);
/// Counters reach other threads at most this often: what is asked for once a second is not made anew with
/// every read. What changes (a line, a unit's health) is seen at once.
constexpr Duration kSnapshotPace = std::chrono::milliseconds(500);

/// Share of the last minute in which the line was in use.
class Load {
public:
    void add(Monotonic began, Monotonic ended) {
        const auto second = std::chrono::floor<std::chrono::seconds>(ended.time_since_epoch()).count();
        for (; second_ < second; ++second_) {
            if (second - second_ > static_cast<std::int64_t>(busy_.size())) {
                second_ = second - static_cast<std::int64_t>(busy_.size());
            }
            busy_[static_cast<std::size_t>(second_ + 1) % busy_.size()] = {};
        }
        busy_[static_cast<std::size_t>(second) % busy_.size()] += ended - began;
    }
    double share(Duration since_start) const {
        Duration sum{};
        for (const Duration busy : busy_) {
            sum += busy;
        }
        const Duration over =
            std::clamp<Duration>(since_start, std::chrono::seconds(1), std::chrono::seconds(60));
        return std::min(1.0, std::chrono::duration<double>(sum) / std::chrono::duration<double>(over));
    }

private:
    std::array<Duration, 60> busy_{};
    std::int64_t second_ = 0;
};

std::vector<DeviceId> devices_on(const config::Site& site, BusId bus) {
    std::vector<DeviceId> devices;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].bus == bus) {
            devices.push_back(DeviceId{i});
        }
    }
    return devices;
}

/// Errors of a bus begin with its name, which is known where a snapshot is read.
std::string without_name(const std::string& what, const std::string& bus) {
    const std::string name = "bus " + bus + ": ";
    return what.starts_with(name) ? what.substr(name.size()) : what;
}

}  // namespace

struct BusWorker::Loop {
    struct ReadRequest {
        std::size_t position = 0;
        ReadDone done;
        std::function<void(Loop&)> act;  ///< in place of a read
    };

    const config::Site& site;
    BusId id;
    std::unique_ptr<drivers::Bus> bus;
    const Clock& clock;
    BatchSink sink;
    Schedule schedule;
    std::vector<DeviceReader> readers;
    Monotonic started;
    Duration reopen_pause = kFirstReopen;
    Monotonic reopen_at{};
    Monotonic lent_until{};
    std::string lent_to;
    NoLine no_line = NoLine::kReopening;
    LineWatch watch;
    bool tried = false;  ///< to open it
    Load load;
    Monotonic command_not_before{};  ///< reads on demand keep to their share of the line
    bool unpublished = false;        ///< counters have changed since the snapshot
    Monotonic published_at{};

    mutable std::mutex mutex;  // guards what follows
    std::condition_variable wake;
    bool stopping = false;
    std::deque<ReadRequest> requests;
    BusSnapshot seen;

    Loop(const config::Site& of, BusId bus_id, std::unique_ptr<drivers::Bus> line, const Clock& time,
         BatchSink to)
        : site(of),
          id(bus_id),
          bus(std::move(line)),
          clock(time),
          sink(std::move(to)),
          schedule(of, devices_on(of, bus_id), time.now()),
          started(time.now()) {
        readers.reserve(schedule.size());
        for (std::size_t i = 0; i < schedule.size(); ++i) {
            readers.emplace_back(of, schedule.device(i), schedule.cadences(i));
        }
        publish_snapshot(started);
    }

    void run() {
        if (site.bus(id).kind == config::BusKind::kModbusRtu) {
            // The kernel's usual 50 us of slack at each of an exchange's waits would be time that the line is
            // idle.
            ::prctl(PR_SET_TIMERSLACK, 1);
        }
        while (!stopped()) {
            if (std::optional<ReadRequest> request = next_request(clock.now())) {
                answer(*request);
                continue;
            }
            // Also when nothing is due: the sooner it is open, the less is missed.
            const bool open = ready(clock.now());
            const Monotonic now = clock.now();
            const std::optional<Turn> turn = schedule.next(now);
            if (!turn || turn->at > now) {
                const Monotonic due = turn ? turn->at : Monotonic::max();
                idle_until(open ? due : std::min(due, std::max(reopen_at, lent_until)), now);
            } else if (open) {
                poll(*turn);
            } else {
                pass_over(*turn, now);
            }
        }
        answer_all_with_bad();
        bus->close();
    }

    bool stopped() const {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    std::optional<ReadRequest> next_request(Monotonic now) {
        const std::lock_guard lock(mutex);
        const auto ready = std::find_if(requests.begin(), requests.end(), [&](const ReadRequest& request) {
            return now >= not_before(request);
        });
        if (ready == requests.end()) {
            return std::nullopt;
        }
        ReadRequest request = std::move(*ready);
        requests.erase(ready);
        return request;
    }

    /// A read keeps the truce; a write does not wait for it.
    Monotonic not_before(const ReadRequest& request) const {
        return request.act ? command_not_before
                           : std::max(command_not_before, schedule.on_demand_from(request.position));
    }

    void idle_until(Monotonic when, Monotonic now) {
        const Monotonic publish_at = published_at + kSnapshotPace;
        if (unpublished && now >= publish_at) {
            publish_snapshot(now);
        }
        wait_until(unpublished ? std::min(when, publish_at) : when);
    }

    void wait_until(Monotonic when) {
        std::unique_lock lock(mutex);
        const std::size_t known = requests.size();
        for (const ReadRequest& request : requests) {
            when = std::min(when, not_before(request));  // passed already: no wait
        }
        const auto woken = [&] { return stopping || requests.size() != known; };
        if (when == Monotonic::max()) {
            wake.wait(lock, woken);
        } else {
            wake.wait_until(lock, when, woken);
        }
    }

    /// Opens the line when it is time to. \return whether it is open.
    bool ready(Monotonic now) {
        if (bus->is_open()) {
            return true;
        }
        if (now < std::max(reopen_at, lent_until)) {
            return false;
        }
        const Result<void> opened = bus->open(now + kOpenTime);
        if (!opened && opened.error().code == Errc::kInterrupted) {
            return false;
        }
        tried = true;
        if (opened) {
            reopen_pause = kFirstReopen;
            schedule.connected(clock.now());
            for (DeviceReader& reader : readers) {
                reader.set_up_again();
            }
            publish_snapshot(clock.now());
            return true;
        }
        no_line = NoLine::kCannotOpen;
        line_lost(LineTrouble::kCannotOpen, opened.error().what);
        return false;
    }

    void line_broke(const std::string& why) {
        no_line = NoLine::kReopening;
        line_lost(LineTrouble::kBreaks, why);
    }

    void line_lost(LineTrouble kind, const std::string& why) {
        bus->close();
        line_away(DeviceReader::Away::kLost);
        const Monotonic now = clock.now();
        watch.lost(kind, without_name(why, site.bus(id).name), now);
        reopen_at = now + reopen_pause;
        reopen_pause = std::min(reopen_pause * 2, kLongestReopen);
        publish_snapshot(now);
    }

    void poll(const Turn& turn) {
        Batch batch{.bus = id, .samples = {}, .health = {}};
        const Monotonic began = clock.now();
        const TurnResult result = readers[turn.device].take(turn, *bus, clock, batch.samples);
        if (result.interrupted) {
            return;
        }
        const Monotonic ended = clock.now();
        load.add(began, ended);
        const bool changed = result.line_lost ? schedule.broke_line(turn, began, ended)
                                              : schedule.finished(turn, result.answered, began, ended);
        if (changed) {
            batch.health.push_back({schedule.device(turn.device), schedule.health(turn.device), ended});
            if (schedule.health(turn.device) == Health::kOffline) {
                readers[turn.device].set_up_again();  // it may come back from a power cut
            }
        }
        note_line(result, ended);
        unpublished = true;
        if (changed || ended >= published_at + kSnapshotPace) {
            publish_snapshot(ended);
        }
        sink(std::move(batch));
    }

    void note_line(const TurnResult& result, Monotonic now) {
        if (result.line_lost) {
            line_broke(result.trouble);
        } else if (result.answered) {
            watch.answered(now);
        }
    }

    /// The line is gone: what is due is bad, at its own pace.
    void pass_over(const Turn& turn, Monotonic now) {
        Batch batch{.bus = id, .samples = {}, .health = {}};
        readers[turn.device].give_up(turn.due, Reason::kLine, now, batch.samples);
        if (schedule.skipped(turn, no_line, now)) {
            batch.health.push_back({schedule.device(turn.device), schedule.health(turn.device), now});
            publish_snapshot(now);
        }
        sink(std::move(batch));
    }

    void do_job(const LineJob& job) {
        if (!ready(clock.now())) {
            job(nullptr);
            return;
        }
        job(bus.get());
        line_away(DeviceReader::Away::kTool);
        unpublished = true;
        if (!bus->is_open()) {
            line_broke("lost while it was asked on demand");
        }
    }

    /// What is shown begins like a connection: everything is asked, also what was set aside. A transcript of
    /// it can be played.
    void begin_trace(const drivers::Tap& tap) {
        bus->set_tap(tap);
        for (DeviceReader& reader : readers) {
            reader.ask_refused_again();
        }
        if (bus->is_open()) {
            schedule.connected(clock.now());
            line_away(DeviceReader::Away::kTool);
        }
    }

    void line_away(DeviceReader::Away why) {
        for (DeviceReader& reader : readers) {
            reader.line_away(why);
        }
    }

    void write(std::size_t position, const drivers::Request& request, const WriteDone& done) {
        const Monotonic began = clock.now();
        if (!ready(began)) {
            done(
                fail(Errc::kIo, "bus " + site.bus(id).name + ": the line is not open: " + line_words(began)));
            return;
        }
        const Result<void> written = readers[position].write(request, *bus);
        const Monotonic ended = clock.now();
        load.add(began, ended);
        unpublished = true;
        if (!written && written.error().code == Errc::kTimeout) {
            schedule.owes(position, ended);
        } else if (!written && written.error().code == Errc::kIo) {
            line_broke(written.error().what);
        }
        done(written);
    }

    std::string line_words(Monotonic now) const {
        return now < lent_until ? "lent to " + lent_to : tried ? watch.why() : "not opened yet";
    }

    void lend(Duration time, const std::string& whom) {
        const Monotonic now = clock.now();
        lent_until = now + time;
        lent_to = whom;
        reopen_at = now;
        reopen_pause = kFirstReopen;
        if (time > Duration::zero()) {
            no_line = NoLine::kReopening;
            bus->close();
        }
        line_away(DeviceReader::Away::kTool);
        publish_snapshot(now);
    }

    /// What is done on demand keeps to its share of the line.
    void pay(Monotonic began, Monotonic ended) {
        command_not_before = began + std::chrono::duration_cast<Duration>((ended - began) / kCommandShare);
    }

    void answer(const ReadRequest& request) {
        const Monotonic now = clock.now();
        if (request.act) {
            request.act(*this);
            pay(now, clock.now());
            return;
        }
        std::vector<Sample> samples;
        DeviceReader& reader = readers[request.position];
        const Turn turn{.device = request.position, .due = reader.all(), .at = now};
        if (!ready(now)) {
            reader.give_up(turn.due, Reason::kLine, now, samples);
        } else {
            const TurnResult result = reader.take(turn, *bus, clock, samples);
            const Monotonic ended = clock.now();
            note_line(result, ended);
            load.add(now, ended);
            if (!result.answered && !result.line_lost) {
                schedule.owes(turn.device, ended);
            }
            pay(now, ended);
            unpublished = true;
            if (result.interrupted) {
                samples.clear();
                reader.give_up(turn.due, Reason::kLine, now, samples);
            }
        }
        // What was read on demand is a sample like any other.
        sink(Batch{.bus = id, .samples = samples, .health = {}});
        request.done(std::move(samples));
    }

    void answer_all_with_bad() {
        while (const std::optional<ReadRequest> request = next_request(Monotonic::max())) {
            if (request->act) {
                request->act(*this);
                continue;
            }
            std::vector<Sample> samples;
            DeviceReader& reader = readers[request->position];
            reader.give_up(reader.all(), Reason::kLine, clock.now(), samples);
            request->done(std::move(samples));
        }
    }

    void publish_snapshot(Monotonic now) {
        unpublished = false;
        published_at = now;
        const std::lock_guard lock(mutex);
        seen.open = bus->is_open();
        seen.kind = watch.trouble();
        seen.trouble = line_words(now);
        seen.traffic = bus->traffic();
        seen.load = load.share(now - started);
        seen.devices.resize(schedule.size());
        seen.units.resize(schedule.size());
        for (std::size_t i = 0; i < schedule.size(); ++i) {
            seen.devices[i] = schedule.health(i);
            seen.units[i] = readers[i].traffic(now);
        }
    }
};

BusWorker::BusWorker(const config::Site& site, BusId id, std::unique_ptr<drivers::Bus> bus,
                     const Clock& clock, BatchSink sink)
    : id_(id), loop_(std::make_unique<Loop>(site, id, std::move(bus), clock, std::move(sink))) {}

BusWorker::~BusWorker() {
    stop();
}

void BusWorker::start() {
    thread_ = std::thread([this] { loop_->run(); });
}

void BusWorker::stop() {
    {
        const std::lock_guard lock(loop_->mutex);
        loop_->stopping = true;
    }
    loop_->bus->interrupt();
    loop_->wake.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::optional<std::size_t> BusWorker::position_of(DeviceId device) const {
    for (std::size_t i = 0; i < loop_->schedule.size(); ++i) {
        if (loop_->schedule.device(i) == device) {
            return i;
        }
    }
    return std::nullopt;
}

Result<void> BusWorker::write_now(DeviceId device, config::Register reg, std::int64_t value, WriteDone done) {
    const std::optional<std::size_t> position = position_of(device);
    if (!position) {
        return fail(Errc::kNotFound, "the device is not on this bus");
    }
    Result<drivers::Request> request = write_request(loop_->site, device, reg, value);
    if (!request) {
        return pass(request);
    }
    // Ahead of waiting reads: a siren is not held back by people who look at values.
    return put([position = *position, request = std::move(*request),
                done = std::move(done)](Loop& loop) { loop.write(position, request, done); },
               Place::kFirst);
}

Result<void> BusWorker::read_now(DeviceId device, ReadDone done) {
    const std::optional<std::size_t> position = position_of(device);
    if (!position) {
        return fail(Errc::kNotFound, "the device is not on this bus");
    }
    const std::lock_guard lock(loop_->mutex);
    if (loop_->requests.size() >= kMostRequests || loop_->stopping) {
        return fail(Errc::kFull, "bus " + loop_->site.bus(id_).name + ": too many reads are waiting");
    }
    loop_->requests.push_back({*position, std::move(done), {}});
    loop_->wake.notify_all();
    return {};
}

Result<void> BusWorker::put(std::function<void(Loop&)> act, Place place) {
    const std::lock_guard lock(loop_->mutex);
    if (loop_->requests.size() >= kMostRequests || loop_->stopping) {
        return fail(Errc::kFull, "bus " + loop_->site.bus(id_).name + ": too many requests are waiting");
    }
    if (place == Place::kFirst) {
        loop_->requests.push_front({0, {}, std::move(act)});
    } else {
        loop_->requests.push_back({0, {}, std::move(act)});
    }
    loop_->wake.notify_all();
    return {};
}

Result<void> BusWorker::on_line(LineJob job) {
    return put([job = std::move(job)](Loop& loop) { loop.do_job(job); });
}

Result<void> BusWorker::tap(drivers::Tap tap) {
    return put([tap = std::move(tap)](Loop& loop) { loop.begin_trace(tap); });
}

Result<void> BusWorker::lend(Duration time, std::string to_whom, std::function<void()> done) {
    return put([time, to_whom = std::move(to_whom), done = std::move(done)](Loop& loop) {
        loop.lend(time, to_whom);
        done();
    });
}

BusSnapshot BusWorker::snapshot() const {
    const std::lock_guard lock(loop_->mutex);
    return loop_->seen;
}

}  // namespace gengfu::sampling
