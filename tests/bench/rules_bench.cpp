#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/alarms/surroundings.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

/// Samples through three rules each and the alarm table, on one core. Goal: 3 million samples a second.
namespace gengfu {
namespace {

using config::RuleKind;

constexpr std::size_t kDevices = 100;
constexpr std::size_t kRounds = 64;  ///< of different values, played again and again with time going on

/// 100 devices with one point, each with a limit in two levels, a rate of rise and a watch for silence.
test::SiteBuilder make_site() {
    test::SiteBuilder builder;
    for (std::size_t i = 0; i < kDevices; ++i) {
        const DeviceId device = builder.device("device-" + std::to_string(i), {"value"});
        const PointId point = builder.point(device, "value");
        config::Rule& above = builder.rule(point, "above", RuleKind::kAbove);
        above.levels = {test::level(180, Severity::kModerate), test::level(300)};
        above.deadband = 10;
        above.on_delay = above.off_delay = std::chrono::seconds(5);
        config::Rule& rate = builder.rule(point, "rate", RuleKind::kRate);
        rate.levels = {test::level(100)};
        rate.per = std::chrono::minutes(1);
        rate.window = std::chrono::minutes(1);
        builder.rule(point, "silent", RuleKind::kSilent).silent_for = std::chrono::seconds(30);
    }
    return builder;
}

/// Values around `middle`: with 100 nothing is ever raised, with 180 limits are crossed all the time.
std::vector<Sample> make_samples(double middle, double swing) {
    std::vector<Sample> samples;
    for (std::size_t round = 0; round < kRounds; ++round) {
        for (std::uint32_t i = 0; i < kDevices; ++i) {
            const double phase = static_cast<double>(round * 7 + i) / 40;  // 36 s a turn
            samples.push_back(test::good(PointId{i}, middle + swing * std::sin(phase), {}));
        }
    }
    return samples;
}

enum class Evidence : std::uint8_t { kNone, kKept };

/// With evidence, the samples of the last 30 s are kept of every point, and given to each event.
void judge_samples(benchmark::State& state, double middle, double swing, Evidence evidence) {
    test::SiteBuilder builder = make_site();
    rules::Judge judge(builder.site());
    alarms::Table table(Epoch{1}, builder.site());
    alarms::Surroundings surroundings(builder.site());
    std::vector<Sample> samples = make_samples(middle, swing);
    std::vector<rules::Verdict> verdicts;
    verdicts.reserve(64);
    Monotonic now = test::at(0);
    judge.restore({}, now);
    std::uint64_t sequence = 1;
    std::size_t next = 0;
    std::int64_t changes = 0;
    for (auto _ : state) {
        now += std::chrono::milliseconds(10);  // each device once a second
        Sample& sample = samples[next];
        next = next + 1 == samples.size() ? 0 : next + 1;
        sample.taken = now;
        verdicts.clear();
        if (evidence == Evidence::kKept) {
            surroundings.observe(sample);
        }
        judge.observe(sample, verdicts);
        if (judge.next_deadline() && *judge.next_deadline() <= now) {
            judge.tick(now, verdicts);
        }
        for (const rules::Verdict& verdict : verdicts) {
            const std::optional<alarms::Transition> transition = table.apply(verdict, {}, sequence);
            sequence += transition ? 1 : 0;
            if (transition && evidence == Evidence::kKept) {
                benchmark::DoNotOptimize(surroundings.around(transition->alarm));
            }
        }
        changes += static_cast<std::int64_t>(verdicts.size());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["changes_per_sample"] =
        static_cast<double>(changes) / static_cast<double>(state.iterations());
}

void QuietDay(benchmark::State& state) {
    judge_samples(state, 100, 1, Evidence::kNone);
}
void BusyDay(benchmark::State& state) {
    judge_samples(state, 180, 40, Evidence::kNone);
}
void QuietDayWithEvidence(benchmark::State& state) {
    judge_samples(state, 100, 1, Evidence::kKept);
}
void BusyDayWithEvidence(benchmark::State& state) {
    judge_samples(state, 180, 40, Evidence::kKept);
}

BENCHMARK(QuietDay);
BENCHMARK(BusyDay);
BENCHMARK(QuietDayWithEvidence);
BENCHMARK(BusyDayWithEvidence);

/// What the same samples cost when each is only compared with three limits, and nothing else is done with
/// them.
void BareThresholds(benchmark::State& state) {
    const std::vector<Sample> samples = make_samples(180, 40);
    std::vector<std::array<double, 3>> limits(kDevices, {180, 300, 100});
    benchmark::DoNotOptimize(limits.data());
    std::size_t next = 0;
    std::int64_t over = 0;
    for (auto _ : state) {
        const Sample& sample = samples[next];
        next = next + 1 == samples.size() ? 0 : next + 1;
        for (const double limit : limits[sample.point.value]) {
            over += sample.quality == Quality::kGood && sample.value >= limit ? 1 : 0;
        }
        benchmark::DoNotOptimize(over);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BareThresholds);

/// Kinds without a window. What a rule takes is what the judge's memory grows by with each more.
void set_up(config::Rule& rule, RuleKind kind) {
    rule.kind = kind;
    rule.levels = {test::level(180, Severity::kModerate), test::level(300)};
    rule.silent_for = std::chrono::seconds(30);
    rule.enter = 60;
    rule.leave = 30;
}

std::size_t judge_bytes(RuleKind kind, std::size_t rules) {
    test::SiteBuilder builder;
    const DeviceId device = builder.device("device", {"x", "y", "z"});
    const PointId point = builder.point(device, "z");
    for (std::size_t i = 0; i < rules; ++i) {
        config::Rule& rule = builder.rule(point, "rule-" + std::to_string(i), kind);
        set_up(rule, kind);
        if (kind == RuleKind::kMoved || kind == RuleKind::kOccupied) {
            rule.axes = {builder.point(device, "x"), builder.point(device, "y"), point};
        }
    }
    const rules::Judge judge(builder.site());
    return judge.bytes();
}

/// Bytes that the hungriest kind without a window takes.
void StateOfARule(benchmark::State& state) {
    constexpr std::size_t kMany = 1024;
    std::size_t most = 0;
    for (auto _ : state) {
        for (const RuleKind kind : {RuleKind::kAbove, RuleKind::kSilent, RuleKind::kStuck, RuleKind::kJump,
                                    RuleKind::kMoved, RuleKind::kOccupied}) {
            most = std::max(most, (judge_bytes(kind, 2 * kMany) - judge_bytes(kind, kMany)) / kMany);
        }
    }
    state.counters["bytes"] = static_cast<double>(most);
}
BENCHMARK(StateOfARule)->Iterations(1);

/// A start with 1,000 standing alarms: the table and the rules' memory.
void RestartWithThousandAlarms(benchmark::State& state) {
    test::SiteBuilder builder;
    for (int i = 0; i < 1000; ++i) {
        const DeviceId device = builder.device("device-" + std::to_string(i), {"value"});
        builder.rule(builder.point(device, "value"), "above", RuleKind::kAbove).levels = {test::level(1)};
    }
    rules::Judge before(builder.site());
    alarms::Table table(Epoch{1}, builder.site());
    std::vector<rules::Verdict> verdicts;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        before.observe(test::good(PointId{i}, 2, test::at(1)), verdicts);
    }
    std::uint64_t sequence = 1;
    for (const rules::Verdict& verdict : verdicts) {
        table.apply(verdict, {}, sequence++);
    }
    const std::vector<rules::RuleMemory> memory = before.memory();
    for (auto _ : state) {
        rules::Judge judge(builder.site());
        alarms::Table restored(Epoch{2}, builder.site());
        for (const alarms::Alarm* alarm : table.standing()) {
            restored.restore(*alarm);
        }
        judge.restore(memory, test::at(2));
        benchmark::DoNotOptimize(restored.standing().size());
    }
}

BENCHMARK(RestartWithThousandAlarms)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gengfu
