#include <gtest/gtest.h>

#include <string>

#include "daemon/config/load.hpp"
#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

const char* const kDevice = R"([[device]]
name = "d1"
bus = "rs485-1"
unit = 17
profile = "probe"
class = "cable"
)";

Bundle with_unused_files() {
    Bundle bundle = golden_bundle(kDevice);
    bundle.profiles.push_back({"/usr/share/gengfu/profiles/other.toml", "name = \"other\"\n"});
    bundle.classes.push_back({"/usr/share/gengfu/classes/other.toml", "name = \"other\"\n"});
    return bundle;
}

TEST(PackedBundle, KeepsWhatTheConfigurationUses) {
    const auto back = unpack(pack(with_unused_files()));
    ASSERT_TRUE(back) << back.error().what;
    ASSERT_EQ(back->configuration.size(), 2U);
    EXPECT_EQ(back->configuration[1].path, "devices.d/case.toml");
    EXPECT_EQ(back->configuration[1].text, kDevice);
    ASSERT_EQ(back->profiles.size(), 1U);
    EXPECT_EQ(back->profiles[0].path, "profiles/probe.toml");
    ASSERT_EQ(back->classes.size(), 1U);
    EXPECT_EQ(back->classes[0].path, "classes/cable.toml");
    EXPECT_TRUE(load(*back).site);
}

TEST(PackedBundle, KeepsEverythingOfAConfigurationThatCannotBeParsed) {
    Bundle bundle = with_unused_files();
    bundle.configuration.push_back({"devices.d/z.toml", "[["});
    const auto back = unpack(pack(bundle));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->profiles.size(), bundle.profiles.size());
    EXPECT_EQ(back->classes.size(), bundle.classes.size());
}

TEST(PackedBundle, IsRefusedWhenAnyByteIsMissingOrTooMany) {
    const std::string packed = pack(with_unused_files());
    for (std::size_t size = 0; size < packed.size(); ++size) {
        const auto back = unpack(packed.substr(0, size));
        ASSERT_FALSE(back) << size;
        ASSERT_EQ(back.error().code, Errc::kCorrupt);
    }
    EXPECT_FALSE(unpack(packed + "\n"));
}

TEST(PackedBundle, IsRefusedWhenItsNumbersLie) {
    for (const char* const wrong :
         {"gengfu-bundle 2 1\nc 1 1\nab\n", "gengfu-bundle 1 0\n", "gengfu-bundle 1 1\nx 1 1\nab\n",
          "gengfu-bundle 1 1\nc 99999999999999999999 1\nab\n",
          "gengfu-bundle 1 1\nc 1 18446744073709551615\nab\n", "gengfu-bundle 1 1\nc 1 -1\nab\n",
          "gengfu-bundle 1 99999999\n", "gengfu-bundle 1 1\np 1 1\nab\n"}) {
        EXPECT_FALSE(unpack(wrong)) << wrong;
    }
    EXPECT_TRUE(unpack("gengfu-bundle 1 1\nc 1 1\nab\n"));
}

/// Stores of earlier releases hold this form: it must be read for ever.
TEST(PackedBundle, OfTheFirstVersionIsStillRead) {
    const std::string packed = read_golden(golden_folder() + "/packed/version-1.bundle");
    const auto back = unpack(packed);
    ASSERT_TRUE(back) << back.error().what;
    const Loaded loaded = load(*back);
    EXPECT_EQ(said(loaded), "");
    ASSERT_TRUE(loaded.site);
    EXPECT_EQ(loaded.site->devices.size(), 1U);
    EXPECT_EQ(loaded.site->rules.size(), 2U);
    EXPECT_EQ(pack(*back), packed);
}

TEST(Hash, TellsConfigurationsApartAndIgnoresWhatIsUnused) {
    const Bundle bundle = golden_bundle(kDevice);
    EXPECT_EQ(hash(bundle).size(), 16U);
    EXPECT_EQ(hash(bundle), hash(with_unused_files()));
    Bundle changed = bundle;
    changed.configuration[1].text += "# a word\n";
    EXPECT_NE(hash(changed), hash(bundle));
    Bundle renamed = bundle;
    renamed.configuration[1].path = "devices.d/other.toml";
    EXPECT_NE(hash(renamed), hash(bundle));
    // FNV-1a-64 of the packed text.
    const auto unpacked = unpack(pack(bundle));
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(hash(*unpacked), hash(bundle));
}

}  // namespace
}  // namespace gengfu::config
