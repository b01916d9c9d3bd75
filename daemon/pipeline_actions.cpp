// What alarms switch: coils and registers, by the workers of their buses.
#include <boost/asio/post.hpp>
#include <chrono>
#include <set>
#include <utility>

#include "daemon/alarms/stranded.hpp"
#include "daemon/config/find_device.hpp"
#include "daemon/config/self_actions.hpp"
#include "daemon/config/values.hpp"
#include "daemon/core/log.hpp"
#include "daemon/pipeline.hpp"

namespace gengfu {
namespace asio = boost::asio;

namespace {

/// How long the end of the daemon waits for what it has switched to be undone: a few turns of a slow line.
constexpr auto kReleaseGrace = std::chrono::seconds(3);

}  // namespace

void Pipeline::begin_actions() {
    const std::vector<std::string> unknown =
        actions_.restore(std::exchange(saved_outputs_, {}), table_.standing(), last_book_, stamp());
    for (const std::string& output : unknown) {
        log::warning(
            "联动 " + output + " 的设备已不在配置中,无法复位,请现场检查",
            "an action switched " + output +
                ", whose device is not in the configuration any more: it cannot be undone, look at it");
    }
    acting_ = true;
}

config::Text Pipeline::would_strand(const config::Site& fresh) const {
    for (const alarms::KeptOutput& one : alarms::stranded(actions_.kept(), site_, fresh)) {
        const auto device = config::find_device(site_, one.device);
        if (!device || told_health_[device->value] == sampling::Health::kOffline) {
            continue;
        }
        const std::string output = one.device + " " + config::to_text(one.reg);
        return {
            "联动输出 " + output +
                " 正处于接通状态,而新配置中该设备已不在或换了总线、地址,将无法复位;"
                "请等告警恢复,或先用 gengfu shelve 搁置该告警,再重载",
            "an action has " + output +
                " switched on, and the device is not in the new configuration or has another bus or unit "
                "there: it could not be switched off any more; wait until the alarm is over, or shelve it "
                "with `gengfu shelve`, and reload again"};
    }
    return {};
}

/// After each change of an alarm that has an action, and every second.
void Pipeline::act() {
    withdraw_writes();
    if (!acting_ || stopping_) {
        return;
    }
    const std::vector<alarms::ActionWrite> due = actions_.due(stamp());
    if (due.empty()) {
        return;
    }
    save_book();  // that they are, or may be, on
    for (const alarms::ActionWrite& each : due) {
        write(each);
    }
}

/// What waits for its line and is not wanted any more must not be switched on for a moment.
void Pipeline::withdraw_writes() {
    for (auto& [output, leave] : writes_waiting_) {
        if (!actions_.wanted_until(output.first, output.second, stamp())) {
            leave->withdrawn = true;
        }
    }
}

void Pipeline::write(const alarms::ActionWrite& write) {
    const auto& worker = workers_[site_.device(write.device).bus.value];
    const auto done = [this, write](const Result<void>& how) {
        asio::post(core_, [this, write, how] { wrote(write, how); });
    };
    const auto leave = std::make_shared<sampling::WriteLeave>();
    leave->again = actions_.repeats(write.device, write.reg);
    if (write.on) {
        const alarms::Stamp now = stamp();
        if (const auto until = actions_.wanted_until(write.device, write.reg, now)) {
            leave->until = clock_.now() + std::chrono::microseconds(until->monotonic_us - now.monotonic_us);
        }
        writes_waiting_[{write.device, write.reg}] = leave;
    }
    const Result<void> queued =
        worker ? worker->write_now(write.device, write.reg, write.value, done, leave)
               : Result<void>(fail(Errc::kNotFound, "the gateway itself is not on a bus"));
    if (!queued) {
        done(queued);  // by a post: the caller is in the midst of a list
    }
}

void Pipeline::tell_action(const alarms::ActionNews& news) {
    const alarms::Audit audit = alarms::audit_of(news, site_);
    news.failed || news.lost ? log::warning(audit.text.zh, audit.text.en)
                             : log::info(audit.text.zh, audit.text.en);
    publisher_->audit(audit);
}

/// What comes back from the units of outputs, as far as they can be read.
void Pipeline::look_at_outputs(const std::vector<Sample>& samples) {
    const alarms::Stamp now = stamp();
    bool dropped = false;
    bool heard = false;
    for (const Sample& sample : samples) {
        // Not while verdicts are held: what was read may have cleared the alarm.
        heard = (!holding_ && actions_.heard(sample)) || heard;
        const alarms::Actions::Seen seen = actions_.seen(sample, now);
        if (seen.news) {
            tell_action(*seen.news);
        }
        dropped = dropped || seen.dropped;
    }
    if (dropped && !stopping_) {
        look_at_actions();
    }
    if (dropped || heard) {
        act();
    }
}

void Pipeline::wrote(const alarms::ActionWrite& write, const Result<void>& how) {
    if (write.on) {
        writes_waiting_.erase({write.device, write.reg});
    }
    const unsigned before = actions_.failures(write.device, write.reg);
    const std::optional<alarms::ActionNews> news = actions_.wrote(write, how, stamp());
    if (news) {
        tell_action(*news);
    }
    save_book_soon();
    if (actions_.failures(write.device, write.reg) != before && !stopping_) {
        look_at_actions();
    }
    act();  // what was wanted meanwhile
    if (actions_.at_rest()) {
        end_release();
    }
}

void Pipeline::look_at_actions() {
    std::vector<Sample> samples;
    std::set<PointId> seen;
    for (const config::Rule& rule : site_.rules) {
        if (!rule.action) {
            continue;
        }
        const config::Action& action = *rule.action;
        const auto point =
            config::own_point(site_, config::action_point(site_.device(action.device), action.reg));
        if (!point || !seen.insert(*point).second) {
            continue;
        }
        Sample sample;
        sample.point = *point;
        sample.quality = Quality::kGood;
        sample.value = actions_.failures(action.device, action.reg);
        sample.taken = clock_.now();
        samples.push_back(sample);
    }
    if (!samples.empty()) {
        judge_own(samples);
    }
}

/// Whoever ends does not see to it any more that what is on goes off in time.
void Pipeline::release_actions(std::function<void()> then) {
    actions_.release();
    act();
    if (actions_.at_rest()) {
        then();
        return;
    }
    released_ = std::move(then);
    release_timer_.expires_after(kReleaseGrace);
    release_timer_.async_wait([this](boost::system::error_code error) {
        if (!error && released_) {
            log::warning("联动未能全部复位,下次启动时继续",
                         "not all actions could be undone; the next start goes on with it");
            end_release();
        }
    });
}

void Pipeline::end_release() {
    if (released_) {
        release_timer_.cancel();
        std::exchange(released_, {})();
    }
}

}  // namespace gengfu
