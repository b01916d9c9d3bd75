#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/analyse.hpp"
#include "daemon/config/library.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/profiles.hpp"
#include "daemon/config/report.hpp"
#include "tests/support/chinese.hpp"
#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

Places source_tree() {
    const std::string config = std::string(GENGFU_SOURCE_DIR) + "/config";
    return {.file = config + "/gengfu.toml", .shipped = config};
}

std::string all_said(const Report& report) {
    std::string text;
    for (const Diagnostic& diagnostic : report.diagnostics()) {
        text += to_string(diagnostic) + "\n";
    }
    return text;
}

TEST(ShippedConfiguration, LoadsWithoutAWord) {
    const auto bundle = gather(source_tree());
    ASSERT_TRUE(bundle) << bundle.error().what;
    // Nothing in it needs a secret of this machine.
    const Loaded loaded = load(*bundle);
    EXPECT_EQ(said(loaded), "");
    ASSERT_TRUE(loaded.site);
    EXPECT_EQ(loaded.site->gateway.id, "gw-north-01");
    EXPECT_GE(loaded.site->rules.size(), loaded.site->devices.size());
}

TEST(ShippedConfiguration, ProfilesSayHowASensorIsKnownAndNumbered) {
    const auto bundle = gather_profiles(source_tree());
    ASSERT_TRUE(bundle) << bundle.error().what;
    const std::vector<KnownProfile> profiles = read_profiles(*bundle);
    EXPECT_EQ(profiles.size(), bundle->profiles.size());
    const auto named = [&](const std::string& name) {
        return *std::ranges::find(profiles, name,
                                  [](const KnownProfile& known) { return known.profile.name; });
    };
    const KnownProfile level = named("qdy30a");
    ASSERT_EQ(level.identify.size(), 1U);
    EXPECT_EQ(level.identify[0].kind, Probe::Kind::kEqualsUnit);
    ASSERT_TRUE(level.provision);
    EXPECT_EQ(level.provision->reg.address, 0);
    EXPECT_EQ(level.provision->function, 6);
    ASSERT_EQ(level.provision->after.size(), 1U);
    EXPECT_EQ(level.provision->after[0].reg.address, 0x000F);
    const KnownProfile tilt = named("witmotion-wt901c485");
    ASSERT_EQ(tilt.provision->before.size(), 1U);
    EXPECT_EQ(tilt.provision->before[0].reg.address, 0x0069);
    EXPECT_EQ(tilt.provision->before[0].value, 0xB588);
    const KnownProfile meter = named("cet-pmc-53");
    ASSERT_EQ(meter.identify.size(), 2U);
    EXPECT_EQ(meter.identify[0].type.type, Type::kU64);
    EXPECT_EQ(meter.identify[0].equals, 0x0050004D0043002D);
    EXPECT_FALSE(meter.provision);
}

TEST(ShippedConfiguration, EveryProfileLoadsWithoutAWord) {
    const auto bundle = gather(source_tree());
    ASSERT_TRUE(bundle) << bundle.error().what;
    Report report(file_names(*bundle));
    Library library(*bundle, report);
    for (const std::string& name : library.profile_names()) {
        const ProfileDraft* const draft = library.profile(name);
        ASSERT_NE(draft, nullptr) << name;
        EXPECT_FALSE(draft->profile.points.empty()) << name;
        EXPECT_FALSE(draft->profile.source.empty()) << name;
        EXPECT_FALSE(draft->profile.verified) << name << ": no bench read has been recorded for it";
    }
    EXPECT_EQ(all_said(report), "");
    EXPECT_GE(library.profile_names().size(), 14U);
}

TEST(ShippedConfiguration, EveryClassLoadsWithoutAWord) {
    const auto bundle = gather(source_tree());
    ASSERT_TRUE(bundle) << bundle.error().what;
    Report report(file_names(*bundle));
    Library library(*bundle, report);
    std::size_t rules = 0;
    for (const std::string& name : library.class_names()) {
        const ClassDraft* const draft = library.device_class(name);
        ASSERT_NE(draft, nullptr) << name;
        EXPECT_FALSE(draft->rules.empty()) << name;
        for (const Entry& rule : draft->rules) {
            const RuleDraft read = read_rule(rule.key, rule.value, report);
            EXPECT_TRUE(read.sound) << name << " " << rule.key;
            EXPECT_NE(read.rule.texts->title.zh, read.name) << name << " " << rule.key << ": no title";
            EXPECT_FALSE(read.rule.texts->advice.zh.empty()) << name << " " << rule.key;
            EXPECT_FALSE(read.rule.texts->advice.en.empty()) << name << " " << rule.key;
            for (const Text* const text : {&read.rule.texts->title, &read.rule.texts->text,
                                           &read.rule.texts->advice, &read.rule.texts->hazard}) {
                EXPECT_EQ(test::english_in(text->zh, {}), std::vector<std::string>{})
                    << name << " " << rule.key << ": " << text->zh;
            }
            ++rules;
        }
    }
    EXPECT_EQ(all_said(report), "");
    EXPECT_GE(rules, 40U);
}

/// What each sensor is for. A device file that says no more than this, and what only the site can know, must
/// load.
struct Use {
    const char* profile;
    const char* device_class;
    const char* site = "";  ///< [device.rule.…] that the class leaves to the site
};
constexpr const char* kLevels =
    "[device.rule.level-high]\nlevels = [{ limit = 1, severity = \"moderate\" }, { limit = 2, severity = "
    "\"major\" }]\n";
constexpr const char* kGas = "[device.rule.gas-high]\nlimit = 10\n";
constexpr const char* kInput = "[device.rule.input-active]\nenabled = true\n";
constexpr const char* kDistance =
    "[device.rule.too-near]\nkind = \"below\"\nrole = \"distance\"\nlimit = 0.5\nseverity = \"major\"\n"
    "[device.rule.silent]\nkind = \"silent\"\nfor = \"1min\"\nseverity = \"moderate\"\n";

const Use kUses[] = {
    {"acrel-ard2f", "electrical-fire"},
    {"acrel-asj", "electrical-fire"},
    {"acrel-ddsy1352", "power-meter"},
    {"apg-cr-l", "well-level", kLevels},
    {"banner-dx80-m-gage", "fire-lane"},
    {"calectro-ug3", "smoke"},
    {"cet-pmc-512-d", "electrical-fire"},
    {"cet-pmc-53", "electrical-fire"},
    {"chint-dtsu666", "power-meter"},
    {"dfrobot-sen0676", "road-flood"},
    {"dfrobot-sen0676", "well-level", kLevels},
    {"dynaflox-ultrad", "flow"},
    {"eastron-sdm120", "power-meter"},
    {"eastron-sdm630", "power-meter"},
    {"em100", "electrical-fire"},
    {"generic-di-8", "digital-input", kInput},
    {"hiking-dds238", "power-meter"},
    {"honeywell-midas", "gas-well", kGas},
    {"kaifeng-xintai", "flow"},
    {"kaifeng-xintai", "water-main"},
    {"novabo-sqr2", "digital-input"},
    {"oi-7032", "gas-well", kGas},
    {"pzem-016", "power-meter"},
    {"qdy30a", "road-flood"},
    {"qdy30a", "well-level", kLevels},
    {"schneider-vigirex-rhu", "electrical-fire"},
    {"seeed-s-h2s-01", "gas-well"},
    {"sst810", "manhole-cover"},
    {"tenet-ul212", "well-level", kLevels},
    {"tuf-2000m", "flow"},
    {"witmotion-wt53r", "", kDistance},
    {"witmotion-wt901c485", "fire-lane"},
    {"witmotion-wt901c485", "manhole-cover"},
    {"yunyi-level", "road-flood"},
    {"yunyi-level", "well-level", kLevels},
};

TEST(ShippedConfiguration, EverySensorIsJudgedByTheClassesItIsFor) {
    auto bundle = gather(source_tree());
    ASSERT_TRUE(bundle) << bundle.error().what;
    std::set<std::string> unused;
    for (const Bundle::File& file : bundle->profiles) {
        unused.insert(std::string(stem_of(file.path)));
    }
    for (const Use& use : kUses) {
        unused.erase(use.profile);
        bundle->configuration = golden_bundle("").configuration;
        std::string& text = bundle->configuration.back().text;
        // On a connection: the line settings that sensors ship with differ.
        text = std::string("[[device]]\nname = \"d\"\nbus = \"plant-room\"\nunit = 1\nprofile = \"") +
               use.profile + "\"\n";
        text += *use.device_class == '\0' ? "" : std::string("class = \"") + use.device_class + "\"\n";
        text += use.site;
        const Loaded loaded = load(*bundle);
        EXPECT_EQ(said(loaded), "") << use.profile << " as " << use.device_class;
        ASSERT_TRUE(loaded.site) << use.profile << " as " << use.device_class;
        std::size_t judging = 0;
        for (const Rule& rule : loaded.site->rules) {
            judging += rule.point && rule.kind != RuleKind::kSilent ? 1U : 0U;
        }
        EXPECT_GE(judging, 1U) << use.profile << " as " << use.device_class;
    }
    EXPECT_TRUE(unused.empty()) << *unused.begin() << " has no use in this table";
}

}  // namespace
}  // namespace gengfu::config
