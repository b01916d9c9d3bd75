#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "daemon/config/limits.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/places.hpp"
#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

class Gather : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "gengfu-gather-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void TearDown() override { fs::remove_all(root_); }

    void write(const std::string& path, const std::string& text) const {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path, std::ios::binary) << text;
    }
    Places places() const {
        return {.file = (root_ / "etc/gengfu.toml").string(), .shipped = (root_ / "share").string()};
    }

    fs::path root_;
};

TEST_F(Gather, ReadsDeviceFilesInNameOrder) {
    write("etc/gengfu.toml", "main");
    write("etc/devices.d/20-b.toml", "b");
    write("etc/devices.d/10-a.toml", "a");
    write("etc/devices.d/30-c.toml.bak", "no");
    write("etc/devices.d/.hidden.toml", "no");
    const auto bundle = gather(places());
    ASSERT_TRUE(bundle) << bundle.error().what;
    ASSERT_EQ(bundle->configuration.size(), 3U);
    EXPECT_EQ(bundle->configuration[0].path, "gengfu.toml");
    EXPECT_EQ(bundle->configuration[1].path, "devices.d/10-a.toml");
    EXPECT_EQ(bundle->configuration[1].text, "a");
    EXPECT_EQ(bundle->configuration[2].path, "devices.d/20-b.toml");
}

TEST_F(Gather, ABrokenEntryDoesNotHideTheMistakesInTheOthers) {
    write("etc/gengfu.toml", "[gateway]\nwrong = 1\n");
    write("etc/devices.d/30-c.toml", "[[device]]\nwrong = 1\n");
    fs::create_directories(root_ / "etc/devices.d/10-folder.toml");
    fs::create_symlink("nowhere", root_ / "etc/devices.d/20-link.toml");
    const auto bundle = gather(places());
    ASSERT_TRUE(bundle) << bundle.error().what;
    std::string text;
    for (const Diagnostic& diagnostic : load(*bundle).diagnostics) {
        text += to_string(diagnostic) + "\n";
    }
    for (const char* const part : {"devices.d/10-folder.toml: error: cannot be read: is a directory",
                                   "devices.d/20-link.toml: error: the link leads nowhere: \"nowhere\"",
                                   "gengfu.toml:2:1: error", "devices.d/30-c.toml:2:1: error"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << " not in\n" << text;
    }
}

TEST_F(Gather, ProfilesBesideTheConfigurationReplaceShippedOnesOfTheSameName) {
    write("etc/gengfu.toml", "");
    write("share/profiles/a.toml", "shipped a");
    write("share/profiles/b.toml", "shipped b");
    write("etc/profiles/b.toml", "own b");
    write("etc/profiles/c.toml", "own c");
    write("share/classes/k.toml", "shipped k");
    write("etc/classes/k.toml", "own k");
    const auto bundle = gather(places());
    ASSERT_TRUE(bundle) << bundle.error().what;
    ASSERT_EQ(bundle->profiles.size(), 3U);
    EXPECT_EQ(bundle->profiles[0].path, (root_ / "share/profiles/a.toml").string());
    EXPECT_EQ(bundle->profiles[1].path, "profiles/b.toml");
    EXPECT_EQ(bundle->profiles[1].text, "own b");
    EXPECT_EQ(bundle->profiles[2].text, "own c");
    ASSERT_EQ(bundle->classes.size(), 1U);
    EXPECT_EQ(bundle->classes[0].text, "own k");
}

TEST_F(Gather, AProfileThatIsNotThereWasLookedForSomewhere) {
    write("etc/gengfu.toml", "[[device]]\nname = \"d\"\nprofile = \"mine\"\n");
    const auto bundle = gather(places());
    ASSERT_TRUE(bundle) << bundle.error().what;
    const std::string folders =
        "; looked in " + (root_ / "etc/profiles").string() + " and " + (root_ / "share/profiles").string();
    std::string said;
    for (const Diagnostic& diagnostic : load(*bundle, Credentials::kMayBeAbsent).diagnostics) {
        said += diagnostic.message + "\n";
    }
    EXPECT_NE(said.find("no profile is named \"mine\"" + folders), std::string::npos) << said;
}

TEST_F(Gather, NamesAFileThatIsNotThere) {
    const auto bundle = gather(places());
    ASSERT_FALSE(bundle);
    EXPECT_EQ(bundle.error().code, Errc::kIo);
    EXPECT_EQ(bundle.error().what, (root_ / "etc/gengfu.toml").string() + ": No such file or directory");
}

TEST_F(Gather, NamesAFolderWhereAFileShouldBe) {
    fs::create_directories(root_ / "etc/gengfu.toml");
    const auto bundle = gather(places());
    ASSERT_FALSE(bundle);
    EXPECT_NE(bundle.error().what.find("is a directory"), std::string::npos) << bundle.error().what;
}

TEST_F(Gather, StopsReadingAFileThatIsTooBigAndLoadSaysSo) {
    write("etc/gengfu.toml", std::string(2 * kMaxFileBytes, '#'));
    const auto bundle = gather(places());
    ASSERT_TRUE(bundle);
    EXPECT_GT(bundle->configuration[0].text.size(), kMaxFileBytes);
    EXPECT_LT(bundle->configuration[0].text.size(), 2 * kMaxFileBytes);
    const Loaded loaded = load(*bundle);
    EXPECT_FALSE(loaded.site);
    EXPECT_NE(said(loaded).find("more than 4194304"), std::string::npos) << said(loaded);
}

TEST_F(Gather, RefusesAFolderOfEndlessFiles) {
    write("etc/gengfu.toml", "");
    for (std::size_t i = 0; i <= kMaxFiles; ++i) {
        write("etc/devices.d/" + std::to_string(i) + ".toml", "");
    }
    const auto bundle = gather(places());
    ASSERT_FALSE(bundle);
    EXPECT_EQ(bundle.error().code, Errc::kIo);
}

TEST(Places, TakesTheSourceTreesProfilesOnlyBelowTheBuildTree) {
    const Places installed = places_for("", "/usr/bin/gengfud", "/src/build/dev", "/src");
    EXPECT_EQ(installed.file, "/etc/gengfu/gengfu.toml");
    EXPECT_EQ(installed.shipped, "/usr/share/gengfu");
    const Places built = places_for("my.toml", "/src/build/dev/bin/gengfud", "/src/build/dev", "/src");
    EXPECT_EQ(built.file, "my.toml");
    EXPECT_EQ(built.shipped, "/src/config");
    EXPECT_EQ(places_for("", "/src/build/dev2/bin/gengfud", "/src/build/dev", "/src").shipped,
              "/usr/share/gengfu");
    EXPECT_EQ(places_for("", "/src/build/dev/bin/gengfud", "", "/src").shipped, "/usr/share/gengfu");
    EXPECT_EQ(places_for("", "", "/src/build/dev", "/src").shipped, "/usr/share/gengfu");
}

TEST(Places, ThisTestRunsFromTheBuildTree) {
    EXPECT_TRUE(fs::exists(find_places("").shipped + "/profiles")) << find_places("").shipped;
}

}  // namespace
}  // namespace gengfu::config
