#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/rules/reference.hpp"

/// Every kind of rule against the slow reference, over random sequences with failed reads, uncertain values,
/// duplicates, jitter, slow stretches, gaps and restarts. Seeds are fixed: a failure repeats.
namespace gengfu::rules {
namespace {

using config::RuleKind;
using gengfu::test::bad;
using gengfu::test::good;
using gengfu::test::level;
using gengfu::test::SiteBuilder;
using gengfu::test::uncertain;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSeeds = 150;
constexpr int kSamples = 250;

struct Case {
    std::string name;
    void (*set_up)(config::Rule&);
    std::vector<double> values;  ///< drawn from, with a tendency to stay
    bool of_device = false;
    bool of_axes = false;  ///< the value is an angle, from which three axes are made
    bool limited = false;  ///< the limits are taken from another point, which changes
    bool clocked = false;  ///< the clock is known, and lost with each restart
    Duration interval = seconds(1);
    bool restarts = true;
    int seeds = kSeeds, samples = kSamples;
    int worst_mood = 3;  ///< 0 good, 1 half of the answers lost, 2 nearly all, 3 slow
    int stays = 8;       ///< a new value is drawn at one sample of so many while the line is good
    int lively = 50;     ///< clears that must be seen
};

void PrintTo(const Case& c, std::ostream* out) {
    *out << c.name;
}

void levels_above(config::Rule& rule) {
    rule.kind = RuleKind::kAbove;
    rule.levels = {level(10, Severity::kMinor), level(20, Severity::kModerate),
                   level(30, Severity::kCritical)};
    rule.deadband = 2;
    rule.on_delay = seconds(3);
    rule.off_delay = seconds(4);
}
void plain_above(config::Rule& rule) {
    rule.kind = RuleKind::kAbove;
    rule.levels = {level(10)};
}
void levels_below(config::Rule& rule) {
    rule.kind = RuleKind::kBelow;
    rule.levels = {level(30, Severity::kMinor), level(20, Severity::kMajor)};
    rule.deadband = 2;
    rule.on_delay = seconds(2);
}
void outside(config::Rule& rule) {
    rule.kind = RuleKind::kOutside;
    rule.low = 10;
    rule.high = 30;
    rule.deadband = 2;
    rule.off_delay = seconds(3);
}
void equals(config::Rule& rule) {
    rule.kind = RuleKind::kEquals;
    rule.values = {10, 19};
    rule.on_delay = seconds(2);
    rule.off_delay = seconds(2);
}
void bit(config::Rule& rule) {
    rule.kind = RuleKind::kBit;
    rule.active = false;
    rule.on_delay = milliseconds(1500);
}
void rate_up(config::Rule& rule) {
    rule.kind = RuleKind::kRate;
    rule.levels = {level(30, Severity::kMinor), level(90, Severity::kMajor)};
    rule.per = seconds(60);
    rule.window = seconds(10);
    rule.deadband = 5;
    rule.on_delay = seconds(2);
    rule.off_delay = seconds(2);
}
void rate_down(config::Rule& rule) {
    rate_up(rule);
    rule.levels = {level(-30, Severity::kMinor), level(-90, Severity::kMajor)};
}
void silent(config::Rule& rule) {
    rule.kind = RuleKind::kSilent;
    rule.silent_for = seconds(6);
    rule.off_delay = seconds(2);
}
void silent_at_once(config::Rule& rule) {
    rule.kind = RuleKind::kSilent;
    rule.silent_for = seconds(4);
    rule.on_delay = seconds(1);
}

void stuck(config::Rule& rule) {
    rule.kind = RuleKind::kStuck;
    rule.silent_for = seconds(7);
    rule.deadband = 1;
    rule.off_delay = seconds(2);
}
void stuck_exactly(config::Rule& rule) {
    rule.kind = RuleKind::kStuck;
    rule.silent_for = seconds(4);
    rule.on_delay = seconds(2);
}
void jump(config::Rule& rule) {
    rule.kind = RuleKind::kJump;
    rule.levels = {level(5, Severity::kMinor), level(10, Severity::kMajor)};
    rule.off_delay = seconds(3);
}
void moved(config::Rule& rule) {
    rule.kind = RuleKind::kMoved;
    rule.levels = {level(15, Severity::kMajor), level(60, Severity::kCritical)};
    rule.deadband = 2;
    rule.on_delay = seconds(3);
    rule.off_delay = seconds(3);
}
void occupied_bit(config::Rule& rule) {
    rule.kind = RuleKind::kOccupied;
    rule.levels = {level(5, Severity::kModerate), level(20, Severity::kMajor)};
    rule.off_delay = seconds(2);
}
void occupied_by_deviation(config::Rule& rule) {
    occupied_bit(rule);
    rule.enter = 20;
    rule.leave = 10;
}

void above_another(config::Rule& rule) {
    levels_above(rule);
    rule.levels = {level(0, Severity::kMinor), level(0, Severity::kMajor)};
    rule.levels[0].times = 0.5;
    rule.levels[1].times = 1;
}
void below_another(config::Rule& rule) {
    above_another(rule);
    rule.kind = RuleKind::kBelow;
    rule.levels[0].times = 1;
    rule.levels[1].times = 0.5;
}
void above_by_schedule(config::Rule& rule) {
    levels_above(rule);
    // Begun on Sunday at 23:57: over the end of the week.
    rule.schedule = {{10'077, 10'078}, {10'079, 10'080}, {0, 2}, {3, 4}, {6, 7}, {9, 12}, {13, 500}};
}
void bit_by_schedule(config::Rule& rule) {
    bit(rule);
    rule.schedule = {{1, 3}, {10'078, 10'079}, {5, 6}, {8, 9}};
}
void growth(config::Rule& rule) {
    rule.kind = RuleKind::kGrowth;
    rule.levels = {level(2, Severity::kMinor), level(4, Severity::kMajor)};
    rule.floor = 22;
    rule.deadband = 0.25;
}

constexpr double kShaken = test::Reference::kShaken;
const std::vector<double> kAround{0, 8, 9, 10, 12, 18, 19, 20, 22, 28, 29, 30, 31, 50};

const Case kCases[] = {
    {"LevelsAbove", levels_above, kAround},
    {"PlainAbove", plain_above, {7, 9.5, 10, 13}},
    {"LevelsBelow", levels_below, kAround},
    {"Outside", outside, kAround},
    {"Equals", equals, {9, 10, 11, 19}},
    {"Bit", bit, {0, 1, 0, 4}},
    {"RateUp", rate_up, {0, 2, 5, 7, 12, 14, 19, 20, 22}},
    {"RateDown", rate_down, {0, 2, 5, 7, 12, 14, 19, 20, 22}},
    {"SilentPoint", silent, {1, 2}},
    {"SilentPointAtOnce", silent_at_once, {1, 2}},
    {"SilentDevice", silent, {1, 2}, true},
    {"SilentDeviceAtOnce", silent_at_once, {1, 2}, true},
    {"Stuck", stuck, {5, 5.5, 6, 9, 5}},
    {"StuckExactly", stuck_exactly, {5, 5, 6}},
    {"Jump", jump, {0, 1, 5, 10, 21}},
    {"Moved", moved, {0, 1, 13.5, 14.5, 16, 40, 59, 61, 170}, false, true},
    {"MovedAndShaken", moved, {0, 1, 13.5, 16, 61, 170, kShaken, kShaken + 16, kShaken + 61}, false, true},
    {"OccupiedBit", occupied_bit, {0, 1, 1}},
    {"OccupiedByDeviation", occupied_by_deviation, {0, 12, 15, 25, 30, 30}},
    {.name = "AboveAnother", .set_up = above_another, .values = kAround, .limited = true},
    {.name = "BelowAnother", .set_up = below_another, .values = kAround, .limited = true},
    {.name = "AboveBySchedule", .set_up = above_by_schedule, .values = kAround, .clocked = true},
    {.name = "BitBySchedule", .set_up = bit_by_schedule, .values = {0, 1, 0, 4}, .clocked = true},
    {.name = "Growth",
     .set_up = growth,
     .values = {10, 10, 12, 12, 20, 23, 50},
     .interval = std::chrono::minutes(20),
     .restarts = false,
     .seeds = 8,
     .samples = 2000,
     .worst_mood = 1,
     .stays = 80,
     .lively = 5},
};

/// Draws samples; the mood decides for a while how good the line is.
class Line {
public:
    Line(unsigned seed, const Case& of) : random_(seed), of_(of) {}

    Sample next(PointId point) {
        if (one_in(20)) {
            mood_ = number(0, of_.worst_mood);
        }
        now_ += spacing();
        if (one_in(mood_ == 0 ? of_.stays : of_.stays * 3 / 8)) {
            value_ = of_.values[static_cast<std::size_t>(number(0, static_cast<int>(of_.values.size()) - 1))];
        }
        last_ = draw(point);
        return last_;
    }
    Sample again() const { return last_; }
    Monotonic now() const { return now_; }
    bool one_in(int n) { return number(1, n) == 1; }
    void wait(Duration by) { now_ += by; }
    /// Of the point that limits are taken from.
    Sample rated(PointId point) {
        const double value =
            std::vector<double>{20, 30, 40, 12, 0, -5}[static_cast<std::size_t>(number(0, 5))];
        return one_in(4)   ? bad(point, Reason::kTimeout, now_)
               : one_in(4) ? uncertain(point, value, now_)
                           : good(point, value, now_);
    }

private:
    int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

    Duration spacing() {
        const auto scale = of_.interval / seconds(1);
        if (one_in(60)) {
            return seconds(number(4, 90)) * scale;  // a gap, or a bus gone slow
        }
        return milliseconds(mood_ == 3 ? 50 * number(40, 120) : 50 * number(15, 25)) * scale;
    }

    Sample draw(PointId point) {
        const int bad_of_ten = mood_ == 0 ? 0 : mood_ == 1 ? 5 : mood_ == 2 ? 9 : 1;
        if (number(1, 10) <= bad_of_ten) {
            return bad(point, one_in(2) ? Reason::kTimeout : Reason::kNotProtecting, now_);
        }
        if (one_in(6)) {
            return uncertain(point, value_, now_);
        }
        return one_in(40) ? good(point, std::nan(""), now_) : good(point, value_, now_);
    }

    std::mt19937 random_;
    const Case& of_;
    Monotonic now_ = gengfu::test::at(0);
    double value_ = 0;
    int mood_ = 0;
    Sample last_;
};

std::vector<test::Reference::Said> said(const std::vector<Verdict>& verdicts) {
    std::vector<test::Reference::Said> said;
    for (const Verdict& verdict : verdicts) {
        said.push_back({verdict.change, verdict.severity});
    }
    return said;
}

class AgainstReference : public testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        const DeviceId device = GetParam().of_axes
                                    ? builder_.device("panel", {"x", "y", "value"})
                                    : builder_.device("panel", {"value", "rated"}, GetParam().interval);
        point_ = builder_.point(device, "value");
        first_ = builder_.point(device, GetParam().of_axes ? "x" : "value");
        config::Rule& rule = GetParam().of_device ? builder_.silent(device, "rule", seconds(1))
                                                  : builder_.rule(point_, "rule", RuleKind::kAbove);
        GetParam().set_up(rule);
        if (GetParam().limited) {
            rule.limit_point = builder_.point(device, "rated");
        }
        if (GetParam().of_axes) {
            rule.axes = {builder_.point(device, "x"), builder_.point(device, "y"), point_};
        }
    }

    /// The pose is known from the first sample on.
    static std::vector<Learned> upright() {
        return {{.device = "panel",
                 .point = "value",
                 .rule = "rule",
                 .kind = "moved",
                 .calibrated = true,
                 .numbers = {0, 0, 1, 0, 0, 1}}};
    }

    std::unique_ptr<Judge> begin(const std::vector<RuleMemory>& memory, Monotonic now,
                                 const std::vector<Learned>& learned) {
        auto judge = std::make_unique<Judge>(builder_.site());
        judge->restore(memory, now);
        judge->teach(learned);
        return judge;
    }

    void observe(Judge& judge, const Sample& sample, std::vector<Verdict>& out) const {
        if (!GetParam().of_axes) {
            judge.observe(sample, out);
            return;
        }
        constexpr double kRadians = 0.017453292519943295;
        Sample axis = sample;
        const bool shaken = sample.value >= kShaken;
        const double size = shaken ? test::Reference::kShakenG : 1;
        const double angle = (sample.value - (shaken ? kShaken : 0)) * kRadians;
        for (const double part : {std::sin(angle), 0.0, std::cos(angle)}) {
            axis.value = size * part;
            judge.observe(axis, out);
            ++axis.point.value;
        }
    }

    static void tick(Judge& judge, Monotonic now, std::vector<Verdict>& out) {
        if (judge.next_deadline() && *judge.next_deadline() <= now) {
            judge.tick(now, out);
        }
    }

    void play(unsigned seed) {
        Line line(seed, GetParam());
        auto judge = begin({}, line.now(), upright());
        // As docs/rules.md counts: three intervals and the bus's time-out, five and it, at least ten seconds.
        const Duration timeout = milliseconds(500);
        const Duration stale = std::max<Duration>(5 * GetParam().interval + timeout, seconds(10));
        test::Reference reference(builder_.site().rules[0], {3 * GetParam().interval + timeout, stale},
                                  line.now());
        int clock = 10'077;
        for (int i = 0; i < GetParam().samples; ++i) {
            std::vector<Verdict> out;
            const bool restarts = GetParam().restarts && line.one_in(80);
            if (restarts) {
                line.wait(seconds(7));
                const std::vector<RuleMemory> memory = judge->memory();
                judge = begin(memory, line.now(), judge->learned());
                reference.restart(line.now());
            }
            if (GetParam().clocked && line.one_in(30)) {
                clock = line.one_in(3) ? 10'077 : clock;  // set back now and then
                judge->local_time(clock, line.now());
                reference.clock(clock, line.now());
            }
            if (GetParam().limited && line.one_in(10)) {
                const Sample rated = line.rated(PointId{point_.value + 1});
                judge->observe(rated, out);
                reference.limit(rated);
                ASSERT_TRUE(out.empty());
            }
            const Sample sample = i > 0 && !restarts && line.one_in(25) ? line.again() : line.next(first_);
            tick(*judge, sample.taken, out);
            ASSERT_EQ(said(out), reference.pass(sample.taken))
                << "before sample " << i << " of seed " << seed;
            out.clear();
            observe(*judge, sample, out);
            for (const Verdict& verdict : out) {
                ++seen_[verdict.change];
            }
            ASSERT_EQ(said(out), reference.observe(sample)) << "sample " << i << " of seed " << seed;
        }
    }

    SiteBuilder builder_;
    PointId point_;
    PointId first_;  ///< that samples are drawn for
    std::map<Change, int> seen_;
};

TEST_P(AgainstReference, SaysTheSame) {
    for (unsigned seed = 1; seed <= static_cast<unsigned>(GetParam().seeds) && !HasFatalFailure(); ++seed) {
        play(seed);
    }
    EXPECT_GT(seen_[Change::kCleared], GetParam().lively)
        << "the sequences must be lively enough to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Table, AgainstReference, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace gengfu::rules
