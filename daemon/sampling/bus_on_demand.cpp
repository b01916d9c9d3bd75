#include <algorithm>
#include <utility>

#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/bus_loop.hpp"

namespace gengfu::sampling {

std::optional<BusWorker::Loop::ReadRequest> BusWorker::Loop::next_request(Monotonic now) {
    const std::lock_guard lock(mutex);
    const auto ready = std::find_if(requests.begin(), requests.end(),
                                    [&](const ReadRequest& request) { return now >= not_before(request); });
    if (ready == requests.end()) {
        return std::nullopt;
    }
    ReadRequest request = std::move(*ready);
    requests.erase(ready);
    return request;
}

Monotonic BusWorker::Loop::not_before(const ReadRequest& request) const {
    if (request.at_once) {
        return std::min(command_not_before, write_at_once_from(*request.at_once));
    }
    return request.act ? command_not_before
                       : std::max(command_not_before, schedule.on_demand_from(request.position));
}

/// Beyond that they keep to the share, or an output that goes to and fro, or a unit that is dead, would take
/// more of the line than the budget reckons with (Demand::outputs).
Monotonic BusWorker::Loop::write_at_once_from(const Output& output) const {
    const auto written = at_once_from.find(output);
    const auto silent = silent_until.find(output.position);
    return std::max(written == at_once_from.end() ? Monotonic{} : written->second,
                    silent == silent_until.end() ? Monotonic{} : silent->second);
}

void BusWorker::Loop::answer(const ReadRequest& request) {
    const Monotonic now = clock.now();
    if (request.act) {
        request.act(*this);
        pay(now, clock.now());
        if (request.at_once) {
            at_once_from[*request.at_once] = clock.now() + kTruce;
        }
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
        if (result.answered) {
            schedule.heard(turn.device, ended);
        } else if (!result.line_lost) {
            schedule.owes(turn.device, ended);
        }
        schedule.leave_alone(turn.device, bus->not_before(site.device(schedule.device(turn.device)).unit));
        pay(now, ended);
        unpublished = true;
        if (result.interrupted) {
            samples.clear();
            reader.give_up(turn.due, Reason::kLine, now, samples);
        }
    }
    publish_snapshot(clock.now());  // who asked looks there for the words
    // What was read on demand is a sample like any other.
    sink(Batch{.bus = id, .samples = samples, .health = {}});
    request.done(std::move(samples));
}

void BusWorker::Loop::answer_all_with_bad() {
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

void BusWorker::Loop::pay(Monotonic began, Monotonic ended) {
    command_not_before = began + std::chrono::duration_cast<Duration>((ended - began) / kCommandShare);
}

void BusWorker::Loop::do_job(const LineJob& job) {
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

void BusWorker::Loop::begin_trace(const drivers::Tap& tap) {
    bus->set_tap(tap);
    for (DeviceReader& reader : readers) {
        reader.ask_refused_again();
    }
    if (bus->is_open()) {
        schedule.connected(clock.now());
        line_away(DeviceReader::Away::kTool);
    }
}

void BusWorker::Loop::write(std::size_t position, const drivers::Request& request, const WriteDone& done,
                            const WriteLeave* leave) {
    const Monotonic began = clock.now();
    if (!ready(began)) {
        done(fail(Errc::kIo, "bus " + site.bus(id).name + ": the line is not open: " + line_words(began)));
        return;
    }
    // Last of all: opening the line may have taken its time.
    if (leave != nullptr && (leave->withdrawn || clock.now() >= leave->until)) {
        done(fail(Errc::kInterrupted, "bus " + site.bus(id).name + ": not wanted any more"));
        return;
    }
    const Result<void> written = readers[position].write(request, *bus);
    const Monotonic ended = clock.now();
    load.add(began, ended);
    unpublished = true;
    if (!written && written.error().code == Errc::kTimeout) {
        schedule.owes(position, ended);
        silent_until[position] = ended + kTruce;
    } else if (!written && written.error().code == Errc::kIo) {
        line_broke(written.error().what);
    } else if (written) {
        schedule.heard(position, ended);
    }
    done(written);
}

void BusWorker::Loop::lend(Duration time, const std::string& whom) {
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

}  // namespace gengfu::sampling
