#include "daemon/alarms/cause_watch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/config/self_lines.hpp"

namespace gengfu::alarms {
namespace {

/// As for an alarm whose sensor falls silent (docs/rules.md): five intervals and the time-out, at least 10 s.
constexpr int kPatienceIntervals = 5;
constexpr Duration kLeastPatience = std::chrono::seconds(10);
/// When a rule has found a silence already: two turns missed.
constexpr int kSuspicionIntervals = 2;
/// Devices of one break are last heard within so many of their intervals of each other …
constexpr int kTogetherIntervals = 2;
/// … or this.
constexpr Duration kLeastTogether = std::chrono::seconds(3);
/// A device is back when its sounds have gone on for so many intervals …
constexpr int kBackIntervals = 2;
/// … and this: single answers that come through a bad contact are not.
constexpr Duration kLeastBack = std::chrono::seconds(3);
/// The last of those that come back are asked every 13 s (sampling::kLongestPause), many of them more rarely.
constexpr Duration kHalfIsEnough = std::chrono::minutes(1);

bool is_sound(const Sample& sample) {
    switch (sample.reason) {
        case Reason::kTimeout:
        case Reason::kCrc:
        case Reason::kLine:
        case Reason::kBackedOff:
            return false;
        default:
            return true;
    }
}

bool contains(const std::vector<DeviceId>& devices, DeviceId device) {
    return std::find(devices.begin(), devices.end(), device) != devices.end();
}

}  // namespace

CauseWatch::CauseWatch(const config::Site& site, Monotonic start) : site_(&site) {
    const auto timeout_of = [&](const config::Device& device) {
        return std::max(site.bus(device.bus).timeout, site.turnaround(device).value_or(Duration::zero()));
    };
    for (const config::Device& device : site.devices) {
        const Duration timeout = timeout_of(device);
        heard_.push_back(
            {.last = start,
             .patience = std::max(device.interval * kPatienceIntervals + timeout, kLeastPatience),
             .suspicion = device.interval * kSuspicionIntervals + timeout});
    }
    for (std::uint32_t i = 0; i < site.buses.size(); ++i) {
        if (const auto point = own_point(site, name_of(config::LinePoint::kDown, site.buses[i]))) {
            lines_.push_back(
                {.point = *point, .bus = BusId{i}, .devices = {}, .behind = {}, .explained = {}});
        }
    }
    for (const config::Feed& feed : site.feeds) {
        if (const auto point = own_point(site, name_of(feed))) {
            feeds_.push_back({.point = *point, .bus = {}, .devices = {}, .behind = {}, .explained = {}});
        }
    }
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        const config::Device& device = site.devices[i];
        if (device.bus.value < lines_.size()) {
            lines_[device.bus.value].devices.push_back(DeviceId{i});
            lines_[device.bus.value].round += timeout_of(device);
        }
        for (std::size_t feed = 0; feed < feeds_.size(); ++feed) {
            if (site.feeds[feed].name == device.feed) {
                feeds_[feed].devices.push_back(DeviceId{i});
            }
        }
    }
}

void CauseWatch::observe(const Sample& sample) {
    if (sample.point.value >= site_->points.size()) {
        return;
    }
    const DeviceId device = site_->point(sample.point).device;
    Heard& heard = heard_[device.value];
    const BusId bus = site_->device(device).bus;
    Group* const line = bus.value < lines_.size() ? &lines_[bus.value] : nullptr;
    if (!is_sound(sample)) {
        if (!std::exchange(heard.in_vain, true) && line != nullptr) {
            if (!line->wave || sample.taken - line->wave_last > line->round) {
                line->wave = sample.taken;
            }
            line->wave_last = sample.taken;
        }
        return;
    }
    if (!heard.ever || heard.known_silent || quiet(device, sample.taken, Patience::kSuspicion)) {
        heard.since = sample.taken;
    }
    if (line != nullptr) {
        line->heard = std::max(line->heard, sample.taken);
    }
    heard.in_vain = false;
    heard.last = std::max(heard.last, sample.taken);
    heard.ever = true;
    heard.known_silent = false;
}

void CauseWatch::known_silent(DeviceId device) {
    heard_[device.value].known_silent = true;
}

void CauseWatch::known_cause(PointId point, std::vector<DeviceId> behind) {
    for (std::vector<Group>* groups : {&feeds_, &lines_}) {
        for (Group& group : *groups) {
            if (group.point == point) {
                group.behind = behind;
                group.explained = std::move(behind);
                return;
            }
        }
    }
}

void CauseWatch::unobserved(Duration length, Monotonic now) {
    const auto move = [&](Monotonic& when) { when = std::max(when, std::min(when + length, now)); };
    for (Heard& heard : heard_) {
        move(heard.last);
        move(heard.since);
    }
    for (std::vector<Group>* groups : {&feeds_, &lines_}) {
        for (Group& group : *groups) {
            if (group.fell) {
                move(*group.fell);
            }
            if (group.wave) {
                move(*group.wave);
            }
            if (group.half) {
                move(*group.half);
            }
            move(group.ended);
            move(group.wave_last);
            move(group.heard);
        }
    }
}

void CauseWatch::set_line(BusId bus, bool usable) {
    if (bus.value < lines_.size()) {
        lines_[bus.value].usable = usable;
    }
}

void CauseWatch::set_lent(BusId bus, bool lent) {
    if (bus.value < lines_.size()) {
        lines_[bus.value].lent = lent;
    }
}

void CauseWatch::set_hung(BusId bus, bool hung) {
    if (bus.value < lines_.size()) {
        lines_[bus.value].hung = hung;
    }
}

std::vector<DeviceId> CauseWatch::silent_on(BusId bus, Monotonic now, Patience patience) const {
    std::vector<DeviceId> silent;
    if (bus.value < lines_.size()) {
        std::copy_if(lines_[bus.value].devices.begin(), lines_[bus.value].devices.end(),
                     std::back_inserter(silent),
                     [&](DeviceId device) { return quiet(device, now, patience); });
    }
    return silent;
}

std::size_t CauseWatch::devices_on(BusId bus) const {
    return bus.value < lines_.size() ? lines_[bus.value].devices.size() : 0;
}

bool CauseWatch::stands(BusId bus) const {
    return bus.value < lines_.size() && !lines_[bus.value].behind.empty();
}

bool CauseWatch::quiet(DeviceId device, Monotonic now, Patience patience) const {
    const Heard& heard = heard_[device.value];
    const Duration enough = patience == Patience::kSteady ? heard.patience : heard.suspicion;
    if (now - heard.last < enough) {
        return false;
    }
    return heard.in_vain || !line_answers(device) ||
           now - heard.last >= enough + lines_[site_->device(device).bus.value].round;
}

/// Somebody on its line was heard since the last devices to fall silent began to fail: what is cut off is a
/// part. Its time-outs come one after the other, and whoever was not asked meanwhile waits for his
/// turn, for one time-out of each other device at most.
bool CauseWatch::line_answers(DeviceId device) const {
    const BusId bus = site_->device(device).bus;
    return bus.value < lines_.size() && lines_[bus.value].wave &&
           lines_[bus.value].heard > *lines_[bus.value].wave;
}

bool CauseWatch::gone(DeviceId device, Monotonic now) const {
    return heard_[device.value].known_silent || quiet(device, now, Patience::kSuspicion);
}

bool CauseWatch::is_back(DeviceId device, Monotonic now) const {
    const Heard& heard = heard_[device.value];
    const Duration enough = std::max(site_->device(device).interval * kBackIntervals, kLeastBack);
    return heard.ever && !gone(device, now) && heard.last - heard.since >= enough;
}

Duration CauseWatch::together(DeviceId device) const {
    return std::max(site_->device(device).interval * kTogetherIntervals, kLeastTogether);
}

bool CauseWatch::all_quiet(const std::vector<DeviceId>& devices, Monotonic now, Patience patience) const {
    return std::all_of(devices.begin(), devices.end(),
                       [&](DeviceId device) { return quiet(device, now, patience); });
}

bool CauseWatch::is_news(const std::vector<DeviceId>& devices) const {
    return std::any_of(devices.begin(), devices.end(),
                       [&](DeviceId device) { return !heard_[device.value].known_silent; });
}

/// All devices of a feed are silent, and it is not simply their one line that is.
std::vector<DeviceId> CauseWatch::feed_behind(const Group& feed, Monotonic now, Patience patience) const {
    if (feed.devices.size() < 2 || !all_quiet(feed.devices, now, patience) || !is_news(feed.devices)) {
        return {};
    }
    const bool explained = std::all_of(feed.devices.begin(), feed.devices.end(), [&](DeviceId device) {
        const BusId bus = site_->device(device).bus;
        return bus.value < lines_.size() && contains(lines_[bus.value].behind, device);
    });
    if (explained) {
        return {};
    }
    const BusId first = site_->device(feed.devices.front()).bus;
    const bool one_line = std::all_of(feed.devices.begin(), feed.devices.end(),
                                      [&](DeviceId device) { return site_->device(device).bus == first; });
    if (one_line && first.value < lines_.size()) {
        const Group& line = lines_[first.value];
        if (line.lent || line.hung || !line.usable || all_quiet(line.devices, now, patience)) {
            return {};
        }
    }
    return feed.devices;
}

bool CauseWatch::explained_by_feed(DeviceId device) const {
    return std::any_of(feeds_.begin(), feeds_.end(),
                       [&](const Group& feed) { return contains(feed.behind, device); });
}

/// Whoever was silent already when the feed of the others went has spoken for himself: with them he makes the
/// line silent, but no line has failed.
bool CauseWatch::fell_before(const std::vector<DeviceId>& devices, const std::vector<DeviceId>& fed) const {
    return !fed.empty() && std::all_of(devices.begin(), devices.end(), [&](DeviceId device) {
        const Monotonic last = heard_[device.value].last + together(device);
        return std::all_of(fed.begin(), fed.end(),
                           [&](DeviceId other) { return last < heard_[other.value].last; });
    });
}

/// The whole line, or the largest part of it that fell silent together.
std::vector<DeviceId> CauseWatch::line_behind(const Group& line, Monotonic now, Patience patience) const {
    if (line.lent || line.hung || line.devices.empty()) {
        return {};
    }
    std::vector<DeviceId> silent, fed;
    for (const DeviceId device : line.devices) {
        if (quiet(device, now, patience)) {
            (explained_by_feed(device) ? fed : silent).push_back(device);
        }
    }
    const bool whole = silent.size() + fed.size() == line.devices.size() && is_news(silent);
    if (whole && (silent.size() >= 2 || !line.usable) && !fell_before(silent, fed)) {
        return line.devices;
    }
    std::erase_if(silent, [&](DeviceId device) { return heard_[device.value].known_silent; });
    std::sort(silent.begin(), silent.end(),
              [&](DeviceId a, DeviceId b) { return heard_[a.value].last < heard_[b.value].last; });
    std::size_t best = 0;
    std::size_t best_count = 0;
    for (std::size_t from = 0; from < silent.size(); ++from) {
        const Duration window = together(silent[from]);
        std::size_t to = from;
        while (to < silent.size() &&
               heard_[silent[to].value].last - heard_[silent[from].value].last <= window) {
            ++to;
        }
        if (to - from > best_count) {
            best = from;
            best_count = to - from;
        }
    }
    if (best_count < kTogether) {
        return {};
    }
    const auto begin = silent.begin() + static_cast<std::ptrdiff_t>(best);
    return {begin, begin + static_cast<std::ptrdiff_t>(best_count)};
}

/// Takes up what has been found. It is a failure of its own when it took devices that worked after those of
/// the cause that stands, or stood until a moment ago, had gone.
void CauseWatch::adopt(Group& group, const std::vector<DeviceId>& found) const {
    const bool stood = !group.explained.empty();
    group.anew = !stood;
    std::optional<Monotonic> fell = group.fell;
    for (const DeviceId device : found) {
        const Monotonic last = heard_[device.value].last;
        if (!contains(group.explained, device)) {
            group.anew = group.anew || !group.fell || last > *group.fell + together(device);
            group.changed = true;
        }
        fell = std::max(fell.value_or(last), last);
    }
    std::vector<DeviceId> all = found;
    std::copy_if(group.explained.begin(), group.explained.end(), std::back_inserter(all),
                 [&](DeviceId device) { return !contains(found, device); });
    group.fell = fell;
    group.behind = group.explained = std::move(all);
}

/// A cause stands until most of what it silenced has been heard again: it may come back device by device.
/// Where it is half for as long as the last of them may take, whoever does not come back speaks for himself.
void CauseWatch::update(Group& group, const std::vector<DeviceId>& found, Monotonic now) const {
    group.anew = false;
    group.changed = std::erase_if(group.explained, [&](DeviceId device) { return is_back(device, now); }) > 0;
    if (group.behind.empty()) {
        if (!group.explained.empty() && now - group.ended > config::kDownOffDelay) {
            group.explained.clear();  // its alarm is over: they speak for themselves
            group.changed = true;
        }
        if (!found.empty()) {
            adopt(group, found);
        }
        return;
    }
    const auto silent = static_cast<std::size_t>(std::count_if(
        group.behind.begin(), group.behind.end(), [&](DeviceId device) { return gone(device, now); }));
    if (silent * 2 > group.behind.size()) {
        group.half.reset();
    } else if (!group.half) {
        group.half = now;
    }
    const bool most = silent * 2 < group.behind.size() || silent == 0;
    if (group.lent || most || (group.half && now - *group.half >= kHalfIsEnough)) {
        group.behind.clear();
        group.half.reset();
        group.ended = now;
    } else if (found.size() > group.explained.size()) {
        adopt(group, found);
    }
}

/// At a start nothing is known of devices that may yet be heard.
bool CauseWatch::can_tell(const Group& group, Monotonic now) const {
    return std::all_of(group.devices.begin(), group.devices.end(), [&](DeviceId device) {
        return heard_[device.value].ever || quiet(device, now, Patience::kSteady);
    });
}

std::vector<CauseWatch::Finding> CauseWatch::look(Monotonic now, Patience patience) {
    for (Group& feed : feeds_) {
        update(feed, feed_behind(feed, now, patience), now);
    }
    for (Group& line : lines_) {
        update(line, line_behind(line, now, patience), now);
    }
    std::vector<Finding> findings;
    for (const std::vector<Group>* groups : {&feeds_, &lines_}) {
        for (const Group& group : *groups) {
            if (group.behind.empty() && !can_tell(group, now)) {
                continue;
            }
            findings.push_back({.point = group.point,
                                .silent = 0,
                                .behind = group.explained,
                                .of = group.devices.size(),
                                .changed = group.changed,
                                .anew = group.anew});
            for (const DeviceId device : group.behind) {
                findings.back().silent += gone(device, now) ? 1U : 0U;
            }
        }
    }
    return findings;
}

}  // namespace gengfu::alarms
