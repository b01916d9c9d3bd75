#include "cli/line.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/commands.hpp"

namespace gengfu::cli {
namespace {

class KnowledgeTest : public testing::Test {
protected:
    KnowledgeTest() { std::filesystem::create_directories(folder_ / "shipped" / "profiles"); }
    ~KnowledgeTest() override { std::filesystem::remove_all(folder_); }

    Knowledge gather() const {
        Common common;
        common.places.file = (folder_ / "gengfu.toml").string();
        common.places.shipped = (folder_ / "shipped").string();
        return gather_knowledge(common);
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name) << text;
    }

    std::filesystem::path folder_ =
        std::filesystem::path(testing::TempDir()) / ("knowledge-" + std::to_string(::getpid()));
};

TEST_F(KnowledgeTest, WithoutProfilesItSaysWhereTheyWereLookedFor) {
    for (const bool configured : {false, true}) {
        if (configured) {
            write("gengfu.toml", "[gateway]\nid = \"gw-1\"\n");
        }
        const Knowledge knowledge = gather();
        EXPECT_TRUE(knowledge.profiles.empty());
        const std::string& words = knowledge.no_profiles;
        EXPECT_NE(words.find("there is no profile in "), std::string::npos) << words;
        EXPECT_NE(words.find((folder_ / "profiles").string()), std::string::npos) << words;
        EXPECT_NE(words.find((folder_ / "shipped" / "profiles").string()), std::string::npos) << words;
        EXPECT_NE(words.find("install those that come with gengfu there"), std::string::npos) << words;
    }
}

TEST_F(KnowledgeTest, ProfilesThatCannotBeReadAreNotCalledMissing) {
    write("shipped/profiles/a.toml", "name = \n");
    const Knowledge knowledge = gather();
    EXPECT_NE(knowledge.no_profiles.find("no profile can be read in "), std::string::npos)
        << knowledge.no_profiles;
}

TEST_F(KnowledgeTest, WithProfilesThereIsNothingToSay) {
    std::filesystem::copy_file(GENGFU_SOURCE_DIR "/config/profiles/acrel-asj.toml",
                               folder_ / "shipped" / "profiles" / "acrel-asj.toml");
    const Knowledge knowledge = gather();
    EXPECT_EQ(knowledge.profiles.size(), 1U);
    EXPECT_EQ(knowledge.no_profiles, "");
}

}  // namespace
}  // namespace gengfu::cli
