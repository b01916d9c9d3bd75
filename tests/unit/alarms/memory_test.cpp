#include "daemon/alarms/memory.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/alarms/table.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using config::RuleKind;
using rules::Judge;
using rules::RuleMemory;
using rules::Verdict;
using std::chrono::seconds;
using test::at;
using test::good;
using test::level;

constexpr const char* kDevice = "panel";
constexpr const char* kPoint = "residual_current";
constexpr const char* kRule = "leakage";

RuleMemory memory(bool active, int level, int pending_level, Duration pending) {
    return {.device = kDevice,
            .point = kPoint,
            .rule = kRule,
            .active = active,
            .uncertain = false,
            .level = level,
            .pending_level = pending_level,
            .pending = pending};
}

class MemoryTest : public testing::Test {
protected:
    MemoryTest() : point_(builder_.point(builder_.device(kDevice, {kPoint}), kPoint)) {
        builder_.rule(point_, kRule, RuleKind::kAbove).levels = {level(10, Severity::kModerate), level(20)};
    }

    static Alarm alarm(bool active, Severity severity, bool uncertain = false) {
        Alarm alarm;
        alarm.id = {Epoch{1}, 1};
        alarm.key = {kDevice, kPoint, kRule};
        alarm.active = active;
        alarm.severity = severity;
        alarm.uncertain = uncertain;
        return alarm;
    }

    std::vector<RuleMemory> from(const std::vector<Alarm>& alarms, const std::vector<RuleMemory>& saved) {
        std::vector<const Alarm*> standing;
        for (const Alarm& alarm : alarms) {
            standing.push_back(&alarm);
        }
        return memory_from(standing, saved, builder_.site());
    }

    test::SiteBuilder builder_;
    PointId point_;
};

TEST_F(MemoryTest, AnActiveAlarmOfWhichNothingWasSavedIsRemembered) {
    const auto got = from({alarm(true, Severity::kMajor, true)}, {});
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].device, kDevice);
    EXPECT_EQ(got[0].point, kPoint);
    EXPECT_EQ(got[0].rule, kRule);
    EXPECT_TRUE(got[0].active && got[0].uncertain);
    EXPECT_EQ(got[0].level, 1);
    EXPECT_EQ(got[0].pending, Duration::zero());
}

TEST_F(MemoryTest, AClearAlarmIsNotRemembered) {
    EXPECT_TRUE(from({alarm(false, Severity::kMajor)}, {}).empty());
}

TEST_F(MemoryTest, TimesOfARuleOnItsWayToARaiseAreKept) {
    const auto got = from({}, {memory(false, -1, 0, seconds(3))});
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].pending, seconds(3));
    EXPECT_EQ(from({alarm(false, Severity::kMajor)}, {memory(false, -1, 0, seconds(3))}).size(), 1U);
}

TEST_F(MemoryTest, TimesOfAnActiveRuleAreKeptAndTheAlarmSaysWhetherItIsUncertain) {
    const auto got = from({alarm(true, Severity::kModerate, true)},
                          {memory(true, 0, -1, seconds(3)), memory(true, 0, 1, seconds(2))});
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].pending, seconds(3));
    EXPECT_TRUE(got[0].uncertain && got[1].uncertain);
}

TEST_F(MemoryTest, TheAlarmWinsOverAnOlderMemory) {
    const auto raised_since = from({alarm(true, Severity::kModerate)}, {memory(false, -1, 0, seconds(3))});
    ASSERT_EQ(raised_since.size(), 1U);
    EXPECT_TRUE(raised_since[0].active);
    EXPECT_EQ(raised_since[0].pending, Duration::zero());
    EXPECT_TRUE(from({alarm(false, Severity::kModerate)}, {memory(true, 0, -1, seconds(3))}).empty());
    EXPECT_TRUE(from({}, {memory(true, 0, -1, seconds(3))}).empty());
    const auto rose_since = from({alarm(true, Severity::kMajor)}, {memory(true, 0, 1, seconds(3))});
    ASSERT_EQ(rose_since.size(), 1U);
    EXPECT_EQ(rose_since[0].level, 1);
    EXPECT_EQ(rose_since[0].pending, Duration::zero());
}

TEST_F(MemoryTest, WhatTheKindCountsGoesOnOverARaise) {
    RuleMemory counting = memory(false, -1, -1, {});
    counting.counted = seconds(178);
    const auto waits = from({}, {counting});
    ASSERT_EQ(waits.size(), 1U);
    EXPECT_EQ(waits[0].counted, seconds(178));
    const auto raised_since = from({alarm(true, Severity::kModerate)}, {counting});
    ASSERT_EQ(raised_since.size(), 1U);
    EXPECT_TRUE(raised_since[0].active);
    EXPECT_EQ(raised_since[0].counted, seconds(178)) << "towards the level that is graver";
    counting.active = true;
    EXPECT_TRUE(from({}, {counting}).empty()) << "it has gone since";
}

TEST_F(MemoryTest, AChatteringAlarmStandsWithoutItsConditionWhichIsAsItWasSavedAndInDoubt) {
    Alarm chattering = alarm(true, Severity::kModerate);
    chattering.chattering = true;
    const auto rests = from({chattering}, {});
    ASSERT_EQ(rests.size(), 1U);
    EXPECT_TRUE(!rests[0].active && rests[0].in_doubt);
    const auto rises = from({chattering}, {memory(false, -1, 0, seconds(3))});
    ASSERT_EQ(rises.size(), 1U);
    EXPECT_TRUE(!rises[0].active && rises[0].in_doubt);
    EXPECT_EQ(rises[0].pending, seconds(3));
    for (const int level : {0, 1}) {
        const auto held = from({chattering}, {memory(true, level, level, {})});
        ASSERT_EQ(held.size(), 1U);
        EXPECT_TRUE(held[0].active && held[0].in_doubt);
        EXPECT_EQ(held[0].level, 0);
    }
    EXPECT_FALSE(from({alarm(true, Severity::kModerate)}, {})[0].in_doubt);
}

TEST_F(MemoryTest, ASeverityThatNoLevelHasAnyMoreLeavesTheLevelOpen) {
    const auto got = from({alarm(true, Severity::kMinor)}, {memory(true, 0, 0, {})});
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].level, -1);
}

// ------------------------------------------------------------------------------------ rules and alarms
// together

/// What is on the disk: every event, and now and then a checkpoint of the rules' memory.
struct Disk {
    std::vector<Alarm> events;
    std::vector<RuleMemory> checkpoint;
};

/// Judge and table as the app runs them.
class Gateway {
public:
    Gateway(const config::Site& site, Disk& disk, std::uint64_t epoch, Monotonic now)
        : disk_(disk), judge_(site), table_(Epoch{epoch}, site) {
        for (const Alarm& alarm : disk.events) {
            table_.restore(alarm);
        }
        judge_.restore(memory_from(table_.standing(), disk.checkpoint, site), now);
    }

    void observe(const Sample& sample) {
        std::vector<Verdict> verdicts;
        judge_.observe(sample, verdicts);
        for (const Verdict& verdict : verdicts) {
            note(table_.apply(verdict, {}, sequence_));
        }
    }

    void acknowledge_all() {
        std::vector<AlarmId> ids;
        for (const Alarm* alarm : table_.standing()) {
            ids.push_back(alarm->id);
        }
        for (const AlarmId id : ids) {
            note(table_.acknowledge(id, 0, {}, {}, sequence_).transition);
        }
    }

    void save() { disk_.checkpoint = judge_.memory(); }
    const Table& table() const { return table_; }
    const std::vector<std::string>& told() const { return told_; }

private:
    void note(const std::optional<Transition>& transition) {
        if (transition) {
            ++sequence_;
            disk_.events.push_back(transition->alarm);
            told_.push_back(std::to_string(static_cast<int>(transition->kind)) + " " +
                            std::string(to_string(transition->alarm.severity)));
        }
    }

    Disk& disk_;
    Judge judge_;
    Table table_;
    std::uint64_t sequence_ = 1;
    std::vector<std::string> told_;
};

class KilledGateway : public MemoryTest {
protected:
    /// Plays random values; \returns what was told. `kill_one_in` 0: never.
    std::vector<std::string> play(unsigned seed, int kill_one_in) {
        std::mt19937 values(seed);
        std::mt19937 fate(seed + 1);
        Disk disk;
        auto gateway = std::make_unique<Gateway>(builder_.site(), disk, 1, at(0));
        std::vector<std::string> told;
        const auto end_run = [&] { told.insert(told.end(), gateway->told().begin(), gateway->told().end()); };
        for (int i = 1; i <= 400; ++i) {
            if (values() % 9 == 0) {
                gateway->acknowledge_all();
            }
            gateway->observe(good(point_, static_cast<double>(values() % 30), at(i)));
            if (fate() % 7 == 0) {
                gateway->save();
            }
            if (kill_one_in > 0 && fate() % static_cast<unsigned>(kill_one_in) == 0) {
                end_run();
                gateway = std::make_unique<Gateway>(builder_.site(), disk, static_cast<std::uint64_t>(i) + 1,
                                                    at(i + 0.5));
            }
        }
        end_run();
        return told;
    }
};

TEST_F(KilledGateway, TellsTheSameAsOneThatWasNot) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
        const auto undisturbed = play(seed, 0);
        EXPECT_GT(undisturbed.size(), 100U);
        EXPECT_EQ(play(seed, 5), undisturbed) << "seed " << seed;
    }
}

TEST_F(KilledGateway, TellsTheSameWithALatch) {
    builder_.site().rules[0].latch = true;
    for (unsigned seed = 1; seed <= 12; ++seed) {
        EXPECT_EQ(play(seed, 5), play(seed, 0)) << "seed " << seed;
    }
}

TEST_F(KilledGateway, GivesAStandingAlarmTheSeverityOfAChangedConfiguration) {
    Disk disk;
    {
        Gateway gateway(builder_.site(), disk, 1, at(0));
        gateway.observe(good(point_, 15, at(1)));
        gateway.acknowledge_all();
        gateway.save();
    }
    builder_.site().rules[0].levels[0].severity = Severity::kCritical;
    builder_.site().rules[0].levels.pop_back();
    Gateway gateway(builder_.site(), disk, 2, at(10));
    gateway.observe(good(point_, 15, at(11)));
    ASSERT_EQ(gateway.table().standing().size(), 1U);
    EXPECT_EQ(gateway.table().standing()[0]->severity, Severity::kCritical);
    EXPECT_FALSE(gateway.table().standing()[0]->acknowledged);
    gateway.observe(good(point_, 0, at(12)));
    EXPECT_FALSE(gateway.table().standing()[0]->active);
}

}  // namespace
}  // namespace gengfu::alarms
