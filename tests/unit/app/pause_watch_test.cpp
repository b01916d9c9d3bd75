// A process that stood still has observed nothing: what is proved by silence, from the pause to the verdicts.
#include "daemon/pause_watch.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/alarms/cause_watch.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "daemon/line_signs.hpp"
#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::at;

TEST(PauseWatch, TellsAPauseFromAnOrdinaryRound) {
    struct Case {
        double from, to, pause;
    };
    for (const Case& one : {Case{10, 10, 0}, Case{10, 11, 0}, Case{10, 12, 0}, Case{10, 12.001, 2.001},
                            Case{10, 17, 7}, Case{10, 3610, 3600}, Case{10, 9, 0}}) {
        PauseWatch watch(at(0));
        watch.look(at(one.from));
        EXPECT_NEAR(std::chrono::duration<double>(watch.look(at(one.to))).count(), one.pause, 1e-6)
            << one.from << " to " << one.to;
    }
}

TEST(PauseWatch, TellsEachPauseOnce) {
    PauseWatch watch(at(0));
    EXPECT_EQ(watch.look(at(7)), seconds(7)) << "the first round counts from the start";
    EXPECT_EQ(watch.look(at(7)), Duration::zero());
    EXPECT_EQ(watch.look(at(8)), Duration::zero());
    EXPECT_EQ(watch.look(at(12)), seconds(4));
}

/// A line of four panels that are asked every second and alarm when they are silent for 5 s; played as the
/// pipeline plays it: ten rounds a second, each of which looks for a pause first.
class PausedTest : public testing::Test {
protected:
    static constexpr int kPanels = 4;

    PausedTest() {
        for (int i = 0; i < kPanels; ++i) {
            const DeviceId panel = builder_.device("p" + std::to_string(i), {"current"});
            points_.push_back(builder_.point(panel, "current"));
            config::Rule& rule = builder_.rule(points_.back(), "silent", config::RuleKind::kSilent);
            rule.point.reset();
            rule.silent_for = seconds(5);
        }
        builder_.rule(points_[0], "leakage", config::RuleKind::kAbove).levels = {test::level(100)};
        config::add_self(builder_.site());
        judge_ = std::make_unique<rules::Judge>(builder_.site());
        judge_->restore({}, at(0));
        causes_ = std::make_unique<alarms::CauseWatch>(builder_.site(), at(0));
        signs_ = std::make_unique<LineSigns>(builder_.site(), at(0));
    }

    void round(int tenth) {
        const Monotonic now = at(tenth / 10.0);
        if (const Duration pause = watch_.look(now); pause > Duration::zero() && heeds_pauses_) {
            judge_->unobserved(pause, now);
            causes_->unobserved(pause, now);
            signs_->unobserved(pause, now);
        }
        if (signs_->is_suspect(BusId{0}, now)) {
            log_ += " " + std::to_string(tenth) + ":suspect";
        }
        std::vector<rules::Verdict> verdicts;
        for (int i = 0; i < kPanels; ++i) {
            if (tenth % 10 != 2 * i) {  // one after the other
                continue;
            }
            const bool lives = !dead_.contains(i);
            const PointId point = points_[static_cast<std::size_t>(i)];
            const Sample sample =
                lives ? test::good(point, value_, now) : test::bad(point, Reason::kTimeout, now);
            judge_->observe(sample, verdicts);
            causes_->observe(sample);
            signs_->brought(BusId{0}, now);
        }
        judge_->tick(now, verdicts);
        std::string raised;
        for (const rules::Verdict& verdict : verdicts) {
            const config::Rule& rule = builder_.site().rules[verdict.rule.value];
            raised += " " + std::to_string(tenth) + ":" + builder_.site().device(rule.device).name + "/" +
                      rule.name +
                      (verdict.change == rules::Change::kRaised      ? " raised"
                       : verdict.change == rules::Change::kUncertain ? " uncertain"
                                                                     : " ?");
        }
        // As Pipeline::apply(): a rule that finds a silence makes causes be looked for first, impatiently.
        const auto patience = verdicts.empty() ? alarms::CauseWatch::Patience::kSteady
                                               : alarms::CauseWatch::Patience::kSuspicion;
        for (const alarms::CauseWatch::Finding& finding : causes_->look(now, patience)) {
            if (finding.silent > 0 && told_.insert(finding.point).second) {
                log_ += " " + std::to_string(tenth) + ":" + builder_.site().spec(finding.point).name;
            }
        }
        log_ += raised;
    }
    void play(int from, int to) {
        for (int tenth = from; tenth < to; ++tenth) {
            round(tenth);
        }
    }

    test::SiteBuilder builder_;
    std::vector<PointId> points_;
    std::unique_ptr<rules::Judge> judge_;
    std::unique_ptr<alarms::CauseWatch> causes_;
    std::unique_ptr<LineSigns> signs_;
    PauseWatch watch_{at(0)};
    std::set<int> dead_;
    std::set<PointId> told_;
    double value_ = 1;
    bool heeds_pauses_ = true;
    std::string log_;
};

/// What a pause would do unheeded: without it the tests below would prove nothing.
TEST_F(PausedTest, WouldRaiseFalseSilences) {
    heeds_pauses_ = false;
    play(0, 100);
    play(100 + 400, 600);
    EXPECT_NE(log_.find("raised"), std::string::npos);
    EXPECT_NE(log_.find("suspect"), std::string::npos);
}

TEST_F(PausedTest, RaisesNothingWhateverThePhaseAndLength) {
    for (int phase = 0; phase < 10; ++phase) {
        for (const int pause : {20, 21, 25, 45, 50, 55, 70, 110, 400, 36000}) {
            SCOPED_TRACE(std::to_string(phase) + " " + std::to_string(pause));
            watch_ = PauseWatch(at(0));
            judge_ = std::make_unique<rules::Judge>(builder_.site());
            judge_->restore({}, at(0));
            causes_ = std::make_unique<alarms::CauseWatch>(builder_.site(), at(0));
            signs_ = std::make_unique<LineSigns>(builder_.site(), at(0));
            play(0, 100 + phase);
            play(100 + phase + pause, 300 + phase + pause);
            ASSERT_EQ(log_, "");
        }
    }
}

TEST_F(PausedTest, RaisesNothingOverPausesThatFollowEachOther) {
    for (int i = 0; i < 20; ++i) {  // 4 s of pause, 1 s of work
        play(i * 50, i * 50 + 10);
    }
    play(1000, 1200);
    EXPECT_EQ(log_, "");
}

TEST_F(PausedTest, FindsATrueSilenceNoLaterThanByThePause) {
    play(0, 100);
    dead_ = {1};  // last heard at 9.2 s
    play(100, 120);
    play(120 + 70, 300);  // 11.9 to 19.0 s were not observed
    EXPECT_EQ(log_, " 213:p1/silent raised") << "5 s after 9.2 s and the 7.1 s in between";
}

TEST_F(PausedTest, FindsWhoDiedDuringThePauseNoLaterThanAfterAStart) {
    play(0, 100);
    dead_ = {1};
    play(100 + 600, 900);
    EXPECT_EQ(log_, " 743:p1/silent raised") << "70 s and what was left of 5 s";
}

TEST_F(PausedTest, FindsALineThatWentDownDuringThePauseAsOneCause) {
    play(0, 100);
    dead_ = {0, 1, 2, 3};
    play(100 + 600, 900);
    EXPECT_TRUE(log_.starts_with(" 741:bus_down.rs485-1 741:p0/silent raised")) << log_;
}

TEST_F(PausedTest, LeavesAnAlarmCertainWhoseSensorIsStillThere) {
    value_ = 200;
    play(0, 100);
    play(100 + 600, 900);
    EXPECT_EQ(log_, " 0:p0/leakage raised");
}

TEST_F(PausedTest, MakesAnAlarmUncertainWhoseSensorIsGone) {
    value_ = 200;
    play(0, 100);
    dead_ = {0};
    play(100 + 600, 900);
    EXPECT_EQ(log_, " 0:p0/leakage raised 741:p0/silent raised 791:p0/leakage uncertain");
}

}  // namespace
}  // namespace gengfu
