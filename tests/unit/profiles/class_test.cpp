#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/profiles/shipped.hpp"

/// The shipped classes on the shipped profiles: which rules a device really gets, and what it must be told.
namespace gengfu::profiles {
namespace {

using Names = std::set<std::string>;

struct Suit {
    std::string device_class;
    std::string profile;
    std::string settings;  ///< what a device of this class and profile must set
    Names rules;           ///< that it then has
};

std::string of_class(const std::string& name, const std::string& settings = "") {
    return "class = \"" + name + "\"\n" + settings;
}

Names names_of(const config::Site& site) {
    Names names;
    for (const config::Rule& rule : site.rules) {
        names.insert(rule.name);
    }
    return names;
}

const std::string kLevels = "[device.rule.level-high]\nlimit = 2.5\n";
const std::string kGas = "[device.rule.gas-high]\nlimit = 10\n";
const std::string kInput = "[device.rule.valve]\nkind = \"bit\"\npoint = \"di3\"\nseverity = \"major\"\n";

const Suit kSuits[] = {
    {"electrical-fire",
     "acrel-asj",
     "",
     {"residual-current-high", "residual-current-growing", "device-alarm", "device-warning", "sensor-fault",
      "no-residual-current", "silent"}},
    {"electrical-fire",
     "cet-pmc-512-d",
     "",
     {"residual-current-high", "residual-current-growing", "device-alarm", "device-warning",
      "no-residual-current", "silent"}},
    {"electrical-fire",
     "cet-pmc-53",
     "",
     {"cable-temperature-high", "cable-temperature-rising", "device-alarm", "device-warning",
      "no-cable-temperature", "silent"}},
    {"electrical-fire",
     "schneider-vigirex-rhu",
     "",
     {"residual-current-high", "residual-current-growing", "device-alarm", "device-warning", "sensor-fault",
      "no-residual-current", "silent"}},
    {"electrical-fire",
     "em100",
     "",
     {"residual-current-high", "residual-current-growing", "no-residual-current", "silent"}},
    {"electrical-fire",
     "acrel-ard2f",
     "",
     {"residual-current-high", "residual-current-growing", "no-residual-current", "silent"}},
    {"manhole-cover", "witmotion-wt901c485", "", {"cover-moved", "pose-implausible", "no-pose", "silent"}},
    {"manhole-cover", "sst810", "", {"cover-moved", "pose-implausible", "no-pose", "silent"}},
    {"fire-lane", "banner-dx80-m-gage", "", {"lane-blocked", "no-deviation", "silent"}},
    {"fire-lane", "witmotion-wt901c485", "", {"lane-field", "lane-suspect", "no-field", "silent"}},
    {"well-level", "qdy30a", kLevels, {"level-high", "level-climbing", "no-level", "silent"}},
    {"well-level", "yunyi-level", kLevels, {"level-high", "level-climbing", "no-level", "silent"}},
    {"well-level", "dfrobot-sen0676", kLevels, {"level-high", "level-climbing", "no-level", "silent"}},
    {"well-level", "apg-cr-l", kLevels, {"level-high", "level-climbing", "no-level", "silent"}},
    {"well-level", "tenet-ul212", kLevels, {"level-high", "level-climbing", "no-level", "silent"}},
    {"road-flood", "qdy30a", "", {"road-flooded", "water-rising", "no-level", "silent"}},
    {"road-flood", "yunyi-level", "", {"road-flooded", "water-rising", "no-level", "silent"}},
    {"road-flood", "dfrobot-sen0676", "", {"road-flooded", "water-rising", "no-level", "silent"}},
    {"flow",
     "tuf-2000m",
     "",
     {"flow-reverse", "flow-running", "total-backwards", "total-standing", "meter-frozen", "signal-poor",
      "no-flow", "no-total", "silent"}},
    {"flow",
     "dynaflox-ultrad",
     "",
     {"flow-reverse", "flow-running", "total-backwards", "total-standing", "meter-frozen", "no-flow",
      "no-total", "silent"}},
    {"flow",
     "kaifeng-xintai",
     "",
     {"flow-reverse", "flow-running", "total-backwards", "total-standing", "meter-frozen", "pipe-empty",
      "valve-fault", "battery-low", "no-flow", "no-total", "silent"}},
    {"water-main",
     "kaifeng-xintai",
     "",
     {"pressure-low", "pressure-high", "pressure-falling", "flow-rising", "burst", "valve-fault",
      "battery-low", "no-pressure", "no-flow", "silent"}},
    {"gas-well", "seeed-s-h2s-01", "", {"h2s-high", "no-h2s", "silent"}},
    {"gas-well", "oi-7032", kGas, {"gas-high", "no-gas", "silent"}},
    {"gas-well",
     "honeywell-midas",
     kGas,
     {"gas-high", "device-alarm", "device-warning", "not-protecting", "fault-state", "no-gas", "silent"}},
    {"power-meter",
     "eastron-sdm630",
     "",
     {"voltage-abnormal", "phase-lost", "over-voltage", "reading-frozen", "no-voltage", "no-current",
      "silent"}},
    {"power-meter",
     "eastron-sdm120",
     "",
     {"voltage-abnormal", "phase-lost", "over-voltage", "reading-frozen", "no-voltage", "no-current",
      "silent"}},
    {"power-meter",
     "pzem-016",
     "",
     {"voltage-abnormal", "phase-lost", "over-voltage", "reading-frozen", "device-warning", "no-voltage",
      "no-current", "silent"}},
    {"power-meter",
     "chint-dtsu666",
     "",
     {"voltage-abnormal", "phase-lost", "over-voltage", "reading-frozen", "no-voltage", "no-current",
      "silent"}},
    {"power-meter",
     "acrel-ddsy1352",
     "",
     {"voltage-abnormal", "phase-lost", "over-voltage", "reading-frozen", "no-voltage", "no-current",
      "silent"}},
    {"power-meter",
     "hiking-dds238",
     "",
     {"voltage-abnormal", "phase-lost", "over-voltage", "reading-frozen", "no-voltage", "no-current",
      "silent"}},
    {"smoke",
     "calectro-ug3",
     "",
     {"smoke-detected", "detector-removed", "service-needed", "no-smoke-state", "silent"}},
    {"digital-input", "novabo-sqr2", "", {"contact-alarm", "no-contact", "silent"}},
    {"digital-input", "generic-di-8", kInput, {"valve", "no-input", "silent"}},
};

class ClassOnProfile : public testing::TestWithParam<Suit> {};

TEST_P(ClassOnProfile, GivesItsRules) {
    const Suit& suit = GetParam();
    const auto loaded = load_with(device_text(suit.profile, 1, of_class(suit.device_class, suit.settings)));
    ASSERT_TRUE(loaded.site) << complaints(loaded);
    EXPECT_EQ(complaints(loaded), "");
    EXPECT_EQ(names_of(*loaded.site), suit.rules);
}

bool has_chinese(const std::string& text) {
    // All that we write in Chinese begins above U+2E80: three bytes, the first 0xE2 or more.
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0xE2; });
}

TEST_P(ClassOnProfile, TellsAWorkerInBothLanguagesWhatToDo) {
    const Suit& suit = GetParam();
    const auto loaded = load_with(device_text(suit.profile, 1, of_class(suit.device_class, suit.settings)));
    ASSERT_TRUE(loaded.site) << complaints(loaded);
    for (const config::Rule& rule : loaded.site->rules) {
        if (!rule.alarm || (!suit.settings.empty() && rule.name == "valve")) {
            continue;  // a condition, which nobody reads, or the test's own rule
        }
        const config::RuleText& texts = *rule.texts;
        for (const config::Text* text : {&texts.title, &texts.text, &texts.advice, &texts.hazard}) {
            EXPECT_TRUE(has_chinese(text->zh)) << suit.device_class << "/" << rule.name << ": " << text->zh;
            EXPECT_FALSE(text->en.empty()) << suit.device_class << "/" << rule.name;
            EXPECT_FALSE(has_chinese(text->en)) << suit.device_class << "/" << rule.name << ": " << text->en;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shipped, ClassOnProfile, testing::ValuesIn(kSuits), [](const auto& test) {
    std::string name = test.param.device_class + "_" + test.param.profile;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(Classes, EveryShippedProfileSuitsOneButTheLaserThatMeasuresDistanceOnly) {
    Names suited;
    for (const Suit& suit : kSuits) {
        suited.insert(suit.profile);
    }
    Names left;
    for (const std::string& profile : names_in("config/profiles", ".toml")) {
        if (!suited.contains(profile)) {
            left.insert(profile);
        }
    }
    EXPECT_EQ(left, Names{"witmotion-wt53r"});
}

TEST(Classes, EveryShippedClassIsUsedAbove) {
    Names used;
    for (const Suit& suit : kSuits) {
        used.insert(suit.device_class);
    }
    const auto shipped = names_in("config/classes", ".toml");
    EXPECT_EQ(used, Names(shipped.begin(), shipped.end()));
}

struct Lacking {
    std::string device_class;
    std::string profile;
    std::string asked;  ///< what the message must name
};

class SiteParameter : public testing::TestWithParam<Lacking> {};

TEST_P(SiteParameter, IsAskedForByName) {
    const auto loaded = load_with(device_text(GetParam().profile, 1, of_class(GetParam().device_class)));
    EXPECT_FALSE(loaded.site);
    EXPECT_NE(complaints(loaded).find("[device.rule." + GetParam().asked + "]"), std::string::npos)
        << complaints(loaded);
}

INSTANTIATE_TEST_SUITE_P(Shipped, SiteParameter,
                         testing::Values(Lacking{"well-level", "qdy30a", "level-high"},
                                         Lacking{"gas-well", "honeywell-midas", "gas-high"},
                                         Lacking{"gas-well", "oi-7032", "gas-high"}),
                         [](const auto& test) {
                             std::string name = test.param.asked + "_" + test.param.profile;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Classes, RefuseADeviceThatTheyWouldNotJudge) {
    for (const auto& [device_class, profile] :
         {std::pair<std::string, std::string>{"electrical-fire", "qdy30a"},
          {"manhole-cover", "tuf-2000m"},
          {"smoke", "generic-di-8"},
          {"digital-input", "generic-di-8"}}) {
        const auto loaded = load_with(device_text(profile, 1, of_class(device_class)));
        EXPECT_FALSE(loaded.site) << device_class << " on " << profile;
    }
}

/// A lifted cover is tilted 15 degrees and more, an overturned one 60 and more; all three axes are looked at.
TEST(Classes, CoverLevelsAreDegrees) {
    const auto loaded = load_with(device_text("sst810", 1, of_class("manhole-cover")));
    ASSERT_TRUE(loaded.site);
    const auto& rules = loaded.site->rules;
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [](const auto& each) { return each.name == "cover-moved"; });
    ASSERT_NE(rule, rules.end());
    ASSERT_EQ(rule->levels.size(), 2U);
    EXPECT_EQ(rule->levels[0].limit, 15);
    EXPECT_EQ(rule->levels[0].severity, Severity::kMajor);
    EXPECT_EQ(rule->levels[1].limit, 60);
    EXPECT_EQ(rule->levels[1].severity, Severity::kCritical);
    EXPECT_EQ(rule->axes.size(), 3U);
    EXPECT_EQ(loaded.site->spec(*rule->point).name, "gravity_z");
}

/// A class has its limits in one unit, so a role has one unit in all profiles; the gas of role `gas` is the
/// site's.
TEST(Profiles, ARoleHasOneUnit) {
    std::map<std::string, std::map<std::string, std::string>> units;
    for (const std::string& name : names_in("config/profiles", ".toml")) {
        const auto loaded = load_with(device_text(name, 1));
        ASSERT_TRUE(loaded.site) << complaints(loaded);
        for (const config::PointSpec& spec : loaded.site->profiles[0].points) {
            if (!spec.role.empty() && spec.role != "gas") {
                units[spec.role][spec.unit] = name;
            }
        }
    }
    for (const auto& [role, by_unit] : units) {
        EXPECT_EQ(by_unit.size(), 1U)
            << role << " has several units, one of them in " << by_unit.begin()->second;
    }
}

TEST(Profiles, SayWhereTheyComeFromAndThatNobodyHasTriedThem) {
    const auto names = names_in("config/profiles", ".toml");
    EXPECT_GE(names.size(), 14U);
    for (const std::string& name : names) {
        const auto loaded = load_with(device_text(name, 1));
        ASSERT_TRUE(loaded.site) << complaints(loaded);
        const config::Profile& profile = loaded.site->profiles[0];
        EXPECT_FALSE(profile.source.empty()) << name;
        EXPECT_FALSE(profile.model.empty()) << name;
        EXPECT_FALSE(profile.verified) << name << ": verified only after a bench read";
    }
}

/// What moves a valve, resets a total or puts a test voltage on a line is not to be had by any configuration.
TEST(Profiles, WriteNothingButTheSmokeDetectorsReset) {
    for (const std::string& name : names_in("config/profiles", ".toml")) {
        const auto loaded = load_with(device_text(name, 1));
        ASSERT_TRUE(loaded.site) << complaints(loaded);
        const auto& writable = loaded.site->profiles[0].writable;
        if (name == "calectro-ug3") {
            ASSERT_EQ(writable.size(), 1U);
            EXPECT_EQ(writable[0].reg.address, 0);
            EXPECT_EQ(writable[0].low, 234);
            EXPECT_EQ(writable[0].high, 234);
        } else {
            EXPECT_TRUE(writable.empty()) << name;
        }
    }
}

}  // namespace
}  // namespace gengfu::profiles
