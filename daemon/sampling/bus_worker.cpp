#include "daemon/sampling/bus_worker.hpp"

#include <utility>

#include "daemon/sampling/bus_loop.hpp"
#include "daemon/sampling/write_request.hpp"

namespace gengfu::sampling {

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

Result<void> BusWorker::write_now(DeviceId device, config::Register reg, std::int64_t value, WriteDone done,
                                  std::shared_ptr<const WriteLeave> leave) {
    const std::optional<std::size_t> position = position_of(device);
    if (!position) {
        return fail(Errc::kNotFound, "the device is not on this bus");
    }
    Result<drivers::Request> request = write_request(loop_->site, device, reg, value);
    if (!request) {
        return pass(request);
    }
    // Ahead of waiting reads: a siren is not held back by people who look at values.
    const std::optional<Output> at_once =
        leave != nullptr && !leave->again ? std::optional(Output{*position, reg}) : std::nullopt;
    return put([position = *position, request = std::move(*request), done = std::move(done),
                leave = std::move(leave)](Loop& loop) { loop.write(position, request, done, leave.get()); },
               Place::kFirst, at_once);
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
    loop_->requests.push_back({*position, std::move(done), {}, {}});
    loop_->wake.notify_all();
    return {};
}

Result<void> BusWorker::put(std::function<void(Loop&)> act, Place place, std::optional<Output> at_once) {
    const std::lock_guard lock(loop_->mutex);
    if (loop_->requests.size() >= kMostRequests || loop_->stopping) {
        return fail(Errc::kFull, "bus " + loop_->site.bus(id_).name + ": too many requests are waiting");
    }
    if (place == Place::kFirst) {
        loop_->requests.push_front({0, {}, std::move(act), at_once});
    } else {
        loop_->requests.push_back({0, {}, std::move(act), at_once});
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

Monotonic BusWorker::rests_until() const {
    const std::lock_guard lock(loop_->mutex);
    return loop_->rests_until;
}

}  // namespace gengfu::sampling
