#include "governance/migrate/migrate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace gengfu::governance {
namespace {

TEST(Migrations, AreNumberedWithoutGapsAndAllFilesAreIn) {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(GENGFU_SOURCE_DIR "/governance/schema")) {
        files.insert(entry.path().filename().string());
    }
    int number = 0;
    for (const Migration& migration : migrations()) {
        EXPECT_EQ(migration.number, ++number);
        EXPECT_TRUE(migration.name.starts_with(fmt::format("{:04}-", number))) << migration.name;
        const std::string up = fmt::format("{}.up.sql", migration.name);
        std::ifstream in(std::string(GENGFU_SOURCE_DIR "/governance/schema/") + up);
        const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        EXPECT_EQ(migration.up, text) << "the program has another content than the file";
        EXPECT_EQ(files.erase(up), 1U);
        EXPECT_EQ(files.erase(fmt::format("{}.down.sql", migration.name)), 1U);
    }
    EXPECT_EQ(files, std::set<std::string>{}) << "files that governance/CMakeLists.txt does not name";
}

TEST(Checksum, IsSha256) {
    EXPECT_EQ(checksum_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

constexpr Migration kKnown[] = {{1, "0001-a", "A", "a"}, {2, "0002-b", "B", "b"}};

std::string verdict(const std::vector<Applied>& applied) {
    const Result<void> result = check_applied(applied, kKnown);
    return result ? "good" : result.error().what;
}

TEST(CheckApplied, TakesABeginningOfWhatItKnows) {
    EXPECT_EQ(verdict({}), "good");
    EXPECT_EQ(verdict({{1, "0001-a", checksum_of("A"), "x"}}), "good");
    EXPECT_EQ(verdict({{1, "0001-a", checksum_of("A"), "x"}, {2, "0002-b", checksum_of("B"), "x"}}), "good");
}

TEST(CheckApplied, RefusesAnythingElse) {
    EXPECT_EQ(verdict({{1, "0001-a", checksum_of("B"), "then"}}),
              "migration 0001-a of the database has another content than this program's: use the "
              "gengfu-ingest that applied it at then");
    EXPECT_EQ(
        verdict({{2, "0002-b", checksum_of("B"), "x"}}),
        "the database has migration 0002-b where this program has 0001-a: it was made by another program");
    EXPECT_EQ(verdict({{1, "0001-a", checksum_of("A"), "x"},
                       {2, "0002-b", checksum_of("B"), "x"},
                       {3, "0003-c", "", "x"}}),
              "the database has migration 0003-c, which this program does not know: it is newer; use the "
              "gengfu-ingest that made it");
}

}  // namespace
}  // namespace gengfu::governance
