#include "daemon/sampling/bus_loop.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <utility>

namespace gengfu::sampling {
namespace {

/// How long opening a line may take: a TCP connect across a radio link, with one lost SYN.
constexpr Duration kOpenTime = std::chrono::seconds(5);
constexpr Duration kLongestReopen = std::chrono::seconds(5);
/// Counters reach other threads at most this often: what is asked for once a second is not made anew with
/// every read. What changes (a line, a unit's health) is seen at once.
constexpr Duration kSnapshotPace = std::chrono::milliseconds(500);

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

BusWorker::Loop::Loop(const config::Site& of, BusId bus_id, std::unique_ptr<drivers::Bus> line,
                      const Clock& time, BatchSink to)
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

void BusWorker::Loop::run() {
    // What `top -H` and a debugger call it; the kernel cuts it to 15 bytes.
    ::prctl(PR_SET_NAME, ("bus " + site.bus(id).name).c_str());
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

bool BusWorker::Loop::stopped() const {
    const std::lock_guard lock(mutex);
    return stopping;
}

void BusWorker::Loop::idle_until(Monotonic when, Monotonic now) {
    const Monotonic publish_at = published_at + kSnapshotPace;
    if (unpublished && now >= publish_at) {
        publish_snapshot(now);
    }
    wait_until(unpublished ? std::min(when, publish_at) : when);
}

void BusWorker::Loop::wait_until(Monotonic when) {
    std::unique_lock lock(mutex);
    const std::size_t known = requests.size();
    for (const ReadRequest& request : requests) {
        when = std::min(when, not_before(request));  // passed already: no wait
    }
    const auto woken = [&] { return stopping || requests.size() != known; };
    rests_until = when;
    if (when == Monotonic::max()) {
        wake.wait(lock, woken);
    } else {
        wake.wait_until(lock, when, woken);
    }
    rests_until = std::min(when, clock.now());
}

bool BusWorker::Loop::ready(Monotonic now) {
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

void BusWorker::Loop::line_broke(const std::string& why) {
    no_line = NoLine::kReopening;
    line_lost(LineTrouble::kBreaks, why);
}

void BusWorker::Loop::line_lost(LineTrouble kind, const std::string& why) {
    bus->close();
    line_away(DeviceReader::Away::kLost);
    const Monotonic now = clock.now();
    watch.lost(kind, without_name(why, site.bus(id).name), now);
    reopen_at = now + reopen_pause;
    reopen_pause = std::min(reopen_pause * 2, kLongestReopen);
    publish_snapshot(now);
}

void BusWorker::Loop::poll(const Turn& turn) {
    Batch batch{.bus = id, .samples = {}, .health = {}};
    const Monotonic began = clock.now();
    const TurnResult result =
        readers[turn.device].take(turn, *bus, clock, batch.samples, DeviceReader::OnHold::kPutOff);
    if (result.interrupted) {
        return;
    }
    const Monotonic ended = clock.now();
    load.add(began, ended);
    const bool changed = result.line_lost ? schedule.broke_line(turn, began, ended)
                         : result.put_off
                             ? schedule.answered(turn, ended)
                             : schedule.finished(turn, result.answered, began, ended, result.damaged);
    schedule.leave_alone(turn.device, bus->not_before(site.device(schedule.device(turn.device)).unit));
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

void BusWorker::Loop::note_line(const TurnResult& result, Monotonic now) {
    if (result.line_lost) {
        line_broke(result.trouble);
    } else if (result.answered) {
        watch.answered(now);
    }
}

void BusWorker::Loop::pass_over(const Turn& turn, Monotonic now) {
    Batch batch{.bus = id, .samples = {}, .health = {}};
    readers[turn.device].give_up(turn.due, Reason::kLine, now, batch.samples);
    if (schedule.skipped(turn, no_line, now)) {
        batch.health.push_back({schedule.device(turn.device), schedule.health(turn.device), now});
        publish_snapshot(now);
    }
    sink(std::move(batch));
}

void BusWorker::Loop::line_away(DeviceReader::Away why) {
    for (DeviceReader& reader : readers) {
        reader.line_away(why);
    }
}

std::string BusWorker::Loop::line_words(Monotonic now) const {
    return now < lent_until ? "lent to " + lent_to : tried ? watch.why() : "not opened yet";
}

void BusWorker::Loop::publish_snapshot(Monotonic now) {
    unpublished = false;
    published_at = now;
    const std::lock_guard lock(mutex);
    seen.open = bus->is_open();
    seen.lent = now < lent_until;
    seen.kind = watch.trouble();
    seen.trouble = line_words(now);
    seen.traffic = bus->traffic();
    seen.load = load.share(now - started);
    seen.devices.resize(schedule.size());
    seen.units.resize(schedule.size());
    for (std::size_t i = 0; i < schedule.size(); ++i) {
        seen.devices[i] = schedule.health(i);
        seen.units[i] = readers[i].traffic(now);
        seen.units[i].two_answer = bus->two_answer(site.device(schedule.device(i)).unit);
    }
}

}  // namespace gengfu::sampling
