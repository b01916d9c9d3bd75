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

/// Rule `occupied` by three axes against the slow reference: lanes with vehicles that come, creep, pass and
/// stay, a field that goes with the temperature, axes and temperatures that fail one by one or grow old,
/// duplicates, gaps, slow stretches, the clock set, restarts with and without what was learned, calibrating.
/// Seeds are fixed: a failure repeats.
namespace gengfu::rules {
namespace {

using gengfu::test::bad;
using gengfu::test::good;
using gengfu::test::level;
using gengfu::test::SiteBuilder;
using gengfu::test::uncertain;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LaneReference;
using Stage = LaneReference::Stage;

struct Street {
    std::string name;
    double noise = 3;  ///< counts
    double slope = 0;  ///< counts a °C
    double swing = 0;  ///< °C, up and down
    Duration swing_takes = seconds(400);
    Duration interval = seconds(1);
    bool thermometer = true;
    bool troubled = true;  ///< answers are lost, the daemon restarts
    int seeds = 100, samples = 400;
};

void PrintTo(const Street& street, std::ostream* out) {
    *out << street.name;
}

const Street kStreets[] = {
    {.name = "Quiet"},
    {.name = "NoThermometer", .thermometer = false},
    {.name = "Noisy", .noise = 12, .interval = seconds(10)},  // so that its noise is soon known
    {.name = "Deafening", .noise = 25, .interval = seconds(20)},
    {.name = "Warming", .slope = 3, .swing = 12},
    {.name = "WholeDays",
     .slope = -4,
     .swing = 8,
     .swing_takes = std::chrono::hours(24),
     .interval = seconds(120),
     .troubled = false,
     .seeds = 12,
     .samples = 2500},
    {.name = "TroubledDays",
     .noise = 9,
     .slope = 2,
     .swing = 10,
     .swing_takes = std::chrono::hours(12),
     .interval = seconds(60),
     .seeds = 12,
     .samples = 2500},
};

/// What is on the lane, and what of it comes through.
class Lane {
public:
    Lane(unsigned seed, const Street& street) : random_(seed), street_(street) {}

    bool one_in(int n) { return number(1, n) == 1; }
    int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    Monotonic now() const { return now_; }
    void wait(Duration by) { now_ += by; }

    void go_on() {
        if (street_.troubled && one_in(25)) {
            mood_ = number(0, 3);
        }
        const auto scale = street_.interval / seconds(1);
        const bool pause = street_.troubled && one_in(80);
        now_ += (pause        ? milliseconds(1000 * number(4, 90))
                 : mood_ == 3 ? milliseconds(50 * number(40, 120))
                              : milliseconds(50 * number(15, 25))) *
                scale;
        if (one_in(there_ ? 60 : 40)) {
            there_ = !there_;
            of_it_ = one_in(3)   ? 1.0
                     : one_in(2) ? number(10, 45) / 100.0  // beside, or a bicycle: about the thresholds
                                 : number(60, 200) / 100.0;
        }
        // Comes and goes in one value, or creeps.
        const double wanted = there_ ? of_it_ : 0;
        share_ += one_in(3) ? (wanted - share_) / 3 : wanted - share_;
        const double turns = std::chrono::duration<double>(now_ - gengfu::test::at(0)).count() /
                             std::chrono::duration<double>(street_.swing_takes).count();
        warm_ = 20 + street_.swing * std::sin(2 * 3.141592653589793 * turns);
    }

    Sample axis(PointId point, std::size_t which) {
        constexpr double kHome[] = {200, -90, 380};
        constexpr double kVehicle[] = {140, 60, -160};
        constexpr double kSlope[] = {1, 0, -0.5};
        const double noise = street_.noise * normal_(random_);
        return through(point, kHome[which] + share_ * kVehicle[which] +
                                  kSlope[which] * street_.slope * (warm_ - 20) + noise);
    }
    Sample temperature(PointId point) { return through(point, warm_ + 0.05 * normal_(random_)); }

private:
    Sample through(PointId point, double value) {
        const int of_twenty = !street_.troubled ? 0 : mood_ == 0 ? 0 : mood_ == 1 ? 4 : mood_ == 2 ? 15 : 1;
        if (number(1, 20) <= of_twenty) {
            return bad(point, one_in(2) ? Reason::kTimeout : Reason::kNotProtecting, now_);
        }
        return street_.troubled && one_in(30) ? uncertain(point, value, now_) : good(point, value, now_);
    }

    std::mt19937 random_;
    std::normal_distribution<double> normal_{0, 1};
    const Street& street_;
    Monotonic now_ = gengfu::test::at(0);
    int mood_ = 0;
    bool there_ = false;
    double of_it_ = 1, share_ = 0, warm_ = 20;
};

/// In the reference's words.
std::string why_not_in(const std::string& error) {
    return error.find("no good value") != std::string::npos           ? "no good value"
           : error.find("are needed, over") != std::string::npos      ? "too few"
           : error.find("has not been the same") != std::string::npos ? "it still moves"
                                                                      : error;
}

class OnTheLane : public testing::TestWithParam<Street> {
protected:
    using Said = std::vector<test::Reference::Said>;

    void SetUp() override {
        device_ = builder_.device("lane", {"x", "warm", "y", "z"}, GetParam().interval);
        config::Rule& rule = builder_.rule(builder_.point(device_, "z"), "rule", config::RuleKind::kOccupied);
        const auto scale = static_cast<double>(GetParam().interval / seconds(1));
        rule.levels = {level(0, Severity::kMinor), level(6 * scale, Severity::kModerate),
                       level(20 * scale, Severity::kMajor)};
        rule.off_delay = GetParam().interval * 3 / 2;
        rule.enter = 60;
        rule.leave = 30;
        rule.axes = {builder_.point(device_, "x"), builder_.point(device_, "y"),
                     builder_.point(device_, "z")};
        rule.schedule = {{0, 5'000}, {5'001, 10'078}, {10'079, 10'080}};
        if (GetParam().thermometer) {
            rule.temperature = builder_.point(device_, "warm");
        }
    }

    std::unique_ptr<Judge> begin(const std::vector<RuleMemory>& memory, Monotonic now,
                                 const std::vector<Learned>& learned) {
        auto judge = std::make_unique<Judge>(builder_.site());
        judge->restore(memory, now);
        judge->teach(learned);
        return judge;
    }

    static Said said(const std::vector<Verdict>& verdicts) {
        Said said;
        for (const Verdict& verdict : verdicts) {
            said.push_back({verdict.change, verdict.severity});
        }
        return said;
    }

    void restart(Lane& lane, std::unique_ptr<Judge>& judge, test::Reference& reference) {
        lane.wait(GetParam().interval * 7);
        const bool forgotten = lane.one_in(4);
        const std::vector<RuleMemory> memory = judge->memory();
        judge = begin(memory, lane.now(), forgotten ? std::vector<Learned>{} : judge->learned());
        reference.restart(lane.now(), forgotten);
    }

    /// The axes and the temperature of one poll; one that is not asked keeps its last value and grows old.
    void poll(Lane& lane, bool again, Judge& judge, test::Reference& reference, std::vector<Verdict>& out) {
        const std::vector<PointId>& axes = builder_.site().rules[0].axes;
        if (!again) {
            for (std::size_t i = 0; i < axes.size(); ++i) {
                last_[i] = lane.axis(axes[i], i);
            }
            last_[3] = lane.temperature(builder_.point(device_, "warm"));
        }
        const bool late = GetParam().troubled && lane.one_in(12);
        const int left_out = late ? lane.number(0, 1) : -1;
        for (std::size_t i = 0; i < 2; ++i) {
            if (static_cast<int>(i) != left_out) {
                judge.observe(last_[i], out);
                reference.axis(i, last_[i]);
            }
        }
        cold_ = lane.one_in(40) ? lane.number(0, 30) : std::max(cold_ - 1, 0);
        if (GetParam().thermometer && cold_ == 0) {  // it fails for a while now and then
            judge.observe(last_[3], out);
            reference.temperature(last_[3]);
        }
        judge.observe(last_[2], out);
        reference.axis(2, last_[2]);
    }

    void play(unsigned seed) {
        const Street& street = GetParam();
        Lane lane(seed, street);
        cold_ = lane.one_in(2) ? lane.number(1, 90) : 0;  // its first temperature may come late
        auto judge = begin({}, lane.now(), {});
        const Duration timeout = milliseconds(500);
        const Duration gap = 3 * street.interval + timeout;
        const Duration stale = std::max<Duration>(5 * street.interval + timeout, seconds(10));
        test::Reference reference(builder_.site().rules[0], {gap, stale}, lane.now());
        for (int i = 0; i < street.samples; ++i) {
            std::vector<Verdict> out;
            const bool restarts = street.troubled && lane.one_in(80);
            if (restarts) {
                restart(lane, judge, reference);
            }
            if (lane.one_in(60)) {  // the clock is set
                const int minute = lane.one_in(3) ? 10'076 : lane.number(0, 10'079);
                judge->local_time(minute, lane.now());
                reference.clock(minute, lane.now());
            }
            const bool again = i > 0 && !restarts && lane.one_in(25);
            if (!again) {
                lane.go_on();
            }
            if (judge->next_deadline() && *judge->next_deadline() <= lane.now()) {
                judge->tick(lane.now(), out);
            }
            ASSERT_EQ(said(out), reference.pass(lane.now())) << "before value " << i << " of seed " << seed;
            out.clear();
            poll(lane, again, *judge, reference, out);
            ASSERT_EQ(said(out), reference.observe(last_[2]))
                << "value " << i << " of seed " << seed << ", distance " << reference.lane()->distance()
                << ", stage " << static_cast<int>(reference.lane()->stage());
            for (const Verdict& verdict : out) {
                ++changes_[verdict.change];
            }
            ++stages_[reference.lane()->stage()];
            if (lane.one_in(60)) {
                const auto done = judge->calibrate(device_, lane.now());
                const std::string why_not = reference.calibrate(lane.now());
                ASSERT_EQ(done ? "" : why_not_in(done.error().what), why_not)
                    << "calibrated after value " << i << " of seed " << seed << ": "
                    << (done ? "" : done.error().what) << ", " << why_not;
                ++answers_[why_not];
            }
        }
    }

    SiteBuilder builder_;
    DeviceId device_;
    std::array<Sample, 4> last_;
    int cold_ = 0;                        ///< polls until the thermometer answers
    std::map<std::string, int> answers_;  ///< of calibrating
    std::map<Change, int> changes_;
    std::map<Stage, int> stages_;
};

TEST_P(OnTheLane, SaysTheSame) {
    for (unsigned seed = 1; seed <= static_cast<unsigned>(GetParam().seeds) && !HasFatalFailure(); ++seed) {
        play(seed);
    }
    constexpr int kLively = 50;
    EXPECT_GT(changes_[Change::kCleared], kLively) << "lively enough to prove anything";
    constexpr int kSome = 8;
    for (const char* answer : {"", "it still moves", "too few", "no good value"}) {
        const bool of_trouble = std::string(answer) == "too few" || std::string(answer) == "no good value";
        if (GetParam().troubled || !of_trouble) {
            EXPECT_GT(answers_[answer], kSome) << "calibrating: " << answer;
        }
    }
    for (const Stage stage : {Stage::kLearning, Stage::kFree, Stage::kBetween, Stage::kEntering,
                              Stage::kOccupied, Stage::kLeaving, Stage::kSuspect}) {
        if (GetParam().troubled || stage != Stage::kSuspect) {
            EXPECT_GT(stages_[stage], 10) << "stage " << static_cast<int>(stage);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Table, OnTheLane, testing::ValuesIn(kStreets),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace gengfu::rules
