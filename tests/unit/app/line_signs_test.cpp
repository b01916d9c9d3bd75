// bus-overloaded and bus-stuck from what the lines say to the alarms, with the rules that every site has.
#include "daemon/line_signs.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "daemon/alarms/table.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

using std::chrono::seconds;

/// The pace of Pipeline::look_at_lines().
constexpr int kPace = 5;

/// Two lines; on the first one a device is read every `interval`.
class LineSignsTest : public testing::Test {
protected:
    void begin(Duration interval) {
        builder_.device("panel", {"current"}, interval);
        config::Site& site = builder_.site();
        site.buses.push_back(site.buses.front());
        site.buses.back().name = "empty";
        line_ = site.buses.front().name;
        config::add_self(site);
        signs_ = std::make_unique<LineSigns>(site, now_);
        judge_ = std::make_unique<rules::Judge>(site);
        judge_->restore({}, now_);
        table_ = std::make_unique<alarms::Table>(Epoch{1}, site);
    }

    /// \param load  by second \param works  whether the worker brings something in that second
    void play(int from, int to, const std::function<double(int)>& load,
              const std::function<bool(int)>& works) {
        for (int second = from; second < to; ++second) {
            now_ = gengfu::test::at(second);
            if (works(second)) {
                signs_->brought(BusId{0}, now_);
            }
            if (second % kPace != 0) {
                continue;
            }
            std::vector<rules::Verdict> verdicts;
            EXPECT_TRUE(signs_->look(BusId{1}, 1, {}, 0, now_).empty()) << "a line without devices";
            for (const Sample& sample : signs_->look(BusId{0}, load(second), late_, shared_, now_)) {
                judge_->observe(sample, verdicts);
            }
            for (const rules::Verdict& verdict : verdicts) {
                const auto changed = table_->apply(
                    verdict, {{9}, std::int64_t{second} * 1'000'000, Wall{seconds(1'800'000'000 + second)}},
                    ++sequence_);
                ASSERT_TRUE(changed);
                log_ += " " + std::to_string(second) + ":" + changed->alarm.key.rule +
                        (changed->kind == alarms::TransitionKind::kRaised    ? " raised"
                         : changed->kind == alarms::TransitionKind::kCleared ? " cleared"
                                                                             : " ?");
                last_ = changed->alarm;
            }
        }
    }
    static bool always(int /*second*/) { return true; }

    gengfu::test::SiteBuilder builder_;
    std::string line_;
    Duration late_{};
    std::size_t shared_ = 0;
    Monotonic now_ = gengfu::test::at(0);
    std::unique_ptr<LineSigns> signs_;
    std::unique_ptr<rules::Judge> judge_;
    std::unique_ptr<alarms::Table> table_;
    std::uint64_t sequence_ = 0;
    std::string log_;
    alarms::Alarm last_;
};

TEST_F(LineSignsTest, AnOverloadedLineIsAnAlarmAfterTwoMinutesAndClearFiveAfter) {
    begin(seconds(1));
    play(
        0, 1200, [](int second) { return second >= 100 && second < 400 ? 0.98 : 0.60; }, always);
    EXPECT_EQ(log_, " 220:bus-overloaded raised 700:bus-overloaded cleared");
    EXPECT_EQ(last_.key.point, "bus_load." + line_);
    EXPECT_EQ(last_.evidence.value, 60);
    EXPECT_EQ(last_.evidence.unit, "%");
}

TEST_F(LineSignsTest, ABusyMomentIsNoOverload) {
    begin(seconds(1));
    play(
        0, 1200, [](int second) { return second % 115 < 110 ? 1.0 : 0.80; }, always);
    EXPECT_EQ(log_, "");
}

TEST_F(LineSignsTest, AnOverloadThatEasesALittleStands) {
    begin(seconds(1));
    play(
        0, 3600, [](int second) { return second < 300 ? 1.0 : 0.91; }, always);
    EXPECT_EQ(log_, " 120:bus-overloaded raised");
}

/// It clears when its sensors, which come back one by one, have had their time.
TEST_F(LineSignsTest, AWorkerThatHangsIsAnAlarmAfterAMinuteAndClearsAMinuteAfterItWorks) {
    begin(seconds(1));
    play(
        0, 600, [](int) { return 0.3; }, [](int second) { return second < 100 || second >= 300; });
    EXPECT_EQ(log_, " 160:bus-stuck raised 360:bus-stuck cleared");
    EXPECT_EQ(last_.key.point, "bus_stuck." + line_);
}

TEST_F(LineSignsTest, AWorkerThatNeverBringsAnythingIsOne) {
    begin(seconds(1));
    play(
        0, 200, [](int) { return 0.0; }, [](int) { return false; });
    EXPECT_EQ(log_, " 60:bus-stuck raised");
    EXPECT_EQ(last_.evidence.value, 60);
    EXPECT_EQ(last_.text.en, "Bus " + line_ + ": nothing for 60 s");
}

/// Somebody misses a sensor: nothing for ten seconds and five intervals is the worker's fault, told once.
TEST_F(LineSignsTest, AHangThatIsFoundByASilenceStandsUntilTheWorkerBringsSomething) {
    begin(seconds(3));
    play(
        0, 40, [](int) { return 0.3; }, [](int second) { return second < 20; });
    EXPECT_FALSE(signs_->is_suspect(BusId{0}, gengfu::test::at(33)));  // heard of at 19
    EXPECT_TRUE(signs_->is_suspect(BusId{0}, gengfu::test::at(34)));
    EXPECT_FALSE(signs_->is_suspect(BusId{1}, gengfu::test::at(99))) << "a line without devices";
    const std::optional<Sample> said = signs_->convict(BusId{0}, gengfu::test::at(34));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->value, 15);
    EXPECT_FALSE(signs_->convict(BusId{0}, gengfu::test::at(35))) << "said already";
    play(
        40, 60, [](int) { return 0.3; }, [](int) { return false; });
    EXPECT_EQ(log_, " 40:bus-stuck raised") << "it holds at the next looks, long before the minute";
    play(
        60, 200, [](int) { return 0.3; }, always);
    EXPECT_EQ(log_, " 40:bus-stuck raised 120:bus-stuck cleared");
}

/// A unit that is offline is asked every eleven seconds or so: between, its worker has nothing to do.
TEST_F(LineSignsTest, AWorkerThatLeavesADeadUnitAloneIsNotStuck) {
    begin(seconds(1));
    play(
        0, 600, [](int) { return 0.1; },
        [this](int second) {
            const bool asks = second < 30 || second % 70 == 0;
            if (asks) {
                // From second 29 on it leaves the dead unit alone, and asks it once in 70 seconds.
                signs_->rests(BusId{0}, gengfu::test::at(second < 29 ? second + 1 : (second / 70 + 1) * 70));
            }
            EXPECT_FALSE(signs_->is_suspect(BusId{0}, now_)) << second;
            return asks;
        });
    EXPECT_EQ(log_, "");
}

TEST_F(LineSignsTest, AWorkerThatHangsAfterARestIsStuckByThatTime) {
    begin(seconds(1));
    play(
        0, 30, [](int) { return 0.1; }, always);
    signs_->rests(BusId{0}, gengfu::test::at(100));
    EXPECT_FALSE(signs_->is_suspect(BusId{0}, gengfu::test::at(109)));
    EXPECT_TRUE(signs_->is_suspect(BusId{0}, gengfu::test::at(110)));
    play(
        30, 300, [](int) { return 0.1; }, [](int) { return false; });
    EXPECT_EQ(log_, " 160:bus-stuck raised");
    EXPECT_EQ(last_.evidence.value, 60);
}

TEST_F(LineSignsTest, ALineThatIsReadSeldomIsNotStuck) {
    begin(seconds(60));
    play(
        0, 1200, [](int) { return 0.1; }, [](int second) { return second < 300 && second % 60 == 0; });
    EXPECT_EQ(log_, " 540:bus-stuck raised");  // five intervals after 240 s
}

TEST_F(LineSignsTest, TwoAtOneAddressAreToldAtOnceAndAMinuteAfterOneIsGoneNoMore) {
    begin(seconds(10));
    shared_ = 1;
    play(
        0, 30, [](int) { return 0.1; }, always);
    EXPECT_EQ(log_, " 0:bus-address raised");
    EXPECT_EQ(last_.key.point, "bus_address." + line_);
    shared_ = 0;
    play(
        30, 200, [](int) { return 0.1; }, always);
    EXPECT_EQ(log_, " 0:bus-address raised 90:bus-address cleared");
}

TEST_F(LineSignsTest, APromiseThatDoesNotHoldIsAnAlarmThatSaysWhatToDo) {
    begin(seconds(1));
    const auto rule = config::own_rule(builder_.site(), "bus_late." + line_);
    ASSERT_TRUE(rule);
    table_->set_detail(*rule, {":原因", ": panel answers late"});
    late_ = seconds(8);
    play(
        0, 35, [](int) { return 0.5; }, always);
    EXPECT_EQ(log_, "") << "a moment is none";
    play(
        35, 100, [](int) { return 0.5; }, always);
    EXPECT_EQ(log_, " 35:bus-late raised");
    EXPECT_EQ(last_.text.en, "Bus " + line_ + ": panel answers late");
    EXPECT_EQ(last_.evidence.value, 8);
    late_ = {};
    play(
        100, 500, [](int) { return 0.5; }, always);
    EXPECT_EQ(log_, " 35:bus-late raised 400:bus-late cleared");
}

}  // namespace
}  // namespace gengfu
