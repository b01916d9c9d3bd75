#include "daemon/sampling/promise_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gengfu::sampling {
namespace {

/// How far response times may be apart before the budget is made anew.
constexpr double kSame = 0.1;
constexpr std::size_t kNamed = 3;  ///< so many of the slow units are named

Duration promised(const SafetyBound& bound) {
    return bound.one_dead.value_or(bound.alive);
}

bool is_beyond(Duration time, Duration promise) {
    const auto slack = std::chrono::duration_cast<Duration>(promise * kPromiseSlack);
    return promise < Duration::max() && time > promise && time - promise > std::max(kLeastSlack, slack);
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

long milliseconds(Duration duration) {
    return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

/// With room for what was not seen yet.
Duration to_write(Duration takes) {
    constexpr auto kStep = std::chrono::milliseconds(10);
    return (takes * 5 / 4 + kStep - Duration(1)) / kStep * kStep;
}

/// Near enough to what was reckoned with: no reason to reckon anew.
bool same(const std::vector<SlowUnit>& a, const std::vector<SlowUnit>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SlowUnit& one, const SlowUnit& other) {
        const auto apart = std::chrono::abs(one.takes - other.takes);
        return one.device == other.device && apart <= one.takes * kSame;
    });
}

void append(config::Text& words, const config::Text& more) {
    words.zh += more.zh;
    words.en += more.en;
}

/// Exchanges that are heard out; empty where there are none.
config::Text words_of_shared(const config::Site& site, const BrokenPromise& broken) {
    if (broken.shared.empty()) {
        return broken.unasked
                   ? config::Text{";收到无人询问的应答,可能有两台设备同用一个地址,与其通信须多等一段时间:"
                                  "运行 gengfu scan 查找",
                                  "; answers came that nobody had asked for: two may answer at one address, "
                                  "and every exchange there is waited out: see `gengfu scan`"}
                   : config::Text{};
    }
    std::string zh, en;
    for (std::size_t i = 0; i < std::min(kNamed, broken.shared.size()); ++i) {
        const config::Device& device = site.device(broken.shared[i]);
        const std::string name = device.name + " (" + std::to_string(device.unit) + ")";
        zh += (i == 0 ? "" : "、") + name;
        en += (i == 0 ? "" : ", ") + name;
    }
    if (const std::size_t more = broken.shared.size() - std::min(kNamed, broken.shared.size()); more > 0) {
        zh += fmt::format(" 等另 {} 台", more);
        en += fmt::format(" and {} more", more);
    }
    return {fmt::format(";{} 的地址有两台设备应答,与其通信每次都须等到余下的应答到齐:"
                        "运行 gengfu scan 查找,再用 gengfu address 改地址",
                        zh),
            fmt::format("; two answer at the address of {}, and every exchange there is waited out: see "
                        "`gengfu scan`, then `gengfu address`",
                        en)};
}

config::Text words_of_slow(const config::Site& site, const std::vector<SlowUnit>& slow) {
    config::Text words;
    for (std::size_t i = 0; i < std::min(kNamed, slow.size()); ++i) {
        const SlowUnit& unit = slow[i];
        const std::string& name = site.device(unit.device).name;
        words.zh += fmt::format(";{} 应答最长 {} 毫秒({} {} 毫秒),请在其 [[device]] 写 turnaround = \"{}ms\"",
                                name, milliseconds(unit.takes), unit.assumed ? "仅按" : "注明",
                                milliseconds(unit.reckoned), milliseconds(unit.write));
        words.en += fmt::format(
            "; {} answers after up to {} ms, {} {} ms: write turnaround = \"{}ms\" in its "
            "[[device]]",
            name, milliseconds(unit.takes), unit.assumed ? "assumed are" : "stated are",
            milliseconds(unit.reckoned), milliseconds(unit.write));
    }
    if (slow.size() > kNamed) {
        words.zh += fmt::format(";另有 {} 台", slow.size() - kNamed);
        words.en += fmt::format("; and {} more", slow.size() - kNamed);
    }
    words.zh += ",再运行 gengfu check";
    words.en += ", then see `gengfu check`";
    return words;
}

}  // namespace

PromiseWatch::PromiseWatch(const config::Site& site) : site_(&site), lines_(site.buses.size()) {
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        lines_[site.devices[i].bus.value].devices.push_back(DeviceId{i});
    }
    for (std::uint32_t i = 0; i < site.buses.size(); ++i) {
        budgets_.push_back(budget(site, BusId{i}));
    }
}

const std::optional<BrokenPromise>& PromiseWatch::look(BusId bus, const BusSnapshot& seen) {
    Line& line = lines_[bus.value];
    const BusBudget& promise = budgets_[bus.value];
    if (!promise.modelled || promise.bounds.empty()) {
        return line.broken;
    }
    std::vector<SlowUnit> slow = slow_units(line, promise, seen);
    if (!same(slow, line.slow)) {
        line.expected = expected(bus, slow);
        line.slow = std::move(slow);
    }
    const bool stood = line.broken.has_value();
    remember_what_is_heard_out(line, seen);
    line.broken = line.expected;
    if (std::optional<BrokenPromise> late_now = late(bus, line, seen)) {
        if (!line.broken || late_now->worst > line.broken->worst) {
            line.broken = std::move(late_now);
        }
    }
    line.breaks += line.broken && !stood ? 1 : 0;
    if (line.broken) {
        line.broken->shared = line.shared;
        line.broken->unasked = line.unasked;
    }
    return line.broken;
}

/// \param line  with what the look before has found
void PromiseWatch::remember_what_is_heard_out(Line& line, const BusSnapshot& seen) {
    ++line.looks_since;
    if (!line.broken && line.looks_since > kLooksRemembered) {
        line.shared.clear();
        line.unasked = false;
    }
    if (seen.traffic.unasked_frames > line.unasked_frames) {
        line.unasked = true;
        line.looks_since = 0;
    }
    line.unasked_frames = seen.traffic.unasked_frames;
    for (std::size_t i = 0; i < std::min(line.devices.size(), seen.units.size()); ++i) {
        if (!seen.units[i].two_answer) {
            continue;
        }
        line.looks_since = 0;
        if (std::find(line.shared.begin(), line.shared.end(), line.devices[i]) == line.shared.end()) {
            line.shared.push_back(line.devices[i]);
        }
    }
}

std::vector<SlowUnit> PromiseWatch::slow_units(const Line& line, const BusBudget& budget,
                                               const BusSnapshot& seen) const {
    std::vector<SlowUnit> slow;
    for (const DeviceBudget& device : budget.devices) {
        const auto position = std::find(line.devices.begin(), line.devices.end(), device.device);
        const auto index = static_cast<std::size_t>(position - line.devices.begin());
        if (index >= seen.units.size()) {
            continue;
        }
        const UnitTraffic& traffic = seen.units[index];
        if (traffic.is_slower && traffic.slowest > device.turnaround) {
            slow.push_back({device.device, device.turnaround, device.assumed, traffic.slowest,
                            to_write(traffic.slowest)});
        }
    }
    return slow;
}

/// What `gengfu check` would promise if these response times were written into the configuration.
std::optional<BrokenPromise> PromiseWatch::expected(BusId bus, const std::vector<SlowUnit>& slow) const {
    if (slow.empty()) {
        return std::nullopt;
    }
    config::Site as_it_is = *site_;
    for (const SlowUnit& unit : slow) {
        as_it_is.devices[unit.device.value].turnaround = unit.takes;
    }
    const BusBudget reckoned = budget(as_it_is, bus);
    const std::vector<SafetyBound>& promise = budgets_[bus.value].bounds;
    std::optional<BrokenPromise> broken;
    for (std::size_t i = 0; i < std::min(promise.size(), reckoned.bounds.size()); ++i) {
        const Duration worst = promised(reckoned.bounds[i]);
        if (is_beyond(worst, promised(promise[i])) && (!broken || worst > broken->worst)) {
            broken = {slow, promise[i].point, promised(promise[i]), worst, false, {}, false};
        }
    }
    return broken;
}

/// Readings later than promised. With two units silent nothing is promised.
std::optional<BrokenPromise> PromiseWatch::late(BusId bus, const Line& line, const BusSnapshot& seen) const {
    const auto silent = std::count_if(seen.devices.begin(), seen.devices.end(),
                                      [](Health health) { return health != Health::kOnline; });
    if (silent > 1) {
        return std::nullopt;
    }
    std::optional<BrokenPromise> broken;
    for (std::size_t i = 0; i < std::min(line.devices.size(), seen.units.size()); ++i) {
        const SafetyBound* loosest = nullptr;  // the reader keeps one figure for all points of a device
        for (const SafetyBound& bound : budgets_[bus.value].bounds) {
            if (site_->point(bound.point).device == line.devices[i] &&
                (loosest == nullptr || promised(bound) > promised(*loosest))) {
                loosest = &bound;
            }
        }
        const Duration worst = seen.units[i].worst_of_late;
        if (loosest != nullptr && is_beyond(worst, promised(*loosest)) &&
            (!broken || worst > broken->worst)) {
            broken = {line.slow, loosest->point, promised(*loosest), worst, true, {}, false};
        }
    }
    return broken;
}

config::Text words_of(const config::Site& site, const BrokenPromise& broken) {
    const bool endless = broken.worst == Duration::max();
    const std::string point = site.point_name(broken.point);
    config::Text words{
        fmt::format(
            "{} 的变化{}{},承诺为 {:.2f} 秒", point, broken.seen ? "刚才" : "最迟",
            endless ? "无法在任何时限内发现" : fmt::format("要 {:.2f} 秒才被发现", seconds(broken.worst)),
            seconds(broken.promised)),
        fmt::format("a change at {} {}{}, {:.2f} s are promised", point,
                    broken.seen ? "was just seen only after " : "can take ",
                    endless ? std::string("without end") : fmt::format("{:.2f} s", seconds(broken.worst)),
                    seconds(broken.promised))};
    append(words, words_of_shared(site, broken));
    std::vector<SlowUnit> slow = broken.slow;
    std::erase_if(slow, [&](const SlowUnit& unit) {  // which of the two is slow, nobody knows
        return std::find(broken.shared.begin(), broken.shared.end(), unit.device) != broken.shared.end();
    });
    if (!slow.empty()) {
        append(words, words_of_slow(site, slow));
    } else if (broken.shared.empty() && !broken.unasked) {
        append(words, {";请看 gengfu status 中的超时、校验错误与异常应答,以及本机的负荷",
                       "; look at time-outs, CRC errors and exceptions in `gengfu status`, and at what else "
                       "this machine does"});
    }
    return words;
}

}  // namespace gengfu::sampling
