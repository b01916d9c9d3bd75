// `gengfu replay` over a day of a community: 100 devices, three rules each, from a store on disk. Times real
// time; product contract, section 4: at least 1,000.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "cli/opened_record.hpp"
#include "cli/replay_run.hpp"
#include "tests/bench/day_recorder.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

using config::RuleKind;

constexpr int kDevices = 100;
constexpr Duration kPlayed = std::chrono::hours(24);
constexpr double kHalfHour = 1800;  ///< a value moves round once in it, seconds

/// 200 readings a second, 600 rules.
test::SiteBuilder make_site() {
    test::SiteBuilder builder;
    for (int i = 0; i < kDevices; ++i) {
        const DeviceId device = builder.device("device-" + std::to_string(i), {"level", "flow"});
        for (const char* name : {"level", "flow"}) {
            const PointId point = builder.point(device, name);
            builder.spec(point).deadband = 2;
            config::Rule& above = builder.rule(point, std::string(name) + "-above", RuleKind::kAbove);
            above.levels = {test::level(130, Severity::kModerate), test::level(160)};
            above.deadband = 5;
            above.on_delay = above.off_delay = std::chrono::seconds(5);
            config::Rule& rate = builder.rule(point, std::string(name) + "-rate", RuleKind::kRate);
            rate.levels = {test::level(100)};
            rate.per = rate.window = std::chrono::minutes(1);
            builder.rule(point, std::string(name) + "-silent", RuleKind::kSilent).silent_for =
                std::chrono::seconds(60);
        }
    }
    return builder;
}

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "replay_bench: %s\n", what.c_str());
    std::exit(1);
}

/// A store as a gateway leaves it after a day. \return records of samples
std::uint64_t write_day(const std::string& folder, const config::Site& site) {
    bench::DayRecorder recorder(folder, site, 1'800'000'000'000'000);
    std::mt19937 random(11);
    std::normal_distribution<double> noise(0, 0.5);
    for (Duration at{}; at < kPlayed; at += std::chrono::seconds(1)) {
        const double seconds = std::chrono::duration<double>(at).count();
        for (std::uint32_t i = 0; i < site.points.size(); ++i) {
            const double phase = seconds / kHalfHour * 2 * M_PI + i;
            recorder.observe(test::good(PointId{i},
                                        std::round((100 + 40 * std::sin(phase) + noise(random)) * 10) / 10,
                                        Monotonic{std::chrono::hours(1)} + at));
        }
    }
    return recorder.finish();
}

class Folder {
public:
    Folder() {
        char name[] = "/var/tmp/gengfu-replay-XXXXXX";
        path_ = ::mkdtemp(name) == nullptr ? "" : name;
        if (path_.empty()) {
            give_up("no folder in /var/tmp");
        }
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string store() const { return path_ + "/store"; }

private:
    std::string path_;
};

/// All of it: files, records, samples, readings in between, rules, alarms.
void Replay(benchmark::State& state) {
    static const Folder folder;
    static test::SiteBuilder builder = make_site();
    static const std::uint64_t records =
        write_day(folder.store(), builder.site());  // once for all repetitions
    std::map<std::string, PointId> by_name;
    for (std::uint32_t i = 0; i < builder.site().points.size(); ++i) {
        by_name[builder.site().point_name(PointId{i})] = PointId{i};
    }
    std::uint64_t given = 0;
    std::uint64_t repeated = 0;
    std::size_t alarms = 0;
    for (auto _ : state) {
        const Result<cli::OpenedRecord> record = cli::open_record({}, folder.store());
        if (!record) {
            give_up(record.error().what);
        }
        cli::RecordedHistory& history = *record->history;
        cli::ReplayRun run(builder.site(), std::nullopt);
        bool started = false;
        Wall last{};
        std::vector<PointId> places;
        const auto place_of = [&](const cli::RecordedHistory& of, std::int32_t number) {
            for (std::size_t i = places.size(); i < of.points().size(); ++i) {
                places.push_back(by_name.at(of.points()[i].device + "/" + of.points()[i].name));
            }
            return places[static_cast<std::size_t>(number)];
        };
        const auto use = [&](const cli::RecordedHistory::Batch& batch) {
            if (!started) {
                run.start(batch.start);
                started = true;
            }
            for (std::size_t i = 0; i < batch.samples->number.size(); ++i) {
                Sample sample;
                sample.quality = Quality::kGood;
                sample.value = batch.samples->value[i];
                last = batch.start + std::chrono::microseconds(batch.samples->offset_us[i]);
                run.sample(place_of(history, batch.samples->number[i]), sample, last);
            }
        };
        if (!history.read_samples(Wall{}, use)) {
            give_up("the record cannot be read");
        }
        run.finish(last);
        given = run.given();
        repeated = run.repeated();
        alarms = run.occurrences().size();
    }
    if (given == 0 || alarms == 0) {
        give_up("nothing was played, or no alarm came");
    }
    state.counters["played_seconds"] = std::chrono::duration<double>(kPlayed).count();
    state.counters["records"] = static_cast<double>(records);
    state.counters["samples"] = static_cast<double>(given);
    state.counters["readings"] = static_cast<double>(given + repeated);
    state.counters["alarms"] = static_cast<double>(alarms);
}
BENCHMARK(Replay)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace gengfu

BENCHMARK_MAIN();
