#include "daemon/sampling/budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <regex>

#include "daemon/config/values.hpp"
#include "drivers/modbus/timing.hpp"
#include "tests/unit/sampling/line_sim.hpp"

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

double ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

/// `interval = "1200ms" instead of "1s"`, read as the configuration reads it.
struct Advice {
    Duration longer{}, now{};
};
std::vector<Advice> advised(const std::string& text) {
    std::vector<Advice> found;
    const std::regex form(R"re(interval = "([^"]*)" instead of "([^"]*)")re");
    for (std::sregex_iterator at(text.begin(), text.end(), form), end; at != end; ++at) {
        const Result<Duration> longer = config::parse_duration((*at)[1].str());
        const Result<Duration> now = config::parse_duration((*at)[2].str());
        EXPECT_TRUE(longer && now) << text;
        found.push_back({longer.value_or(Duration{}), now.value_or(Duration{})});
    }
    return found;
}

/// The bus's load once it has been done, at all devices or at one.
double load_after(config::Site site, const std::vector<Advice>& advice,
                  const std::optional<std::string>& device) {
    const auto change = [&](Duration interval) {
        const auto of = std::ranges::find(advice, interval, &Advice::now);
        return of == advice.end() ? interval : of->longer;
    };
    for (config::Device& one : site.devices) {
        if (device && one.name != *device) {
            continue;
        }
        one.interval = change(one.interval);
        for (config::PointSpec& spec : site.profiles[one.profile].points) {
            spec.interval = spec.interval ? std::optional(change(*spec.interval)) : std::nullopt;
        }
    }
    return bus_load(site, BusId{0});
}

TEST(Budget, ATurnTakesWhatPhysicsSays) {
    LineSite line(9600);
    line.device(seconds(1), {{seconds(1), 0}, {seconds(1), 1}}, milliseconds(30), true);
    const BusBudget got = budget(line.site, BusId{0});
    ASSERT_TRUE(got.modelled);
    // 8 + 5 + 2 x 2 characters of 10 bits, two t3.5, the turnaround and the host's millisecond.
    const double character = 10 * 1000.0 / 9600;
    EXPECT_NEAR(ms(got.cycle), 17 * character + 2 * 3.5 * character + 30 + 1, 0.01);
    EXPECT_NEAR(got.load, ms(got.cycle) / 1000, 1e-6);
    EXPECT_NEAR(got.sure_load, (ms(got.cycle) - 30) / 1000, 1e-6);
}

TEST(Budget, OnlyPointsOfSafetyRulesAreBound) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}, {seconds(1), 1}}, milliseconds(20), true);
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), false);
    const BusBudget got = budget(line.site, BusId{0});
    ASSERT_EQ(got.bounds.size(), 1U);
    EXPECT_EQ(got.bounds[0].point, PointId{0});
    EXPECT_EQ(got.bounds[0].dead, DeviceId{1});
    EXPECT_GT(got.bounds[0].alive, seconds(1));
    // With the other unit dead it may wait for a time-out (and one on demand), not for ever.
    EXPECT_GT(*got.bounds[0].one_dead, got.bounds[0].alive);
    EXPECT_LT(*got.bounds[0].one_dead, seconds(1) + 4 * milliseconds(550));
}

TEST(Budget, ALoneUnitHasNoOtherThatCouldDie) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    EXPECT_FALSE(budget(line.site, BusId{0}).bounds.at(0).one_dead);
}

/// An alarm may switch all its outputs in one moment, ahead of every reading.
TEST(Budget, AUnitMayDieJustAfterATurnThatTakesLongerThanATimeOut) {
    LineSite line;
    line.site.buses[0].timeout = milliseconds(50);
    line.device(seconds(2), {{seconds(2), 0}}, milliseconds(50), true);
    // Four requests a turn: a time-out ends after the first.
    line.device(seconds(2), {{seconds(2), 0}, {seconds(2), 200}, {seconds(2), 200}, {seconds(2), 200}},
                milliseconds(50), false);
    const BusBudget got = budget(line.site, BusId{0});
    ASSERT_GT(got.devices.at(1).cycle, 3 * silent_cost(line.site, DeviceId{1}));
    ASSERT_EQ(got.bounds.size(), 1U);
    EXPECT_EQ(got.bounds[0].one_dead, got.bounds[0].alive);
}

TEST(Budget, OnALineOfOnePaceTheLastReadingBeganLateToo) {
    const auto line_of = [](bool watched) {
        LineSite line(19200);
        for (int i = 0; i < 10; ++i) {
            line.device(seconds(1), {{seconds(1), 0}}, milliseconds(50), i == 0 || watched);
        }
        return line;
    };
    const LineSite all = line_of(true);
    const LineSite one = line_of(false);  // what feeds no alarm may be put off behind what does
    const Duration shortest = shortest_turn(all.site.buses[0]);
    // 13 characters of 10 bits (8N1) and three and a half of silence, at 19200 baud.
    EXPECT_NEAR(ms(shortest), (13 + 3.5) * 10 / 19.2, 0.01);
    const SafetyBound with = budget(all.site, BusId{0}).bounds.at(0);
    const SafetyBound without = budget(one.site, BusId{0}).bounds.at(0);
    EXPECT_EQ(without.alive - with.alive, 9 * shortest);
    EXPECT_EQ(*without.one_dead - *with.one_dead, 8 * shortest);
    EXPECT_EQ(without.late_alive, with.late_alive);
    EXPECT_EQ(without.alive, without.interval + without.late_alive);
}

TEST(Budget, WhatActionsWriteGoesBeforeReadings) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    const DeviceId siren = line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), false);
    for (std::uint16_t reg = 0; reg < 4; ++reg) {
        line.site.profiles[1].writable.push_back(
            {.reg = {config::Space::kHolding, reg}, .low = 0, .high = 1});
    }
    const SafetyBound without = budget(line.site, BusId{0}).bounds.at(0);
    const config::Rule rule = line.site.rules[0];
    line.site.rules.clear();
    for (std::uint16_t i = 0; i < 8; ++i) {  // two rules for each output
        line.site.rules.push_back(rule);
        line.site.rules.back().action = config::Action{
            .device = siren, .reg = {config::Space::kHolding, static_cast<std::uint16_t>(i % 4)}};
    }
    const SafetyBound with = budget(line.site, BusId{0}).bounds.at(0);
    EXPECT_GE(with.alive - without.alive, 4 * write_cost(line.site, siren));
    EXPECT_LE(with.alive - without.alive, 4 * write_cost(line.site, siren) + milliseconds(50));
    // Of a unit that is dead they wait for one time-out together.
    EXPECT_GE(*with.one_dead - *without.one_dead, silent_cost(line.site, siren));
    EXPECT_LE(*with.one_dead - *without.one_dead, 2 * silent_cost(line.site, siren));
}

TEST(Promises, AreHeldAgainstIntervalDelayAndBus) {
    LineSite line;
    line.device(seconds(5), {{seconds(5), 0}}, milliseconds(20), true);
    config::Rule& rule = line.site.rules[0];
    rule.on_delay = seconds(5);
    rule.promise = seconds(30);
    const auto found = [&] { return check_promises(line.site, {budget(line.site, BusId{0})}); };
    EXPECT_TRUE(found().empty());
    rule.on_delay = seconds(26);
    ASSERT_EQ(found().size(), 1U);
    EXPECT_EQ(found()[0].gravity, config::Gravity::kError);
    EXPECT_NE(found()[0].message.find("promises an alarm within 30 s, and it can take as long as"),
              std::string::npos)
        << found()[0].message;
    rule.on_delay = seconds(5);
    line.site.devices[0].interval = seconds(25);
    line.site.profiles[0].points[0].interval = seconds(25);
    EXPECT_EQ(found().size(), 1U) << "the interval counts twice: for the change, and for the delay";
    rule.promise = Duration::zero();
    EXPECT_TRUE(found().empty());
}

TEST(Promises, WhatIsReadOnceAConnectionKeepsNone) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    line.site.profiles[0].points[0].read_on_connect = true;
    line.site.rules[0].promise = std::chrono::hours(24);
    const auto found = check_promises(line.site, {});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].gravity, config::Gravity::kError);
    EXPECT_NE(found[0].message.find("it can take without end; it is read once a connection"),
              std::string::npos)
        << found[0].message;
}

TEST(Promises, OneThatOnlyADeadNeighbourBreaksIsAWarning) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), false);
    const BusBudget of = budget(line.site, BusId{0});
    const SafetyBound bound = of.bounds.at(0);
    line.site.rules[0].promise = bound.alive + (*bound.one_dead - bound.alive) / 2;
    const auto found = check_promises(line.site, {of});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].gravity, config::Gravity::kWarning);
    EXPECT_NE(found[0].message.find("does not answer"), std::string::npos) << found[0].message;
}

TEST(Promises, OfADevicesSilenceAndOfAGroupAreHeldToo) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    const auto found = [&] { return check_promises(line.site, {budget(line.site, BusId{0})}); };
    config::Rule silent;
    silent.name = "silent";
    silent.kind = config::RuleKind::kSilent;
    silent.silent_for = seconds(25);
    silent.on_delay = seconds(5);
    silent.promise = seconds(30);
    line.site.rules.push_back(silent);
    EXPECT_TRUE(found().empty());
    line.site.rules[1].promise = seconds(29);
    ASSERT_EQ(found().size(), 1U);
    EXPECT_NE(
        found()[0].message.find("\"silent\" promises an alarm within 29 s, and it can take as long as 30 s"),
        std::string::npos)
        << found()[0].message;

    line.site.rules[0].on_delay = seconds(20);
    config::Rule& group = line.site.rules[1];
    group = {};
    group.name = "both";
    group.kind = config::RuleKind::kAll;
    group.members = {{.rules = {RuleId{0}}, .negated = false}};
    group.promise = seconds(30);
    EXPECT_TRUE(found().empty());
    group.on_delay = seconds(10);
    EXPECT_EQ(found().size(), 1U) << "its own delay comes after its member's";
    group.on_delay = seconds(0);
    group.within = seconds(10);
    EXPECT_TRUE(found().empty()) << "within is no wait where all must come";
    group.members.push_back({.rules = {RuleId{0}}, .negated = true});
    EXPECT_EQ(found().size(), 1U) << "what must not come is given this time to come";
}

std::vector<config::GoodWhen> gate() {
    config::GoodWhen good;
    good.point = 1;
    good.equals = {1};
    return {good};
}

/// The point that the rule names is read every second; one that it cannot do without, every hour.
TEST(Promises, TheSlowestOfWhatIsReadForARuleDecides) {
    using Make = void (*)(config::Site&);
    struct Case {
        const char* what;
        Make make;
        bool kept;
    };
    const Case cases[] = {
        {"nothing but its own point", [](config::Site&) {}, true},
        {"a virtual point",
         [](config::Site& site) {
             config::PointSpec made;
             made.name = "made";
             made.expression = "a+b";
             made.inputs = {0, 1};
             site.profiles[0].points.push_back(made);
             site.points.push_back({.device = DeviceId{0}, .spec = 2});
             site.rules[0].point = PointId{2};
         },
         false},
        {"a virtual point of the fast one",
         [](config::Site& site) {
             config::PointSpec made;
             made.name = "made";
             made.expression = "2*a";
             made.inputs = {0};
             site.profiles[0].points.push_back(made);
             site.points.push_back({.device = DeviceId{0}, .spec = 2});
             site.rules[0].point = PointId{2};
         },
         true},
        {"an axis",
         [](config::Site& site) {
             site.rules[0].kind = config::RuleKind::kMoved;
             site.rules[0].axes = {PointId{1}, PointId{0}, PointId{0}};
         },
         false},
        {"a gate", [](config::Site& site) { site.profiles[0].points[0].good_when = gate(); }, false},
        {"a gate of a silence",
         [](config::Site& site) {
             site.rules[0].kind = config::RuleKind::kSilent;
             site.profiles[0].points[0].good_when = gate();
         },
         true},
        {"whether the sensor protects",
         [](config::Site& site) { site.profiles[0].protecting = config::Protecting{.point = 1, .in = {1}}; },
         false},
        {"a gate that is read once a connection",
         [](config::Site& site) {
             site.profiles[0].points[0].good_when = gate();
             site.profiles[0].points[1].read_on_connect = true;
         },
         true},
        {"its decimals", [](config::Site& site) { site.profiles[0].points[0].decimals_from = 1; }, true},
    };
    for (const bool transcript : {false, true}) {
        for (const Case& one : cases) {
            LineSite line;
            line.device(seconds(1), {{seconds(1), 0}, {std::chrono::hours(1), 1}}, milliseconds(20), true);
            line.site.buses[0].kind = transcript ? config::BusKind::kReplay : line.site.buses[0].kind;
            line.site.rules[0].promise = seconds(30);
            one.make(line.site);
            const auto found = check_promises(line.site, {budget(line.site, BusId{0})});
            ASSERT_EQ(found.size(), one.kept ? 0U : 1U)
                << one.what << (found.empty() ? "" : found[0].message);
            if (!one.kept) {
                EXPECT_EQ(found[0].gravity, config::Gravity::kError) << one.what;
                EXPECT_NE(found[0].message.find(", which it waits for, is read every 3.6e+03 s"),
                          std::string::npos)
                    << one.what << ": " << found[0].message;
            }
        }
    }
}

TEST(Promises, OnATranscriptOnlyTheIntervalIsKnown) {
    LineSite line;
    line.device(seconds(40), {{seconds(40), 0}}, milliseconds(20), true);
    line.site.buses[0].kind = config::BusKind::kReplay;
    line.site.rules[0].promise = seconds(30);
    EXPECT_EQ(check_promises(line.site, {budget(line.site, BusId{0})}).size(), 1U);
}

TEST(Budget, DelaysAreShownApartAndRoundedUpToSamples) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    EXPECT_EQ(budget(line.site, BusId{0}).bounds.at(0).delay, Duration::zero());
    line.site.rules[0].on_delay = milliseconds(2500);
    const SafetyBound bound = budget(line.site, BusId{0}).bounds.at(0);
    EXPECT_EQ(bound.delay, seconds(3));
    EXPECT_EQ(bound.slowest_rule, "high");
    EXPECT_LT(bound.alive, milliseconds(1200));
}

TEST(Budget, ABusThatCarriesNoMoreHasNoBoundForADelayEither) {
    LineSite line;
    for (int i = 0; i < 3; ++i) {
        line.device(seconds(600), {{seconds(600), 0}, {seconds(1800), 60}}, seconds(1750), true);
    }
    line.site.rules[0].on_delay = seconds(5);
    const SafetyBound bound = budget(line.site, BusId{0}).bounds.at(0);
    EXPECT_EQ(bound.alive, Duration::max());
    EXPECT_EQ(bound.delay, Duration::max());
}

TEST(Budget, ATranscriptHasNoPhysics) {
    LineSite line;
    line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    line.site.buses[0].kind = config::BusKind::kReplay;
    EXPECT_FALSE(budget(line.site, BusId{0}).modelled);
    EXPECT_TRUE(check_budgets(line.site).empty());
}

TEST(JudgeBudget, MoreThanTheBusCarriesIsAnErrorThatNamesWhatFits) {
    LineSite line;
    for (int i = 0; i < 10; ++i) {
        line.device(milliseconds(200), {{milliseconds(200), 0}}, milliseconds(20), true);
    }
    line.device(milliseconds(200), {{milliseconds(200), 0}, {milliseconds(200), 60}}, milliseconds(90),
                false);
    const BusBudget got = budget(line.site, BusId{0});
    ASSERT_GT(got.sure_load, 1);
    const std::vector<config::Diagnostic> found = judge(line.site, got);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].gravity, config::Gravity::kError);
    EXPECT_NE(found[0].message.find("most is taken by \"d11\""), std::string::npos) << found[0].message;
    EXPECT_NE(found[0].message.find("instead of \"200ms\""), std::string::npos) << found[0].message;
    // The intervals that it names do fit, and none that is much shorter.
    const std::string advice = found[0].message.substr(found[0].message.find("alike: "));
    const auto every = [&](Duration interval) {
        for (config::Profile& profile : line.site.profiles) {
            for (config::PointSpec& spec : profile.points) {
                spec.interval = interval;
            }
        }
    };
    const Duration fits = advised(advice).at(0).longer;
    every(fits);
    EXPECT_LE(budget(line.site, BusId{0}).load, 1);
    EXPECT_TRUE(std::ranges::none_of(check_budgets(line.site), [](const config::Diagnostic& d) {
        return d.message.find("is asked for") != std::string::npos;
    }));
    every(fits * 99 / 100);
    EXPECT_GT(budget(line.site, BusId{0}).load, 1);
    EXPECT_EQ(found[0].message.find("alone"), std::string::npos) << "ten others alone are too much";
}

TEST(JudgeBudget, OneThatIsToBlameIsAdvisedAlone) {
    LineSite line;
    for (int i = 0; i < 3; ++i) {
        line.device(seconds(1), {{seconds(1), 0}}, milliseconds(20), true);
    }
    line.device(milliseconds(30), {{milliseconds(30), 0}}, milliseconds(20), false);
    line.site.bus_at.push_back({"gengfu.toml", 7, 1});
    const std::vector<config::Diagnostic> found = judge(line.site, budget(line.site, BusId{0}));
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].position.line, 7U);
    const std::size_t at = found[0].message.find("; or \"d4\" alone: ");
    ASSERT_NE(at, std::string::npos) << found[0].message;
    const Advice advice = advised(found[0].message.substr(at)).at(0);
    const Duration alone = advice.longer;
    EXPECT_EQ(advice.now, milliseconds(30));
    line.site.profiles[3].points[0].interval = alone;
    EXPECT_LE(budget(line.site, BusId{0}).load, 1);
    line.site.profiles[3].points[0].interval = alone * 9 / 10;
    EXPECT_GT(budget(line.site, BusId{0}).load, 1);
}

TEST(JudgeBudget, ALoneDeviceIsToldItsShortestIntervalHoweverLongThatIs) {
    for (const milliseconds asked : {milliseconds(10), milliseconds(40), milliseconds(90)}) {
        LineSite line(1200);
        line.device(asked, {{asked, 0}, {asked, 60}}, milliseconds(20), true);
        const std::vector<config::Diagnostic> found = judge(line.site, budget(line.site, BusId{0}));
        ASSERT_FALSE(found.empty());
        const std::vector<Advice> advice = advised(found[0].message);
        ASSERT_EQ(advice.size(), 1U) << found[0].message;
        EXPECT_EQ(advice[0].now, asked);
        EXPECT_NE(found[0].message.find("the shortest interval that fits: "), std::string::npos);
        EXPECT_EQ(found[0].message.find("alone"), std::string::npos);
    }
}

/// Whatever is advised can be read back by the configuration, and is enough once it is done.
TEST(JudgeBudget, EveryAdviceCanBeWrittenAndFits) {
    std::mt19937 random(7);
    const auto draw = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    constexpr int kBauds[] = {1200, 9600, 19200, 115200};
    int overloaded = 0, alone = 0;
    for (int round = 0; round < 400; ++round) {
        LineSite line(kBauds[draw(0, 3)]);
        const int devices = draw(1, 12);
        for (int i = 0; i < devices; ++i) {
            const milliseconds interval(draw(0, 3) == 0 ? draw(10, 99) : 50 * draw(1, 60));
            line.device(interval, {{interval, 0}, {interval, static_cast<std::uint16_t>(draw(1, 90))}},
                        milliseconds(draw(0, 300)), true);
            // Most points have the device's interval, as in the field; some their own.
            for (config::PointSpec& spec : line.site.profiles.back().points) {
                spec.interval = draw(0, 5) == 0 ? spec.interval : std::nullopt;
            }
        }
        const BusBudget got = budget(line.site, BusId{0});
        if (got.load <= 1) {
            continue;
        }
        ++overloaded;
        const std::string text = judge(line.site, got).at(0).message;
        const std::size_t second = text.find("; or \"");
        const std::vector<Advice> all = advised(text.substr(0, second));
        ASSERT_FALSE(all.empty()) << text;
        EXPECT_LE(load_after(line.site, all, std::nullopt), 1) << text;
        if (second != std::string::npos) {
            ++alone;
            const std::size_t name = second + 6;
            const std::string device = text.substr(name, text.find('"', name) - name);
            EXPECT_LE(load_after(line.site, advised(text.substr(second)), device), 1) << text;
        }
    }
    EXPECT_GT(overloaded, 100);
    EXPECT_GT(alone, 5);
}

TEST(JudgeBudget, ManyIntervalsAreAllNamedToBeWritten) {
    LineSite line;
    for (int i = 0; i < 20; ++i) {
        line.device(milliseconds(300 + 10 * i), {{milliseconds(300 + 10 * i), 0}}, milliseconds(20), false);
    }
    const auto found = judge(line.site, budget(line.site, BusId{0}));
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].message.find("and the others"), std::string::npos) << found[0].message;
    EXPECT_NE(found[0].message.find("instead of \"490ms\""), std::string::npos) << found[0].message;
}

TEST(JudgeBudget, WhatIsReadLateIsToldWhatStandsInItsWayAndWhatIsKept) {
    LineSite line;
    line.device(milliseconds(500), {{milliseconds(500), 0}}, milliseconds(20), true);
    std::vector<std::pair<Duration, std::uint16_t>> many;
    for (int i = 0; i < 6; ++i) {
        many.emplace_back(seconds(30), 200);
    }
    line.device(seconds(30), many, milliseconds(150), false);
    const auto found = judge(line.site, budget(line.site, BusId{0}));
    ASSERT_EQ(found.size(), 1U);
    const std::string& words = found[0].message;
    EXPECT_NE(words.find("1 points of safety rules"), std::string::npos) << words;
    EXPECT_NE(words.find("; \"d2\" takes "), std::string::npos) << words;
    EXPECT_NE(
        words.find(" at once: give it a line of its own, or raise the baud rate, or let it be read every "),
        std::string::npos)
        << words;
    const SafetyBound bound = budget(line.site, BusId{0}).bounds.at(0);
    const Duration kept = std::chrono::ceil<milliseconds>(bound.alive - bound.interval) + milliseconds(10);
    line.site.devices[0].interval = kept;
    line.site.profiles[0].points[0].interval = kept;
    const auto after = judge(line.site, budget(line.site, BusId{0}));
    EXPECT_TRUE(after.empty()) << after[0].message;
}

TEST(JudgeBudget, OverloadThatHangsOnTurnaroundsIsAWarning) {
    LineSite line(115200);
    line.device(milliseconds(20), {{milliseconds(20), 0}}, milliseconds(0), true);
    line.site.profiles[0].turnaround.reset();
    const BusBudget got = budget(line.site, BusId{0});
    EXPECT_GT(got.load, 1);
    EXPECT_LT(got.sure_load, 1);
    const std::vector<config::Diagnostic> found = judge(line.site, got);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].gravity, config::Gravity::kWarning);
}

TEST(JudgeBudget, AsFastAsTheLineAllowsIsNeverTooMuch) {
    LineSite line;
    for (int i = 0; i < 5; ++i) {
        line.device(Duration::zero(), {{Duration::zero(), 0}}, milliseconds(20), true);
    }
    const BusBudget got = budget(line.site, BusId{0});
    EXPECT_TRUE(got.free_running);
    EXPECT_EQ(got.load, 0);
    EXPECT_TRUE(judge(line.site, got).empty());
    // Everybody once, and a read on demand.
    EXPECT_GE(got.bounds.at(0).alive, got.cycle);
    EXPECT_LE(got.bounds.at(0).alive, got.cycle * 3 / 2);
}

TEST(JudgeBudget, WarnsAboveThirtyTwoUnits) {
    LineSite line;
    for (std::size_t i = 0; i < kUnitLoads; ++i) {
        line.device(seconds(10), {{seconds(10), 0}}, milliseconds(20), false);
    }
    EXPECT_TRUE(check_budgets(line.site).empty());
    line.device(seconds(10), {{seconds(10), 0}}, milliseconds(20), false);
    ASSERT_EQ(check_budgets(line.site).size(), 1U);
    EXPECT_EQ(check_budgets(line.site)[0].gravity, config::Gravity::kWarning);
}

/// Lines by chance, loaded to a given share.
LineSite drawn(std::mt19937& random, double load, bool in_step) {
    const std::array<std::uint32_t, 3> rates{9600, 19200, 115200};
    const auto between = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    LineSite line(rates.at(static_cast<std::size_t>(between(0, 2))));
    const int devices = between(2, 14);
    for (int i = 0; i < devices; ++i) {
        const Duration fast = milliseconds(in_step ? 1000 : 100 * between(2, 20));
        std::vector<std::pair<Duration, std::uint16_t>> points;
        const int count = between(1, 10);
        for (int p = 0; p < count; ++p) {
            Duration pace = fast;
            if (p > count / 2 && between(0, 2) == 0) {
                pace = !in_step && between(0, 3) == 0 ? fast * 7 / 4 : fast * between(2, 10);
            }
            points.emplace_back(pace, static_cast<std::uint16_t>(p == 0 ? 0 : between(1, 12)));
        }
        line.device(fast, points, milliseconds(between(2, 60)), i == 0 || between(0, 1) == 0);
    }
    if (in_step) {  // one pace for all as in the field: the line's load follows from their number
        line.stretch(std::max(1.0, std::ceil(10 * budget(line.site, BusId{0}).load / load) / 10));
    } else {  // rounding to milliseconds breaks steps that were multiples: all the better
        line.stretch(budget(line.site, BusId{0}).load / load);
    }
    return line;
}

/// Lines on which every unit is read at one pace and watched.
LineSite of_one_pace(std::mt19937& random, double load) {
    const auto between = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    LineSite line(between(0, 1) == 0 ? 9600 : 19200);
    const int devices = between(2, 16);
    line.site.buses[0].timeout = milliseconds(50 * between(2, 20));
    for (int i = 0; i < devices; ++i) {
        line.device(seconds(1), {{seconds(1), 0}, {seconds(1), static_cast<std::uint16_t>(between(1, 12))}},
                    milliseconds(between(2, 60)), true);
    }
    line.stretch(budget(line.site, BusId{0}).load / load);
    return line;
}

struct Seen {
    int bounds = 0, broken = 0, loose = 0;
    double worst_ratio = 0;
    double sum_ratio = 0;
};

void compare(const LineSite& line, LineSim& sim, bool dead, Seen& seen) {
    const BusBudget promised = budget(line.site, BusId{0});
    for (const SafetyBound& bound : promised.bounds) {
        const DeviceId device = line.site.point(bound.point).device;
        EXPECT_GE(bound.one_dead.value_or(bound.alive), bound.alive);
        if (sim.dead[device.value]) {
            continue;
        }
        const auto& cadences = sim.cadences_of(device.value);
        for (std::size_t i = 0; i < cadences.size(); ++i) {
            if (cadences[i].interval != bound.interval) {
                continue;
            }
            const Duration observed = sim.longest[{device.value, i}];
            const Duration limit = dead ? bound.one_dead.value_or(bound.alive) : bound.alive;
            const double ratio = ms(limit) / std::max(1.0, ms(observed));
            ++seen.bounds;
            seen.broken += observed > limit ? 1 : 0;
            seen.loose += ratio > 1.5 ? 1 : 0;
            seen.worst_ratio = std::max(seen.worst_ratio, ratio);
            seen.sum_ratio += ratio;
            EXPECT_LE(observed, limit) << line.site.point_name(bound.point) << " every " << ms(bound.interval)
                                       << " ms: promised " << ms(limit) << ", seen " << ms(observed);
        }
    }
}

void tell(const char* what, const Seen& seen) {
    std::printf("%s: %d bounds, %d broken, bound / worst seen: mean %.2f, worst %.2f, above 1.5: %d\n", what,
                seen.bounds, seen.broken, seen.sum_ratio / std::max(1, seen.bounds), seen.worst_ratio,
                seen.loose);
}

enum class Deaths : std::uint8_t { kNone, kOneAtATime };

void play(const LineSite& line, std::mt19937& random, Deaths deaths, Seen& seen) {
    LineSim sim(line.site);
    sim.commands = sim.moody = true;
    if (deaths == Deaths::kNone) {
        sim.until(LineSim::kStart + seconds(200));
        compare(line, sim, false, seen);
        return;
    }
    for (int time = 0; time < 40; ++time) {
        const std::size_t victim = random() % sim.dead.size();
        sim.until(sim.now + milliseconds(10000 + random() % 3000));
        sim.dead[victim] = true;
        sim.until(sim.now + seconds(30));
        sim.dead[victim] = false;
        sim.forget(victim);  // its own points were silent meanwhile: nothing was promised for them
    }
    compare(line, sim, true, seen);
}

TEST(BudgetPromise, HoldsOverLinesWhereUnitsHaveTheirOwnPaces) {
    Seen alive, dead;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const double load = std::uniform_real_distribution<>(0.2, 0.93)(random);
        const LineSite line = drawn(random, load, false);
        play(line, random, Deaths::kNone, alive);
        play(line, random, Deaths::kOneAtATime, dead);
    }
    tell("own paces, all alive", alive);
    tell("own paces, one dead", dead);
    EXPECT_GT(alive.bounds, 50);
}

TEST(BudgetPromise, HoldsAndIsNoIdleOneOverLoadedLines) {
    Seen alive, dead;
    for (unsigned seed = 101; seed <= 125; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const double load = std::uniform_real_distribution<>(0.5, 0.85)(random);
        const LineSite line = drawn(random, load, true);
        play(line, random, Deaths::kNone, alive);
        play(line, random, Deaths::kOneAtATime, dead);
    }
    tell("in step, all alive", alive);
    tell("in step, one dead", dead);
    EXPECT_LE(alive.sum_ratio / alive.bounds, 1.5);
    EXPECT_LE(dead.sum_ratio / dead.bounds, 1.5);
}

TEST(BudgetPromise, HoldsOverLinesOfOnePace) {
    Seen alive, dead;
    for (unsigned seed = 201; seed <= 240; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const LineSite line = of_one_pace(random, std::uniform_real_distribution<>(0.4, 0.93)(random));
        play(line, random, Deaths::kNone, alive);
        play(line, random, Deaths::kOneAtATime, dead);
    }
    tell("one pace, all alive", alive);
    tell("one pace, one dead", dead);
    EXPECT_LE(alive.sum_ratio / alive.bounds, 1.5);
    EXPECT_LE(dead.sum_ratio / dead.bounds, 1.5);
}

}  // namespace
}  // namespace gengfu::sampling
