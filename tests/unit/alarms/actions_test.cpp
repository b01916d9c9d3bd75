// Outputs that alarms switch: scripts by table, and a unit that answers as it likes.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <sstream>

#include "daemon/alarms/actions.hpp"
#include "daemon/alarms/hold.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using std::chrono::seconds;

constexpr config::Register kCoil{config::Space::kCoil, 2};
constexpr config::Register kValve{config::Space::kHolding, 16};

/// A well with "gas" and "flood", which sound one siren for 10 s and 20 s, and "burst", which shuts a valve
/// for 30 s. A second by second stage: what is due is written, and the unit takes it, refuses it or is
/// silent.
class Stage {
public:
    Stage() {
        const DeviceId well = builder_.device("well", {"level"});
        const DeviceId box = builder_.device("box", {"state", "siren", "position"});
        siren_ = builder_.point(box, "siren");
        position_ = builder_.point(box, "position");
        builder_.spec(builder_.point(box, "state")).reg = {config::Space::kHolding, 99};
        builder_.spec(siren_).reg = kCoil;
        builder_.spec(siren_).type = config::Type::kBool;
        builder_.spec(position_).reg = kValve;
        builder_.spec(position_).scale = 0.1;  // per cent
        add(well, "gas", {box, kCoil, 1, 0, seconds(10)});
        add(well, "flood", {box, kCoil, 1, 0, seconds(20)});
        add(well, "burst", {box, kValve, 0, 100, seconds(30)});
        actions_ = std::make_unique<Actions>(builder_.site());
    }

    void act() {
        for (int guard = 0; guard < 10; ++guard) {
            const std::vector<ActionWrite> due = actions_->due(now_);
            if (due.empty()) {
                return;
            }
            book_ = actions_->kept();  // as Pipeline::act() does, before anything is written
            for (const ActionWrite& write : due) {
                if (answers_ || obeys_) {
                    state_[write.reg] = write.on;
                }
                writes_.push_back(write);
                note((write.on ? "on" : "off") + std::string(answers_ ? "" : "!"));
                const Result<void> how =
                    answers_ ? Result<void>{} : Result<void>(fail(Errc::kTimeout, "mute"));
                tell(actions_->wrote(write, how, now_));
            }
        }
        ADD_FAILURE() << "writes without end at one moment";
    }

    void tell(const std::optional<ActionNews>& news) {
        if (news) {
            const std::string end =
                news->failed || news->write.on ? "" : std::string(" ") + kEnds[static_cast<int>(news->end)];
            log_ += " [" + audit_of(*news, builder_.site()).what + " " + news->because.rule + end + "]";
        }
    }

    void raise(const std::string& rule) {
        Alarm& alarm = alarms_[rule];
        if (alarm.id.sequence == 0 || alarm.over()) {
            alarm = Alarm{};
            alarm.id = {Epoch{1}, ++sequence_};
            alarm.key = {"well", "level", rule};
        }
        alarm.active = true;
        alarm.raised = now_;
        observe(rule);
    }
    void change(const std::string& rule, const std::function<void(Alarm&)>& how) {
        how(alarms_[rule]);
        observe(rule);
    }
    void observe(const std::string& rule) {
        actions_->observe(alarms_[rule], now_);
        act();
    }
    void wait(int time) {
        for (int i = 0; i < time; ++i) {
            now_ = later(now_, seconds(1));
            act();
        }
    }
    /// The unit is read: what it has, and what it says of it.
    void read(Quality quality = Quality::kGood, Duration ago = {}) {
        const Monotonic taken = Monotonic(std::chrono::microseconds(now_.monotonic_us)) - ago;
        for (const auto& [point, value] : {std::pair(siren_, state_[kCoil] ? 1.0 : 0.0),
                                           std::pair(position_, state_[kValve] ? 0.0 : 10.0)}) {
            Sample sample = test::good(point, value, taken);
            sample.quality = quality;
            const Actions::Seen seen = actions_->seen(sample, now_);
            if (seen.dropped) {
                note("dropped");
            }
            tell(seen.news);
        }
        act();
    }
    void power_cut() { state_.clear(); }

    /// \param book  what the last run has left; \param down  seconds until the daemon is back
    void restart(const std::vector<KeptOutput>& book, int down, bool boot = false) {
        const Stamp last = now_;
        now_ = later(now_, seconds(down));
        if (boot) {
            ++now_.boot[0];
            now_.monotonic_us = 3'000'000;
        }
        std::vector<const Alarm*> standing;
        for (const auto& [rule, alarm] : alarms_) {
            if (alarm.id.sequence != 0 && !alarm.over()) {
                standing.push_back(&alarm);
            }
        }
        actions_ = std::make_unique<Actions>(builder_.site());
        EXPECT_TRUE(actions_->restore(book, standing, last, now_).empty());
        act();
    }

    void run(const std::string& script) {
        std::istringstream steps(script);
        for (std::string step; std::getline(steps, step, ';');) {
            std::istringstream words(step);
            std::string verb;
            std::string what;
            words >> verb >> what;
            do_step(verb, what);
        }
    }

    bool on(config::Register reg) { return state_[reg]; }
    Actions& actions() { return *actions_; }
    const config::Site& site() const { return builder_.site(); }
    const std::string& log() const { return log_; }
    const std::vector<ActionWrite>& writes() const { return writes_; }
    const Stamp& now() const { return now_; }
    std::map<std::string, Alarm>& alarms() { return alarms_; }
    void answer(bool answers, bool obeys) {
        answers_ = answers;
        obeys_ = obeys;
    }

private:
    static constexpr const char* kEnds[] = {"cleared", "time", "held", "stopping", "removed", "unasked"};

    void add(DeviceId well, const std::string& name, const config::Action& action) {
        config::Rule& rule = builder_.rule(builder_.point(well, "level"), name, config::RuleKind::kAbove);
        rule.levels = {test::level(1)};
        rule.action = action;
    }
    void note(const std::string& what) {
        const auto since = (now_.wall->time_since_epoch() - seconds(1'800'000'000)) / seconds(1);
        log_ += (log_.empty() ? "" : " ") + std::to_string(since) + ":" + what;
    }
    void do_step(const std::string& verb, const std::string& what) {
        if (verb == "raise") {
            raise(what);
        } else if (verb == "clear") {
            change(what, [this](Alarm& alarm) {
                alarm.active = false;
                alarm.cleared = now_;
            });
        } else if (verb == "ack") {
            change(what, [](Alarm& alarm) { alarm.acknowledged = true; });
        } else if (verb == "uncertain") {
            change(what, [](Alarm& alarm) { alarm.uncertain = true; });
        } else if (verb == "shelve") {
            change(what, [](Alarm& alarm) { alarm.shelved = Hold{}; });
        } else if (verb == "unshelve") {
            change(what, [](Alarm& alarm) { alarm.shelved.reset(); });
        } else if (verb == "service") {
            change(what, [](Alarm& alarm) { alarm.out_of_service = Hold{}; });
        } else if (verb == "suppress") {
            change(what, [](Alarm& alarm) { alarm.suppressed = Hold{}; });
        } else if (verb == "release") {
            change(what, [](Alarm& alarm) { alarm.suppressed.reset(); });
        } else if (verb == "remove") {
            change(what, [](Alarm& alarm) { alarm.removed = true; });
        } else if (verb == "wait") {
            wait(std::stoi(what));
        } else if (verb == "mute") {
            answer(false, false);
        } else if (verb == "answers") {
            answer(true, true);
        } else if (verb == "back") {
            actions_->back(DeviceId{1});
            act();
        } else if (verb == "restart") {
            restart(actions_->kept(), std::stoi(what));
        } else if (verb == "killed") {
            restart(book_, std::stoi(what));
        } else if (verb == "bookless") {
            restart({}, std::stoi(what));
        } else if (verb == "boot") {
            restart(actions_->kept(), std::stoi(what), true);
        } else if (verb == "heard" || verb == "doubtful") {
            Sample sample = test::good(builder_.point(DeviceId{0}, "level"), 1, {});
            sample.quality = verb == "heard" ? Quality::kGood : Quality::kUncertain;
            actions_->heard(sample);
            act();
        } else if (verb == "read") {
            read();
        } else if (verb == "bad") {
            read(Quality::kBad);
        } else if (verb == "late") {
            read(Quality::kGood, seconds(5));
        } else if (verb == "cut") {
            power_cut();
        } else if (verb == "end") {
            actions_->release();
            act();
        } else {
            ADD_FAILURE() << verb;
        }
    }

    mutable test::SiteBuilder builder_;
    std::unique_ptr<Actions> actions_;
    std::map<std::string, Alarm> alarms_;
    std::map<config::Register, bool> state_;
    std::vector<ActionWrite> writes_;
    std::vector<KeptOutput> book_;
    std::string log_;
    PointId siren_, position_;
    std::uint64_t sequence_ = 0;
    bool answers_ = true, obeys_ = true;
    Stamp now_{{9}, 5'000'000, Wall{seconds(1'800'000'000)}};
};

struct Case {
    std::string name, script, expected;
};
class ActionScript : public testing::TestWithParam<Case> {};

TEST_P(ActionScript, WritesAndTells) {
    Stage stage;
    stage.run(GetParam().script);
    EXPECT_EQ(stage.log(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ActionScript,
    testing::Values(
        Case{"OnAndUndoneOnClear", "raise gas;wait 3;clear gas;wait 60",
             "0:on [action-on gas] 3:off [action-off gas cleared]"},
        Case{"UndoneWhenItsTimeIsOver", "raise gas;wait 60",
             "0:on [action-on gas] 10:off [action-off gas time]"},
        Case{"OnceForEachRaise", "raise gas;wait 60;clear gas;wait 5;raise gas;wait 60",
             "0:on [action-on gas] 10:off [action-off gas time] 65:on [action-on gas] 75:off [action-off gas "
             "time]"},
        Case{"AcknowledgedGoesOn", "raise gas;wait 1;ack gas;wait 60",
             "0:on [action-on gas] 10:off [action-off gas time]"},
        Case{"SilenceOfTheSensorGoesOn", "raise gas;wait 1;uncertain gas;wait 1;suppress gas;wait 60",
             "0:on [action-on gas] 10:off [action-off gas time]"},
        Case{"ShelvedIsUndone", "raise gas;wait 2;shelve gas;wait 2;unshelve gas;wait 60",
             "0:on [action-on gas] 2:off [action-off gas held] 4:on [action-on gas] 14:off [action-off gas "
             "time]"},
        Case{"OutOfServiceIsUndone", "raise gas;wait 2;service gas;wait 60",
             "0:on [action-on gas] 2:off [action-off gas held]"},
        Case{"RemovedIsUndone", "raise gas;wait 2;remove gas;wait 60",
             "0:on [action-on gas] 2:off [action-off gas removed]"},
        Case{"TwoAlarmsOneSiren", "raise gas;wait 2;raise flood;wait 2;clear gas;wait 3;clear flood",
             "0:on [action-on gas] 7:off [action-off flood cleared]"},
        Case{"TheLongerTimeCounts", "raise gas;raise flood;wait 60",
             "0:on [action-on gas] 20:off [action-off flood time]"},
        Case{"Register", "raise burst;wait 60", "0:on [action-on burst] 30:off [action-off burst time]"},
        Case{"TriedOnMoreAndMoreSlowly", "mute;raise flood;wait 15;clear flood",
             "0:on! 1:on! 3:on! [action-failed flood] 7:on! 15:on! 15:off!"},
        Case{"ALostAnswerIsNoNews", "mute;raise gas;wait 1;answers;wait 3;clear gas",
             "0:on! 1:on! 3:on [action-on gas] 4:off [action-off gas cleared]"},
        Case{"UndoneForEver", "raise gas;wait 2;mute;clear gas;wait 100;answers;wait 30",
             "0:on [action-on gas] 2:off! 3:off! 5:off! [action-failed gas] 9:off! 17:off! 33:off! 63:off! "
             "93:off! "
             "123:off [action-off gas cleared]"},
        Case{"MayBeOnIsUndone", "mute;raise gas;clear gas;wait 1;answers;wait 5",
             "0:on! 0:off! 1:off! 3:off"},
        Case{"AUnitThatComesBackIsToldAgain", "raise gas;wait 2;back;wait 1;clear gas;back;wait 5",
             "0:on [action-on gas] 2:on 3:off [action-off gas cleared]"},
        Case{"ComingBackHurriesTheNextTry", "mute;raise flood;wait 8;answers;back",
             "0:on! 1:on! 3:on! [action-failed flood] 7:on! 8:on [action-on flood]"},
        Case{"WhatTheUnitDropsIsWrittenAnew", "raise gas;wait 2;read;cut;wait 1;read;wait 1;read;wait 60",
             "0:on [action-on gas] 3:dropped [action-lost gas] 3:on 10:off [action-off gas time]"},
        Case{"ToldOnceForEachTimeOn",
             "raise flood;wait 2;cut;read;wait 1;read;wait 1;cut;read;clear flood;wait 1;raise flood;wait "
             "1;cut;read;clear flood",
             "0:on [action-on flood] 2:dropped [action-lost flood] 2:on 4:dropped 4:on 4:off [action-off "
             "flood "
             "cleared] 5:on [action-on flood] 6:dropped [action-lost flood] 6:on 6:off [action-off flood "
             "cleared]"},
        Case{"WhatNeverStaysIsAFailureAndTriedMoreSlowly",
             "raise flood;wait 1;cut;read;wait 1;cut;read;wait 1;cut;read;wait 1;cut;read;wait 2;wait "
             "1;read;clear flood",
             "0:on [action-on flood] 1:dropped [action-lost flood] 1:on 2:dropped 3:on 4:dropped "
             "[action-failed flood] 6:on 7:off [action-off flood cleared]"},
        Case{"AnOlderReadingSaysNothing", "raise gas;wait 3;cut;late;bad;wait 1;clear gas",
             "0:on [action-on gas] 4:off [action-off gas cleared]"},
        Case{"WhoeverSwitchesItOnByHandMay", "raise gas;wait 1;clear gas;wait 1;read;wait 1;read",
             "0:on [action-on gas] 1:off [action-off gas cleared]"},
        Case{"DroppedAndItsTimeOver", "raise gas;wait 9;cut;mute;read;wait 4;answers;wait 4;read",
             "0:on [action-on gas] 9:dropped [action-lost gas] 9:on! 10:off! 11:off! 13:off! [action-failed "
             "gas] 17:off [action-off gas time]"},
        Case{"RestartWhileItStands", "raise gas;wait 2;restart 3;heard;wait 60",
             "0:on [action-on gas] 5:on 10:off [action-off gas time]"},
        Case{"AfterARestartNothingIsSwitchedOnBeforeAReading", "raise gas;wait 2;restart 1;wait 2;clear gas",
             "0:on [action-on gas] 5:off [action-off gas cleared]"},
        Case{"NorByAReadingThatMayBeWrong", "raise gas;wait 2;restart 1;doubtful;wait 2;clear gas",
             "0:on [action-on gas] 5:off [action-off gas cleared]"},
        Case{"NorWhenTheUnitIsBack", "raise gas;wait 2;restart 1;back;wait 2;clear gas",
             "0:on [action-on gas] 5:off [action-off gas cleared]"},
        Case{"ASensorThatIsNotHeardIsNoEndOfDanger", "raise flood;wait 2;restart 1;wait 60",
             "0:on [action-on flood] 8:on 20:off [action-off flood time]"},
        Case{"ANewDangerAfterARestartDoesNotWait", "raise gas;wait 2;restart 1;raise flood;wait 60",
             "0:on [action-on gas] 3:on 23:off [action-off flood time]"},
        Case{"RestartAfterItsTime", "raise gas;wait 2;restart 30;wait 60",
             "0:on [action-on gas] 32:off [action-off gas time]"},
        Case{"SpentStaysSpent", "raise gas;wait 20;restart 3;wait 60",
             "0:on [action-on gas] 10:off [action-off gas time]"},
        Case{"KilledBeforeTheBook", "raise gas;wait 2;bookless 3;heard;wait 60",
             "0:on [action-on gas] 5:on 10:off [action-off gas time]"},
        Case{"KilledBeforeTheBookAndNotHeard", "raise gas;wait 2;bookless 4;wait 60",
             "0:on [action-on gas] 10:off [action-off gas time]"},
        Case{"KilledAfterIt", "raise gas;wait 2;killed 3;heard;wait 60",
             "0:on [action-on gas] 5:on 10:off [action-off gas time]"},
        Case{"KilledAndClearedMeanwhile", "raise gas;wait 2;mute;clear gas;killed 3;answers;wait 60",
             "0:on [action-on gas] 2:off! 5:off! 6:off [action-off gas cleared]"},
        Case{"BootCountsWallTime", "raise gas;wait 2;boot 5;heard;wait 60",
             "0:on [action-on gas] 7:on 10:off [action-off gas time]"},
        Case{"ClearedWhileUndoingFailed", "raise gas;wait 2;mute;clear gas;ack gas;restart 3;answers;wait 5",
             "0:on [action-on gas] 2:off! 5:off! 6:off [action-off gas unasked]"},
        Case{"EndUndoesAndANewStartGoesOn", "raise gas;wait 2;end;restart 2;heard;wait 60",
             "0:on [action-on gas] 2:off [action-off gas stopping] 4:on [action-on gas] 10:off [action-off "
             "gas time]"},
        Case{"AfterAnOrderlyEndNothingIsSwitchedOnBeforeAReading",
             "raise gas;wait 2;end;restart 2;wait 2;clear gas",
             "0:on [action-on gas] 2:off [action-off gas stopping]"}),
    [](const auto& test) { return test.param.name; });

/// Killed after it was shelved and before that was kept with the outputs; the shelf ends before the start.
TEST(Actions, AnAlarmThatWasHeldAfterTheBookAsksAnew) {
    Stage stage;
    stage.run("raise gas;wait 20");
    std::vector<KeptOutput> book = stage.actions().kept();
    Alarm shelved = stage.alarms()["gas"];
    note_ends(book, shelved);
    EXPECT_EQ(book, stage.actions().kept()) << "it asks all the time";
    shelved.shelved = Hold{};
    note_ends(book, shelved);
    note_ends(book, stage.alarms()["gas"]);  // and its end, when that was recorded as well
    stage.restart(book, 3);
    stage.run("heard;wait 60");
    EXPECT_EQ(stage.log(),
              "0:on [action-on gas] 10:off [action-off gas time] 23:on [action-on gas] 33:off [action-off "
              "gas time]");
}

/// One that chatters stays active while its condition comes and goes.
TEST(Actions, ADangerThatBeginsAnewWhileItsAlarmChattersIsANewOne) {
    Stage stage;
    const auto again = [](Alarm& alarm) { ++alarm.raises; };
    stage.run("raise gas;wait 5");
    stage.change("gas", again);
    stage.run("wait 15;ack gas;wait 5");
    EXPECT_EQ(stage.log(), "0:on [action-on gas] 10:off [action-off gas time]") << "it was on then";
    stage.change("gas", again);
    stage.run("wait 3;ack gas;wait 20;ack gas;restart 3;wait 20");
    EXPECT_EQ(stage.log(),
              "0:on [action-on gas] 10:off [action-off gas time] 25:on [action-on gas] 35:off [action-off "
              "gas time]");
}

TEST(Actions, AStandingAlarmTakesAnotherTimeOfItsAction) {
    Stage stage;
    stage.run("raise gas;wait 2");
    std::vector<KeptOutput> book = stage.actions().kept();
    ASSERT_EQ(book.size(), 1U);
    ASSERT_EQ(book[0].claims.size(), 1U);
    book[0].claims[0].until = later(book[0].claims[0].since, seconds(3600));  // it was an hour
    stage.restart(book, 1);
    stage.run("heard;wait 60");
    EXPECT_EQ(stage.log(), "0:on [action-on gas] 3:on 10:off [action-off gas time]");
}

TEST(Actions, WhatACauseExplainsFromTheStartWaitsForItsEnd) {
    Stage stage;
    Alarm& alarm = stage.alarms()["gas"];
    alarm.suppressed = Hold{};
    alarm.id = {Epoch{1}, 7};
    alarm.key = {"well", "level", "gas"};
    stage.run("raise gas;wait 5");
    EXPECT_EQ(stage.log(), "");
    stage.run("release gas;wait 60");
    EXPECT_EQ(stage.log(), "5:on [action-on gas] 15:off [action-off gas time]");
}

TEST(Actions, ValuesAreThoseOfTheRule) {
    Stage stage;
    stage.run("raise burst;wait 31");
    ASSERT_EQ(stage.writes().size(), 2U);
    EXPECT_EQ(stage.writes()[0], (ActionWrite{DeviceId{1}, kValve, 0, true}));
    EXPECT_EQ(stage.writes()[1], (ActionWrite{DeviceId{1}, kValve, 100, false}));
}

TEST(Actions, AnActionThatLeftTheConfigurationIsUndoneAllTheSame) {
    Stage stage;
    KeptOutput gone{"box", {config::Space::kCoil, 9}, 1, true, {}, {}, {}};
    Actions actions(stage.site());
    EXPECT_TRUE(actions.restore({gone}, {}, stage.now(), stage.now()).empty());
    const std::vector<ActionWrite> due = actions.due(stage.now());
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0], (ActionWrite{DeviceId{1}, {config::Space::kCoil, 9}, 1, false}));
    gone.device = "box-2";
    EXPECT_EQ(actions.restore({gone}, {}, stage.now(), stage.now()),
              std::vector<std::string>{"box-2 coil:0x0009"});
}

TEST(Actions, ARegisterIsReadBackThroughItsScale) {
    Stage stage;
    stage.run("raise burst;wait 2;read;cut;wait 1;read;wait 1;read");
    EXPECT_EQ(stage.log(), "0:on [action-on burst] 3:dropped [action-lost burst] 3:on");
    EXPECT_EQ(stage.writes().back(), (ActionWrite{DeviceId{1}, kValve, 0, true}));
}

TEST(Actions, AWriteThatWasNotMadeIsNoFailureAndLeavesNothingToUndo) {
    Stage stage;
    Actions& actions = stage.actions();
    Alarm& alarm = stage.alarms()["gas"];
    alarm.id = {Epoch{1}, 7};
    alarm.key = {"well", "level", "gas"};
    alarm.active = true;
    actions.observe(alarm, stage.now());
    ASSERT_EQ(actions.due(stage.now()).size(), 1U);
    const ActionWrite on{DeviceId{1}, kCoil, 1, true};
    EXPECT_EQ(actions.wanted_until(DeviceId{1}, kCoil, stage.now())->monotonic_us,
              stage.now().monotonic_us + 10'000'000);
    EXPECT_FALSE(actions.wanted_until(DeviceId{1}, kCoil, later(stage.now(), seconds(10))));
    alarm.active = false;
    actions.observe(alarm, stage.now());
    EXPECT_FALSE(actions.wanted_until(DeviceId{1}, kCoil, stage.now()));
    EXPECT_FALSE(
        actions.wrote(on, Result<void>(fail(Errc::kInterrupted, "not wanted any more")), stage.now()));
    EXPECT_EQ(actions.failures(DeviceId{1}, kCoil), 0U);
    EXPECT_TRUE(actions.due(stage.now()).empty());
    EXPECT_TRUE(actions.at_rest());
}

TEST(Actions, FailuresAreCountedUntilItWorks) {
    Stage stage;
    stage.run("mute;raise flood;wait 2");
    EXPECT_EQ(stage.actions().failures(DeviceId{1}, kCoil), 2U);
    stage.run("answers;wait 2");
    EXPECT_EQ(stage.actions().failures(DeviceId{1}, kCoil), 0U);
    stage.run("clear flood;wait 1");
    EXPECT_TRUE(stage.actions().at_rest());
    EXPECT_TRUE(stage.actions().kept().empty());
}

/// One broken output is one trouble, whichever way it is to be switched.
TEST(Actions, FailuresStandWhenTheWishTurnsUntilAWriteIsDone) {
    Stage stage;
    stage.run("mute;raise flood;wait 4");
    const unsigned in_vain = stage.actions().failures(DeviceId{1}, kCoil);
    ASSERT_GE(in_vain, 3U);
    stage.run("clear flood;wait 1");
    EXPECT_GE(stage.actions().failures(DeviceId{1}, kCoil), in_vain) << "undoing it is refused, too";
    stage.run("answers;wait 12");
    EXPECT_EQ(stage.actions().failures(DeviceId{1}, kCoil), 0U);
    EXPECT_TRUE(stage.actions().at_rest());
}

/// Whatever happens, in whatever order: nothing is switched on that no alarm asks for, and once the unit
/// answers for a while it is as the alarms want it.
TEST(Actions, EndsAsAlarmsWantItWhateverHappens) {
    const std::vector<std::string> steps{
        "raise gas",     "clear gas", "ack gas",  "shelve gas", "unshelve gas", "raise flood",
        "clear flood",   "ack flood", "wait 1",   "wait 3",     "wait 12",      "mute",
        "answers",       "restart 2", "killed 0", "boot 4",     "back",         "uncertain gas",
        "end;restart 1", "cut",       "read",     "heard"};
    for (unsigned seed = 1; seed <= 400; ++seed) {
        std::mt19937 random(seed);
        Stage stage;
        std::string script;
        const auto asked = [&](const Alarm& alarm) { return alarm.active && !alarm.shelved; };
        for (int i = 0; i < 60; ++i) {
            const std::string& step = steps[random() % steps.size()];
            if ((step.find("gas") != std::string::npos && step != "raise gas" &&
                 stage.alarms()["gas"].id.sequence == 0) ||
                (step.find("flood") != std::string::npos && step != "raise flood" &&
                 stage.alarms()["flood"].id.sequence == 0)) {
                continue;
            }
            script += step + ";";
            const std::size_t before = stage.writes().size();
            stage.run(step);
            if (step == "mute") {
                stage.answer(false, random() % 2 == 0);
            }
            for (std::size_t at = before; at < stage.writes().size(); ++at) {
                if (stage.writes()[at].on) {
                    EXPECT_TRUE(asked(stage.alarms()["gas"]) || asked(stage.alarms()["flood"])) << script;
                }
            }
        }
        stage.run("answers;wait 65");  // any action's time, and the longest pause
        EXPECT_FALSE(stage.on(kCoil)) << script << "\n" << stage.log();
        for (const char* const rule : {"gas", "flood"}) {
            if (stage.alarms()[rule].id.sequence != 0) {
                stage.run(std::string("clear ") + rule);
            }
        }
        stage.alarms()["gas"].shelved.reset();
        stage.run("raise gas;wait 5");
        EXPECT_TRUE(stage.on(kCoil)) << script << "\n" << stage.log();
    }
}

}  // namespace
}  // namespace gengfu::alarms
