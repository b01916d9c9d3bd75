#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "daemon/sampling/alarm_points.hpp"
#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/schedule.hpp"
#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {

/// A line in simulated time: the real Schedule, turns that take what the cost model says.
class LineSim {
public:
    static constexpr Monotonic kStart{std::chrono::seconds(1000)};

    explicit LineSim(const config::Site& site)
        : site_(site), devices_(devices_of(site)), schedule_(site, devices_, kStart) {
        const std::vector<bool> alarms = alarm_points(site);
        for (const DeviceId id : devices_) {
            cadences_.push_back(cadences(site, id, alarms));
        }
        dead.resize(devices_.size(), false);
        last_.resize(devices_.size());
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            last_[i].resize(cadences_[i].size());
        }
    }

    std::vector<bool> dead;
    /// Reads on demand whenever their share allows one, mostly of a unit that is dead: that is the one whom
    /// people ask for.
    bool commands = false;
    bool moody = false;  ///< for some seconds all units answer quickly, then for some as late as they may
    Duration spent_on_dead{};
    Duration busy{};
    std::map<std::size_t, int> turns;  ///< answered ones
    /// By device and cadence: the longest time from just after one reading began to the end of the next.
    std::map<std::pair<std::size_t, std::size_t>, Duration> longest;
    std::function<void(std::size_t, Monotonic)> answered;  ///< device, when

    Monotonic now = kStart;
    Schedule& schedule() { return schedule_; }
    const std::vector<Cadence>& cadences_of(std::size_t device) const { return cadences_[device]; }

    /// What a device that was dead has seen meanwhile is nobody's promise: its readings count again from the
    /// one after the next.
    void forget(std::size_t device) { last_[device].assign(cadences_[device].size(), std::nullopt); }

    void until(Monotonic end) {
        while (now < end) {
            if (commands && now >= next_command_) {
                command();
                continue;
            }
            const std::optional<Turn> turn = schedule_.next(now);
            const Monotonic at = turn ? turn->at : end;
            if (at > now) {
                now = std::min({at, end, commands ? std::max(next_command_, now + Duration(1)) : end});
                continue;
            }
            take(*turn);
        }
    }

private:
    static std::vector<DeviceId> devices_of(const config::Site& site) {
        std::vector<DeviceId> ids;
        for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
            ids.push_back(DeviceId{i});
        }
        return ids;
    }

    Duration cost(std::size_t device, DueSet due) {
        const auto [known, is_new] = costs_.try_emplace({device, due}, Duration{});
        if (is_new) {
            known->second = dead_cost(device, due);
        }
        return known->second;
    }
    Duration dead_cost(std::size_t device, DueSet due) const {
        return due == 0 ? silent_cost(site_, devices_[device])
                        : turn_cost(site_, devices_[device], cadences_[device], due);
    }

    void take(const Turn& turn) {
        const Monotonic began = now;
        const bool gone = dead[turn.device];
        now += gone ? cost(turn.device, 0) : answer_time(turn.device, turn.due);
        busy += now - began;
        schedule_.finished(turn, !gone, began, now);
        if (gone) {
            spent_on_dead += now - began;
            return;
        }
        ++turns[turn.device];
        if (answered) {
            answered(turn.device, now);
        }
        for (std::size_t i = 0; i < cadences_[turn.device].size(); ++i) {
            if ((turn.due >> i & 1U) == 0) {
                continue;
            }
            std::optional<Monotonic>& last = last_[turn.device][i];
            if (last) {
                Duration& worst = longest[{turn.device, i}];
                worst = std::max(worst, now - *last);
            }
            last = began;
        }
    }

    Duration answer_time(std::size_t device, DueSet due) {
        const Duration slowest = cost(device, due);
        if (!moody) {
            return slowest;
        }
        const Duration shortest = shortest_turn(site_.bus(site_.device(devices_[device]).bus));
        if ((now - kStart) / std::chrono::milliseconds(2153) % 5 == 0) {
            return shortest;  // all that is asked for is refused
        }
        const bool quick = (now - kStart) / std::chrono::milliseconds(4321) % 3 == 0;
        return quick ? std::max(shortest, slowest / 4) : slowest;
    }

    void command() {
        const auto silent = std::find(dead.begin(), dead.end(), true);
        std::size_t device = silent != dead.end() && next_device_++ % 3 != 0
                                 ? static_cast<std::size_t>(silent - dead.begin())
                                 : next_device_++ % devices_.size();
        for (std::size_t i = 0; now < schedule_.on_demand_from(device) && i < devices_.size(); ++i) {
            device = next_device_++ % devices_.size();  // whoever waits for another one is served
        }
        if (now < schedule_.on_demand_from(device)) {
            next_command_ = schedule_.on_demand_from(device);
            return;
        }
        const DueSet all = (DueSet{1} << cadences_[device].size()) - 1;
        const Monotonic began = now;
        now += dead[device] ? cost(device, 0) : answer_time(device, all);
        if (dead[device]) {
            schedule_.owes(device, now);
        }
        next_command_ = began + std::chrono::duration_cast<Duration>((now - began) / kCommandShare);
    }

    const config::Site& site_;
    std::vector<DeviceId> devices_;
    Schedule schedule_;
    std::vector<std::vector<Cadence>> cadences_;
    std::map<std::pair<std::size_t, DueSet>, Duration> costs_;
    std::vector<std::vector<std::optional<Monotonic>>> last_;
    Monotonic next_command_ = kStart + std::chrono::milliseconds(777);
    std::size_t next_device_ = 0;
};

/// Sites of one serial line, put together by hand or by chance.
struct LineSite {
    config::Site site;

    explicit LineSite(std::uint32_t baud = 9600) {
        config::Bus bus;
        bus.name = "rs485-1";
        bus.kind = config::BusKind::kModbusRtu;
        bus.serial.baud = baud;
        site.buses.push_back(bus);
    }

    /// \param paces  by point: its interval and how many registers apart from the one before.
    DeviceId device(Duration interval, const std::vector<std::pair<Duration, std::uint16_t>>& paces,
                    Duration turnaround, bool safety) {
        config::Profile profile;
        profile.turnaround = turnaround;
        std::uint16_t address = 0;
        for (const auto& [pace, apart] : paces) {
            config::PointSpec spec;
            spec.name = "p" + std::to_string(profile.points.size());
            address = static_cast<std::uint16_t>(address + apart);
            spec.reg = {config::Space::kHolding, address};
            spec.interval = pace;
            profile.points.push_back(spec);
        }
        config::Device device;
        device.name = "d" + std::to_string(site.devices.size() + 1);
        device.unit = static_cast<std::uint8_t>(site.devices.size() + 1);
        device.interval = interval;
        device.profile = static_cast<std::uint16_t>(site.profiles.size());
        device.first_point = PointId{static_cast<std::uint32_t>(site.points.size())};
        const DeviceId id{static_cast<std::uint32_t>(site.devices.size())};
        for (std::size_t i = 0; i < paces.size(); ++i) {
            site.points.push_back({.device = id, .spec = static_cast<config::PointRef>(i), .channel = -1});
        }
        if (safety) {
            config::Rule rule;
            rule.name = "high";
            rule.device = id;
            rule.point = device.first_point;
            rule.texts = std::make_shared<config::RuleText>();
            site.rules.push_back(rule);
        }
        site.profiles.push_back(profile);
        site.devices.push_back(device);
        return id;
    }

    /// All intervals longer or shorter by a factor.
    void stretch(double factor) {
        const auto by = [factor](Duration d) {
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d * factor);
            return std::chrono::duration_cast<Duration>(std::max(ms, std::chrono::milliseconds(1)));
        };
        for (config::Device& device : site.devices) {
            device.interval = by(device.interval);
        }
        for (config::Profile& profile : site.profiles) {
            for (config::PointSpec& spec : profile.points) {
                spec.interval = by(*spec.interval);
            }
        }
    }
};

}  // namespace gengfu::sampling
