#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/analyse.hpp"
#include "daemon/config/library.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/report.hpp"
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
            ++rules;
        }
    }
    EXPECT_EQ(all_said(report), "");
    EXPECT_GE(rules, 40U);
}

}  // namespace
}  // namespace gengfu::config
