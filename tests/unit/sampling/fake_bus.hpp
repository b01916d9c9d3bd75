#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "daemon/sampling/bus_worker.hpp"

namespace gengfu::sampling {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A line whose units are tables of registers in memory; what a unit does not have is refused with exception
/// 02.
class FakeBus final : public drivers::Bus {
public:
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
        bool plugged = true;
        bool interrupted = false;
        std::map<std::uint8_t, std::map<std::uint16_t, std::uint16_t>> units;
        std::set<std::uint8_t> silent;
        std::set<std::uint8_t> breaking;    ///< whose answers end the connection
        std::set<std::uint16_t> read_only;  ///< registers that refuse to be written, of all units
        std::vector<drivers::Request> asked;
        std::map<std::uint8_t, Monotonic> not_before;  ///< of units that have answered
        Duration leaves_alone{};                       ///< after the first answer of each
        int answers = 0;                               ///< with values
        int unproven = 0;                              ///< so many first answers of all units together
        int refuse_next = 0;                           ///< so many reads are refused whatever they ask for
        std::function<void()> on_answer;               ///< may change what the first register says
        int damage_next = 0;                           ///< so many come damaged
        std::function<void()> on_damage;               ///< what a damaged one takes
    };

    explicit FakeBus(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

    Result<void> open(Monotonic) override {
        const std::lock_guard lock(shared_->mutex);
        if (!shared_->plugged) {
            return fail(Errc::kIo, "bus rs485-1: /dev/ttyUSB0 is not there");
        }
        open_ = true;
        return {};
    }
    bool is_open() const override { return open_; }
    void close() override { open_ = false; }
    void interrupt() override {
        const std::lock_guard lock(shared_->mutex);
        shared_->interrupted = true;
        shared_->changed.notify_all();
    }
    const drivers::Traffic& traffic() const override { return traffic_; }
    bool is_unproven(std::uint8_t /*unit*/) const override {
        const std::lock_guard lock(shared_->mutex);
        return shared_->answers <= shared_->unproven;
    }
    Monotonic not_before(std::uint8_t unit) const override {
        const std::lock_guard lock(shared_->mutex);
        const auto found = shared_->not_before.find(unit);
        return found == shared_->not_before.end() ? Monotonic{} : found->second;
    }

    Result<drivers::Answer> transact(const drivers::Request& request) override {
        std::unique_lock lock(shared_->mutex);
        shared_->asked.push_back(request);
        ++traffic_.requests;
        if (!shared_->plugged) {
            return fail(Errc::kIo, "bus rs485-1: unplugged");
        }
        if (shared_->breaking.contains(request.unit)) {
            return fail(Errc::kIo, "bus plant-room: what comes is no Modbus TCP");
        }
        if (shared_->silent.contains(request.unit)) {
            shared_->changed.wait_for(lock, milliseconds(5), [this] { return shared_->interrupted; });
            return shared_->interrupted ? fail(Errc::kInterrupted, "") : fail(Errc::kTimeout, "no answer");
        }
        if (request.function >= 5) {
            return write(request);
        }
        if (shared_->damage_next > 0) {
            --shared_->damage_next;
            shared_->on_damage();
            return fail(Errc::kBadFrame, "wrong check sum");
        }
        if (shared_->refuse_next > 0) {
            --shared_->refuse_next;
            return fail(Errc::kUnsupported, "exception 02");
        }
        drivers::Answer answer;
        const auto& table = shared_->units[request.unit];
        for (std::uint16_t i = 0; i < request.count; ++i) {
            const auto found = table.find(static_cast<std::uint16_t>(request.address + i));
            if (found == table.end()) {
                return fail(Errc::kUnsupported, "exception 02");
            }
            answer.values.push_back(found->second);
        }
        ++shared_->answers;
        if (shared_->on_answer) {
            shared_->on_answer();
            answer.values.front() = shared_->units[request.unit][request.address];
        }
        answer.received = std::chrono::steady_clock::now();
        if (shared_->leaves_alone > Duration::zero()) {
            shared_->not_before.try_emplace(request.unit, answer.received + shared_->leaves_alone);
        }
        return answer;
    }

private:
    Result<drivers::Answer> write(const drivers::Request& request) {
        for (std::size_t i = 0; i < request.values.size(); ++i) {
            const auto address = static_cast<std::uint16_t>(request.address + i);
            if (shared_->read_only.contains(address)) {
                return fail(Errc::kRefused, "exception 04");
            }
            shared_->units[request.unit][address] = request.values[i];
        }
        return drivers::Answer{};
    }

    std::shared_ptr<Shared> shared_;
    drivers::Traffic traffic_;
    bool open_ = false;
};

/// Collects batches and lets a test wait for what it expects.
struct Collector {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Sample> samples;
    std::vector<HealthChange> health;

    void take(const Batch& batch) {
        const std::lock_guard lock(mutex);
        samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
        health.insert(health.end(), batch.health.begin(), batch.health.end());
        changed.notify_all();
    }
    template <class Predicate>
    bool wait(Predicate predicate) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, seconds(20), predicate);
    }
    bool has(PointId point, Quality quality, Reason reason) const {
        return std::any_of(samples.begin(), samples.end(), [&](const Sample& s) {
            return s.point == point && s.quality == quality && s.reason == reason;
        });
    }
};

class BusWorkerTest : public testing::Test {
protected:
    std::shared_ptr<FakeBus::Shared> line_ = std::make_shared<FakeBus::Shared>();
    Collector got_;
    SystemClock clock_;

    void fill(std::uint8_t unit) {
        for (std::uint16_t i = 0; i < 10; ++i) {
            line_->units[unit][i] = i;
        }
    }

    std::unique_ptr<BusWorker> worker(const config::Site& site) {
        return std::make_unique<BusWorker>(site, BusId{0}, std::make_unique<FakeBus>(line_), clock_,
                                           [this](const Batch& batch) { got_.take(batch); });
    }
};

}  // namespace gengfu::sampling
