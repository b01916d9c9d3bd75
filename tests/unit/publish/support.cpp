#include "tests/unit/publish/support.hpp"

#include <cmath>
#include <tuple>

namespace gengfu::publish {

alarms::Alarm full_alarm(std::uint64_t sequence) {
    alarms::Alarm out;
    out.id = {kEpoch, sequence};
    out.revision = 5;
    out.raise_revision = 3;
    out.key = {"manhole-017", "gravity_z", "cover-moved"};
    out.device_class = "manhole-cover";
    out.active = out.acknowledged = out.latched = out.uncertain = out.removed = true;
    out.severity = Severity::kMajor;
    auto texts = std::make_shared<config::RuleText>();
    texts->title = {"井盖被打开", "Manhole cover opened"};
    texts->text = {"倾角 {value:.1f} {unit}", "Tilted by {value:.1f} {unit}"};
    texts->advice = {"先围挡,勿下井,先测气体", "Fence it off, do not enter, test for gas first"};
    texts->hazard = {"行人坠落", "People may fall in"};
    texts->why = "slope of the street";
    out.texts = texts;
    out.text = {"倾角 17.5 °", "Tilted by 17.5 °"};
    out.component.code = "4403090102000017";
    out.component.authority = "water-bureau";
    out.component.owner = "longhua-water";
    out.component.maintainer = "drainage-3";
    out.component.location = config::Location{114.0302, 22.6097, config::Datum::kCgcs2000};
    out.component.place = {.division = "440309",
                           .community_code = "440309008012",
                           .grid = "440309008012003",
                           .street = "民治街道",
                           .community = "北站社区",
                           .estate = "龙悦居",
                           .area = "北门",
                           .door = "2",
                           .building = "7",
                           .floor = "1",
                           .landmark = "北门岗亭旁",
                           .access = "钥匙在物业值班室"};
    out.parties = {{"water-bureau", "ZZ0001", "水务局", "roster:water-bureau"},
                   {"drainage-3", "ZZ0312", "龙华排水三队", "roster:drainage-3"}};
    const BootId boot{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};
    out.raised = {boot, 1'000'000, Wall(std::chrono::microseconds(1'795'000'000'000'000))};
    out.cleared = alarms::Stamp{boot, 2'000'000, std::nullopt};
    out.acknowledged_at =
        alarms::Stamp{boot, 3'000'000, Wall(std::chrono::microseconds(1'795'000'002'000'000))};
    out.acknowledged_by = {alarms::ActorKind::kPlatform, "city", "Li Wei", "on my way"};
    out.evidence = {.value = 17.5,
                    .limit = 15,
                    .unit = "°",
                    .kind = config::RuleKind::kRate,
                    .quality = Quality::kUncertain,
                    .reason = Reason::kJump,
                    .taken = out.raised,
                    .anomaly = {}};
    return out;
}

alarms::Transition transition(std::uint64_t sequence, alarms::Alarm alarm) {
    return {alarms::TransitionKind::kRaised,
            sequence,
            std::move(alarm),
            {alarms::ActorKind::kGateway, "", "", ""}};
}

namespace {

// The kind of the value of each sample.
std::vector<std::uint32_t> kinds(const gengfu::v1::Batch& batch) {
    std::vector<std::uint32_t> out;
    for (const std::uint32_t run : batch.value_runs()) {
        out.insert(out.end(), run / 4, run % 4);
    }
    out.resize(static_cast<std::size_t>(batch.alias_delta_size()), 0);
    return out;
}

std::vector<std::uint32_t> qualities(const gengfu::v1::Batch& batch) {
    std::vector<std::uint32_t> out;
    for (int i = 0; i + 1 < batch.quality_runs_size(); i += 2) {
        out.insert(out.end(), batch.quality_runs(i), batch.quality_runs(i + 1));
    }
    out.resize(static_cast<std::size_t>(batch.alias_delta_size()), gengfu::v1::QUALITY_GOOD * 256);
    return out;
}

}  // namespace

std::vector<SeenSample> read_batch(const gengfu::v1::Batch& batch,
                                   const std::map<std::uint32_t, PointScale>& points) {
    std::vector<SeenSample> out;
    const std::vector<std::uint32_t> kind = kinds(batch);
    const std::vector<std::uint32_t> quality = qualities(batch);
    std::map<std::uint32_t, std::int64_t> steps;
    std::int64_t alias = 0;
    std::int64_t time = 0;
    int step = 0;
    int single = 0;
    int exact = 0;
    for (int i = 0; i < batch.alias_delta_size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        alias += batch.alias_delta(i);
        time += batch.delta_us(i);
        SeenSample sample{.alias = static_cast<std::uint32_t>(alias),
                          .offset_us = time,
                          .quality = quality[at] / 256,
                          .reason = quality[at] % 256};
        if (kind[at] == 0) {
            const PointScale scale = points.at(sample.alias);
            steps[sample.alias] += batch.step_delta(step++);
            sample.value = static_cast<double>(steps[sample.alias]) * scale.resolution + scale.offset;
        } else if (kind[at] == 1) {
            sample.value = static_cast<double>(batch.single(single++));
        } else if (kind[at] == 2) {
            sample.value = batch.exact(exact++);
        } else {
            sample.value = std::nan("");
        }
        out.push_back(sample);
    }
    for (const gengfu::v1::TextSample& text : batch.texts()) {
        out.push_back({.alias = text.alias(),
                       .offset_us = text.offset_us(),
                       .value = std::nan(""),
                       .quality = text.quality_reason() / 256,
                       .reason = text.quality_reason() % 256,
                       .text = text.value()});
    }
    return out;
}

Result<void> FakeSession::publish(const std::string& topic, const std::string& payload, Retain retain,
                                  std::uint64_t token) {
    if (!up) {
        return fail(Errc::kIo, "not connected");
    }
    if (full) {
        return fail(Errc::kFull, "full");
    }
    sent.push_back({topic, payload, retain, token});
    open.push_back(token);
    return {};
}

Result<void> FakeSession::subscribe(const std::string& filter) {
    subscribed.push_back(filter);
    return {};
}

Result<void> FakeSession::unsubscribe(const std::string& filter) {
    unsubscribed.push_back(filter);
    return {};
}

void FakeSession::connect(std::uint16_t receive_maximum, bool mqtt5) {
    up = true;
    callbacks.connected(
        {.broker = {false, "broker", 1883}, .mqtt5 = mqtt5, .receive_maximum = receive_maximum});
}

void FakeSession::lose(const std::string& why) {
    up = false;
    open.clear();
    callbacks.lost(why);
}

void FakeSession::acknowledge_one() {
    const std::uint64_t token = open.front();
    open.pop_front();
    callbacks.acknowledged(token);
}

void FakeSession::acknowledge_all() {
    while (!open.empty()) {
        acknowledge_one();
    }
}

std::vector<FakeSession::Sent> FakeSession::on(const std::string& topic) const {
    std::vector<Sent> out;
    std::copy_if(sent.begin(), sent.end(), std::back_inserter(out),
                 [&](const Sent& one) { return one.topic.ends_with(topic); });
    return out;
}

void FakeStore::commit_event(store::Record record, std::string state, Done done) {
    states.push_back(std::move(state));
    if (disk == Disk::kHangs) {
        hanging.emplace_back(std::move(record), std::move(done));
    } else if (disk == Disk::kFails) {
        done(fail(Errc::kIo, "disk is gone"));
    } else {
        records.push_back(std::move(record));
        done({});
    }
}

void FakeStore::finish_commits() {
    disk = Disk::kGood;
    for (auto& [record, done] : std::exchange(hanging, {})) {
        records.push_back(std::move(record));
        done({});
    }
}

Result<void> FakeStore::append_telemetry(store::Record record) {
    records.push_back(std::move(record));
    return {};
}

void FakeStore::confirm(const std::string& consumer, Epoch epoch, Stream stream,
                        std::vector<store::SequenceRange> ranges) {
    for (const store::SequenceRange& range : ranges) {
        for (std::uint64_t sequence = range.first; sequence <= range.last; ++sequence) {
            const Identity identity{epoch, stream, sequence};
            confirmed.emplace_back(consumer, identity);
            const auto done = std::stable_partition(
                records.begin(), records.end(),
                [&](const store::Record& record) { return record.identity != identity; });
            released.insert(released.end(), done, records.end());
            records.erase(done, records.end());
        }
    }
}

void FakeStore::put(Epoch epoch, Stream stream, std::uint64_t sequence, const std::string& bytes) {
    if (std::find(epochs.begin(), epochs.end(), epoch) == epochs.end()) {
        epochs.insert(epochs.begin(), epoch);
    }
    records.push_back({{epoch, stream, sequence}, store::Encoding::kProtobuf, bytes});
}

void FakeStore::pending(Stream stream, std::optional<Identity> after, std::size_t limit,
                        std::function<void(Result<store::Pending>)> found) {
    ++questions;
    const auto place = [&](const Identity& identity) {
        return std::make_tuple(std::find(epochs.begin(), epochs.end(), identity.epoch) - epochs.begin(),
                               identity.sequence);
    };
    std::vector<store::Record> all;
    std::copy_if(records.begin(), records.end(), std::back_inserter(all), [&](const store::Record& record) {
        return record.identity.stream == stream && (!after || place(record.identity) > place(*after));
    });
    std::sort(all.begin(), all.end(),
              [&](const auto& a, const auto& b) { return place(a.identity) < place(b.identity); });
    store::Pending answer;
    answer.more = all.size() > limit;
    all.resize(std::min(limit, all.size()));
    answer.records = std::move(all);
    found(std::move(answer));
}

void FakeStore::history(Epoch epoch, Stream stream, store::SequenceRange range, std::size_t limit,
                        std::function<void(Result<store::Pending>)> found) {
    store::Pending answer;
    for (const auto* list : {&records, &released}) {
        std::copy_if(list->begin(), list->end(), std::back_inserter(answer.records),
                     [&](const store::Record& record) {
                         const Identity& identity = record.identity;
                         return identity.epoch == epoch && identity.stream == stream &&
                                identity.sequence >= range.first && identity.sequence <= range.last;
                     });
    }
    std::sort(answer.records.begin(), answer.records.end(),
              [](const auto& a, const auto& b) { return a.identity.sequence < b.identity.sequence; });
    answer.more = answer.records.size() > limit;
    answer.records.resize(std::min(limit, answer.records.size()));
    found(std::move(answer));
}

void FakeStore::held(std::function<void(Result<std::vector<store::StreamRanges>>)> found) {
    std::vector<store::StreamRanges> out;
    for (const Stream stream : {Stream::kEvent, Stream::kTelemetry}) {
        for (const Epoch epoch : epochs) {
            std::optional<store::SequenceRange> extent;
            for (const auto* list : {&records, &released}) {
                for (const store::Record& record : *list) {
                    if (record.identity.epoch == epoch && record.identity.stream == stream) {
                        const std::uint64_t at = record.identity.sequence;
                        extent = extent ? store::SequenceRange{std::min(extent->first, at),
                                                               std::max(extent->last, at)}
                                        : store::SequenceRange{at, at};
                    }
                }
            }
            if (extent) {
                out.push_back({epoch, stream, {*extent}});
            }
        }
    }
    found(std::move(out));
}

}  // namespace gengfu::publish
