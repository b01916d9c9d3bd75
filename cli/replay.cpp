// `gengfu replay`: what a configuration's rules would have made of the record.
#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>

#include "cli/commands.hpp"
#include "cli/opened_record.hpp"
#include "cli/replay_report.hpp"
#include "cli/span.hpp"
#include "cli/terminal.hpp"
#include "daemon/alarms/describe.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/self_device.hpp"

namespace gengfu::cli {
namespace {

std::map<std::pair<std::string, std::string>, PointId> points_by_name(const config::Site& site) {
    std::map<std::pair<std::string, std::string>, PointId> out;
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        const PointId id{i};
        out[{site.device(site.point(id).device).name, site.spec(id).name}] = id;
    }
    return out;
}

/// Points that a rule cannot do without.
std::set<PointId> judged_points(const config::Site& site) {
    std::set<PointId> out;
    for (const config::Rule& rule : site.rules) {
        if (rule.point && rule.kind != config::RuleKind::kSilent) {
            out.insert(*rule.point);
        }
        out.insert(rule.points.begin(), rule.points.end());
        out.insert(rule.axes.begin(), rule.axes.end());
        if (rule.limit_point) {
            out.insert(*rule.limit_point);
        }
    }
    return out;
}

Sample sample_of(double value, std::int16_t quality) {
    Sample sample;
    sample.value = value;
    const int word = quality / 256;
    sample.quality = word == 1 || word == 2 ? static_cast<Quality>(word) : Quality::kBad;
    const int reason = quality % 256;
    sample.reason = reason < kReasonCount ? static_cast<Reason>(reason) : Reason::kNone;
    return sample;
}

/// Hands batches to the run, by the names of their points.
class Player {
public:
    Player(const config::Site& site, const RecordedHistory& history, ReplayRun& run, Played& played)
        : history_(history),
          run_(run),
          played_(played),
          by_name_(points_by_name(site)),
          seen_(site.points.size()) {}

    void play(const RecordedHistory::Batch& batch) {
        learn_names();
        if (!played_.any || batch.epoch != epoch_) {
            epoch_ = batch.epoch;
            if (played_.any) {
                played_.holes.push_back({last_, batch.start});
            }
            played_.from = played_.any ? played_.from : batch.start;
            played_.any = true;
            ++played_.starts;
            run_.start(batch.start);
        }
        const publish::SampleArrays& samples = *batch.samples;
        std::size_t text = 0;
        for (std::size_t i = 0; i < samples.number.size(); ++i) {
            for (; text < samples.texts.size() && samples.texts[text].offset_us <= samples.offset_us[i];
                 ++text) {
                give_text(batch.start, samples.texts[text]);
            }
            give(samples.number[i], sample_of(samples.value[i], samples.quality[i]),
                 batch.start + std::chrono::microseconds(samples.offset_us[i]));
        }
        for (; text < samples.texts.size(); ++text) {
            give_text(batch.start, samples.texts[text]);
        }
    }

    bool seen(PointId point) const { return seen_[point.value]; }

private:
    void learn_names() {
        const std::vector<publish::RecordReader::Point>& points = history_.points();
        for (std::size_t i = places_.size(); i < points.size(); ++i) {
            const auto found = by_name_.find({points[i].device, points[i].name});
            places_.push_back(found == by_name_.end() ? std::nullopt : std::optional(found->second));
        }
    }

    void give(std::int32_t number, Sample sample, Wall at) {
        last_ = std::max(last_, at);
        const std::optional<PointId> point = places_[static_cast<std::size_t>(number)];
        if (!point) {
            ++played_.elsewhere;
            return;
        }
        seen_[point->value] = true;
        run_.sample(*point, std::move(sample), at);
        played_.until = std::max(played_.until, at);
    }

    void give_text(Wall start, const publish::SampleArrays::Text& text) {
        Sample sample = sample_of(std::numeric_limits<double>::quiet_NaN(), text.quality);
        sample.text = text.value;
        give(text.number, std::move(sample), start + std::chrono::microseconds(text.offset_us));
    }

    const RecordedHistory& history_;
    ReplayRun& run_;
    Played& played_;
    std::map<std::pair<std::string, std::string>, PointId> by_name_;
    std::vector<std::optional<PointId>> places_;  ///< by number of the record
    std::vector<bool> seen_;
    Epoch epoch_{};
    Wall last_{};  ///< sample, of whatever point
};

/// The alarms that came within what was played.
std::vector<Occurrence> recorded(const RecordedHistory& history, Wall from, Wall until) {
    Occurrences occurrences;
    for (const DatedTransition& one : history.transitions()) {
        if (one.at <= until) {
            occurrences.add(one.at, one.what.kind, one.what.alarm);
        }
    }
    std::vector<Occurrence> all = occurrences.take();
    std::erase_if(all, [&](const Occurrence& one) { return one.cleared && *one.cleared < from; });
    for (Occurrence& one : all) {
        one.stood_before = one.stood_before || one.raised < from;
    }
    return all;
}

}  // namespace

int replay(const Common& common, const HistoryWish& wish) {
    const Result<Duration> span = span_of(wish.since);
    if (!span) {
        complain(span.error().what);
        return kWrongUsage;
    }
    const Result<config::Bundle> bundle = config::gather(common.places);
    if (!bundle) {
        complain(bundle.error().what);
        return kWrongConfiguration;
    }
    config::Loaded loaded = config::load(*bundle, config::Credentials::kMayBeAbsent);
    if (!loaded.site) {
        for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
            complain(printable(config::to_string(diagnostic)));
        }
        return kWrongConfiguration;
    }
    config::add_self(*loaded.site);
    const config::Site& site = *loaded.site;
    const Result<OpenedRecord> record = open_record(common, wish.folder);
    if (!record) {
        complain(record.error().what);
        return kFailed;
    }
    RecordSource& source = *record->source;
    RecordedHistory& history = *record->history;
    Result<TimeZone> zone = TimeZone::load(site.gateway.time_zone);
    const LocalTime time(site.gateway.time_zone);
    ReplayRun run(site, zone ? std::optional(std::move(*zone)) : std::nullopt);
    Played played;
    const std::string learned = source.learned();
    played.taught = !learned.empty() && run.teach(learned).value_or(0) > 0;
    played.since = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) -
                   std::chrono::duration_cast<std::chrono::microseconds>(*span);
    Player player(site, history, run, played);
    const auto began = std::chrono::steady_clock::now();
    const Result<void> read =
        history.read_samples(played.since, [&](const RecordedHistory::Batch& batch) { player.play(batch); });
    if (!read) {
        complain(read.error().what);
        return kFailed;
    }
    if (!played.any) {
        complain("there are no samples since " + time.of(played.since) + " in the record" +
                 (history.oldest_samples() ? "; it begins at " + time.of(*history.oldest_samples()) : ""));
        return kFailed;
    }
    run.finish(played.until);
    played.took = std::chrono::steady_clock::now() - began;
    played.given = run.given();
    played.repeated = run.repeated();
    played.unusable = history.unusable();
    played.troubles = source.troubles();
    for (const PointId point : judged_points(site)) {
        // Some of the gateway's own have a value only where there is something to measure (a certificate).
        const bool own = config::is_self(site.bus(site.device(site.point(point).device).bus));
        if (!own && !player.seen(point)) {
            played.unseen.push_back(site.point_name(point));
        }
    }
    std::set<alarms::Key> judged;
    for (const config::Rule& rule : site.rules) {
        judged.insert(alarms::key_of(site, rule));
    }
    std::vector<Occurrence> came = recorded(history, played.from, played.until);
    note_unrecorded(came, played.holes, judged);
    const Comparison result = compare(came, run.occurrences());
    if (common.format == Format::kJson) {
        print(replay_json(played, result));
    } else {
        print(replay_text(played, result, time));
    }
    return kDone;
}

}  // namespace gengfu::cli
