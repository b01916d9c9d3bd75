// What is looked at every second: lines, store, clock; and what of it is logged.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/control/notify.hpp"
#include "daemon/core/log.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/what_came.hpp"

namespace gengfu {

namespace {

/// Lines and a store that come and go are logged once per change, looked at this often.
constexpr auto kNotePace = std::chrono::seconds(1);
/// So many looks apart is judged what nothing is new about.
constexpr unsigned kLooksPerStoreSample = 5;
/// Likewise at rules that judge nothing, which is told after a minute.
constexpr unsigned kLooksPerBlind = 5;

}  // namespace

void Pipeline::note_health(const sampling::HealthChange& change) {
    // A unit that loses an answer now and then is counted, not logged: only going and coming back is news.
    sampling::Health& told = told_health_[change.device.value];
    if (change.health == told || change.health == sampling::Health::kDegraded) {
        return;
    }
    const bool was_offline = told == sampling::Health::kOffline;
    told = change.health;
    const std::string& name = site_.device(change.device).name;
    if (change.health == sampling::Health::kOffline) {
        const config::Bus& bus = site_.bus(site_.device(change.device).bus);
        const auto& worker = workers_[site_.device(change.device).bus.value];
        const std::string wrong = wrong_answer(change.device);
        // Where the line breaks under its answers it has been asked.
        if (worker && worker->snapshot().kind == sampling::LineTrouble::kCannotOpen) {
            log::warning("设备 " + name + " 无法询问:总线 " + bus.name + " 打不开",
                         "device " + name + " cannot be asked: bus " + bus.name + " cannot be opened");
        } else if (wrong.empty()) {
            log::warning("设备 " + name + " 无应答", "device " + name + " does not answer");
        } else {
            log::warning("设备 " + name + " 没有可用的应答:" + wrong,
                         "device " + name + " gives no answer that can be used: " + wrong);
        }
    } else if (change.health == sampling::Health::kOnline) {
        if (was_offline) {  // not at the first answer after a start: what is on has just been written
            actions_.back(change.device);
        }
        log::info("设备 " + name + " 在线", "device " + name + " is online");
    }
}

/// What its bus had to say of it last.
std::string Pipeline::wrong_answer(DeviceId device) const {
    const BusId bus = site_.device(device).bus;
    if (!workers_[bus.value]) {
        return {};
    }
    const sampling::BusSnapshot seen = workers_[bus.value]->snapshot();
    const sampling::UnitTraffic* unit = unit_of(site_, device, seen);
    return unit != nullptr ? unit->trouble : std::string();
}

void Pipeline::note_lines() {
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
        if (!workers_[i]) {
            continue;
        }
        const sampling::BusSnapshot seen = workers_[i]->snapshot();
        note_set_aside(BusId{i}, seen);
        note_loan(BusId{i}, seen);
        if (seen.kind == line_trouble_[i]) {
            continue;  // its words may change with every try
        }
        line_trouble_[i] = seen.kind;
        const std::string& name = site_.buses[i].name;
        if (seen.kind == sampling::LineTrouble::kNone) {
            log::info("总线 " + name + " 恢复正常", "bus " + name + " is usable again");
        } else {
            const bool opens = seen.kind == sampling::LineTrouble::kBreaks;
            log::warning("总线 " + name + (opens ? " 反复中断" : " 打不开") + "(" + seen.trouble + ")",
                         "bus " + name + " is not usable: " + seen.trouble);
        }
    }
}

/// That it begins is told by who borrows it; that it is over, by whoever looks first: the tool may be dead.
void Pipeline::note_loan(BusId bus, const sampling::BusSnapshot& seen) {
    if (seen.lent) {
        lent_lines_.insert(bus);
        return;
    }
    if (lent_lines_.erase(bus) == 0) {
        return;
    }
    const std::string& name = site_.bus(bus).name;
    if (seen.open) {
        log::info("总线 " + name + " 已收回,传感器恢复监测",
                  "bus " + name + " is not lent any more: its sensors are watched again");
    } else {
        log::warning("总线 " + name + " 已收回,但不可用:" + seen.trouble,
                     "bus " + name + " is not lent any more, but it is not usable: " + seen.trouble);
    }
}

/// Each point once: what a device does not have it refuses for ever, whenever it is asked again.
void Pipeline::note_set_aside(BusId bus, const sampling::BusSnapshot& seen) {
    std::size_t position = 0;
    for (std::uint32_t i = 0; i < site_.devices.size(); ++i) {
        const config::Device& device = site_.devices[i];
        if (device.bus != bus || position >= seen.units.size()) {
            continue;
        }
        std::string names;
        for (const config::PointRef point : seen.units[position++].set_aside) {
            if (told_set_aside_[i].insert(point).second) {
                names += (names.empty() ? "" : ", ") + site_.profile(device).points[point].name;
            }
        }
        if (!names.empty()) {
            log::warning("设备 " + device.name + " 拒绝读取 " + names +
                             "(异常码 01 或 02):不再随其他点读取,过一阵再试;型号或 profile 是否相符?",
                         "device " + device.name + " refuses " + names +
                             " (exception 01 or 02): set aside and asked again now and then; is it "
                             "another model than its profile?");
        }
    }
}

/// Not at once at the start: a line that is just being opened is no trouble.
void Pipeline::note_later() {
    note_timer_.expires_after(kNotePace);
    note_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && !stopping_) {
            note_pause();
            tell_time();
            note_lines();
            look_at_lines();
            release_silences();
            settle_alarms();
            act();
            if (learned_.has_settled_on(judge_, clock_.now())) {
                save_book();
            }
            note_store();
            note_blind();
            note_later();
        }
    });
}

/// Every second: a clock that is set, or becomes known, counts at once, for schedules and for rules that
/// learn by the time of day.
void Pipeline::tell_time() {
    const Moment now = clock_.moment();
    const Duration into_minute =
        now.wall ? Duration(now.wall->time_since_epoch() % std::chrono::minutes(1)) : Duration::zero();
    judge_.local_time(now.wall && zone_ ? std::optional(zone_->minute_of_week(*now.wall)) : std::nullopt,
                      now.monotonic - into_minute);
    judge_.know_time(
        now.wall ? std::optional<Duration>(now.wall->time_since_epoch() - now.monotonic.time_since_epoch())
                 : std::nullopt);
}

/// Before anything is found to be silent: whatever runs out during a pause is looked at first thing after it.
void Pipeline::note_pause() {
    const Monotonic now = clock_.now();
    const Duration pause = pause_watch_.look(now);
    if (pause == Duration::zero()) {
        return;
    }
    judge_.unobserved(pause, now);
    causes_.unobserved(pause, now);
    signs_.unobserved(pause, now);
    store_watch_.unobserved(pause, now);
    for (Monotonic& lent : lent_until_) {
        lent += lent > now - pause ? pause : Duration::zero();
    }
    const std::string length = fmt::format("{:.1f}", std::chrono::duration<double>(pause).count());
    log::warning("守护进程停顿了 " + length + " 秒:其间未询问任何设备,不计入静默时间",
                 "the daemon stood still for " + length +
                     " s: nobody was asked meanwhile, and that time counts as nobody's silence");
}

void Pipeline::keep_watchdog_fed() {
    const std::optional<Duration> pace = control::watchdog_pace();
    if (!pace) {
        return;
    }
    control::notify_alive();
    watchdog_timer_.expires_after(*pace);
    watchdog_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            keep_watchdog_fed();
        }
    });
}

void Pipeline::note_store() {
    for (const std::string& words : store_news_->words.take()) {
        log::warning("存储:" + words, "store: " + words);
    }
    for (const store::Loss& loss : store_news_->losses.take()) {
        publisher_->declare(loss);
    }
    const bool news = store_watch_.look(store_->usage(), clock_.now());
    if (news || ++store_looks_ % kLooksPerStoreSample == 0) {
        judge_own(store_samples(clock_.now()));
    }
}

/// Of the gateway's own points some have a value only where there is something to measure (a certificate).
std::vector<rules::Blind> Pipeline::blind() const {
    std::vector<rules::Blind> all = judge_.blind(clock_.now());
    all.erase(std::remove_if(all.begin(), all.end(),
                             [this](const rules::Blind& one) {
                                 const config::Device& of = site_.device(site_.rules[one.rule.value].device);
                                 return one.by == rules::BlindBy::kValue &&
                                        config::is_self(site_.bus(of.bus));
                             }),
              all.end());
    return all;
}

/// A rule that cannot judge looks like one that finds nothing.
void Pipeline::note_blind() {
    if (++blind_looks_ % kLooksPerBlind != 0) {
        return;
    }
    const auto answers = [this](DeviceId device) {
        return told_health_[device.value] != sampling::Health::kOffline;
    };
    for (const config::Text& line : blind_watch_.look(blind(), clock_.now(), answers)) {
        log::warning(line.zh, line.en);
    }
}

}  // namespace gengfu
