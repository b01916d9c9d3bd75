#include "cli/alarm_load.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

namespace gengfu::cli {
namespace {

using alarms::TransitionKind;

/// Nearest rank.
Duration percentile(const std::vector<Duration>& ordered, double share) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(ordered.size()) + 0.999999);
    return ordered[std::min(std::max<std::size_t>(rank, 1), ordered.size()) - 1];
}

class Reckoning {
public:
    Reckoning(Wall from, Wall until) {
        load_.from = from;
        load_.until = until;
    }

    void add(const DatedTransition& one) {
        const alarms::Alarm& alarm = one.what.alarm;
        if (one.at > load_.until) {
            return;
        }
        if (one.at >= load_.from) {
            count(one, alarm);
        }
        follow(one, alarm);
    }

    AlarmLoad finish() {
        slices();
        names(frequent_, load_.most_frequent);
        std::uint64_t of_them = 0;
        if (load_.most_frequent.size() > kMostFrequent) {
            load_.most_frequent.resize(kMostFrequent);
        }
        for (const FrequentAlarm& one : load_.most_frequent) {
            of_them += one.calls;
        }
        load_.most_frequent_share =
            load_.calls == 0 ? 0 : static_cast<double>(of_them) / static_cast<double>(load_.calls);
        names(chattering_, load_.chattering);
        for (const auto& [id, standing] : standing_) {
            load_.standing.push_back(standing);
            load_.stale += load_.until - standing.since >= kStale ? 1U : 0U;
        }
        std::stable_sort(load_.standing.begin(), load_.standing.end(),
                         [](const StandingAlarm& a, const StandingAlarm& b) { return a.since < b.since; });
        load_.unanswered = called_.size();
        std::sort(answers_.begin(), answers_.end());
        load_.acknowledged = answers_.size();
        if (!answers_.empty()) {
            load_.ack_median = percentile(answers_, 0.5);
            load_.ack_p95 = percentile(answers_, 0.95);
            load_.ack_longest = answers_.back();
        }
        return std::move(load_);
    }

private:
    using Named = std::map<alarms::Key, FrequentAlarm>;

    static FrequentAlarm& named(Named& in, const alarms::Alarm& alarm) {
        FrequentAlarm& one = in[alarm.key];
        one.key = alarm.key;
        one.title = alarm.texts ? alarm.texts->title : config::Text{};
        return one;
    }
    static void names(const Named& from, std::vector<FrequentAlarm>& to) {
        for (const auto& [key, one] : from) {
            to.push_back(one);
        }
        std::stable_sort(to.begin(), to.end(),
                         [](const FrequentAlarm& a, const FrequentAlarm& b) { return a.calls > b.calls; });
    }

    void count(const DatedTransition& one, const alarms::Alarm& alarm) {
        load_.raises += one.what.kind == TransitionKind::kRaised ? 1U : 0U;
        if (alarm.chattering) {
            named(chattering_, alarm);
        }
        if (!one.what.notify) {
            return;
        }
        ++load_.calls;
        times_.push_back(one.at);
        ++load_.by_severity.at(static_cast<std::size_t>(alarm.severity) - 1);
        ++named(frequent_, alarm).calls;
        const auto chatters = chattering_.find(alarm.key);
        if (chatters != chattering_.end()) {
            ++chatters->second.calls;
        }
    }

    /// What stands and what waits for an answer.
    void follow(const DatedTransition& one, const alarms::Alarm& alarm) {
        if (alarm.active) {
            const auto [at, fresh] = standing_.try_emplace(alarm.id);
            at->second.since = fresh || one.what.kind == TransitionKind::kRaised ? one.at : at->second.since;
            at->second.key = alarm.key;
            at->second.title = alarm.texts ? alarm.texts->title : config::Text{};
            at->second.severity = alarm.severity;
            at->second.acknowledged = alarm.acknowledged;
        } else {
            standing_.erase(alarm.id);
        }
        if (one.what.notify) {
            called_.try_emplace(alarm.id, one.at);
        }
        const auto called = called_.find(alarm.id);
        // What the gateway acknowledges by itself answers no call.
        if (called == called_.end() || !alarm.acknowledged ||
            alarm.acknowledged_by.kind == alarms::ActorKind::kGateway) {
            return;
        }
        if (one.at >= load_.from) {
            answers_.push_back(one.at - called->second);
        }
        called_.erase(called);
    }

    void slices() {
        const Duration period = load_.until - load_.from;
        const double count = std::chrono::duration<double>(period) / std::chrono::duration<double>(kSlice);
        load_.average = count > 0 ? static_cast<double>(load_.calls) / std::max(count, 1.0) : 0;
        std::deque<Wall> within;
        std::map<std::int64_t, std::uint64_t> by_slice;
        for (const Wall at : times_) {
            while (!within.empty() && at - within.front() >= kSlice) {
                within.pop_front();
            }
            within.push_back(at);
            if (within.size() > load_.peak) {
                load_.peak = within.size();
                load_.peak_from = within.front();
            }
            ++by_slice[(at - load_.from) / std::chrono::duration_cast<Wall::duration>(kSlice)];
        }
        const auto floods = std::count_if(by_slice.begin(), by_slice.end(),
                                          [](const auto& slice) { return slice.second > kFlood; });
        load_.flood_share = static_cast<double>(floods) / std::max(std::ceil(count), 1.0);
    }

    AlarmLoad load_;
    Named frequent_, chattering_;
    std::vector<Wall> times_;
    std::map<AlarmId, StandingAlarm> standing_;
    std::map<AlarmId, Wall> called_;  ///< first call since the last acknowledgement
    std::vector<Duration> answers_;
};

}  // namespace

AlarmLoad alarm_load(const std::vector<DatedTransition>& transitions, Wall from, Wall until) {
    Reckoning reckoning(from, until);
    for (const DatedTransition& one : transitions) {
        reckoning.add(one);
    }
    return reckoning.finish();
}

}  // namespace gengfu::cli
