#include "daemon/publish/catalogue_shelf.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {
namespace {

namespace fs = std::filesystem;

class CatalogueShelfTest : public testing::Test {
protected:
    CatalogueShelfTest() {
        std::string pattern = (fs::temp_directory_path() / "gengfu-shelf-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        shelf = CatalogueShelf(folder);
    }
    ~CatalogueShelfTest() override { fs::remove_all(folder); }

    static std::vector<std::string> parts(const std::string& hash, std::uint32_t count) {
        std::vector<std::string> out;
        for (std::uint32_t i = 0; i < count; ++i) {
            v1::CatalogueChange part;
            part.set_hash(hash);
            part.set_part(i);
            part.set_parts(count);
            part.add_points()->set_alias(i + 1);
            out.push_back(part.SerializeAsString());
        }
        return out;
    }
    static std::string hash(char digit) { return std::string(16, digit); }

    std::string folder;
    CatalogueShelf shelf{std::string()};  // of `folder`, which the constructor makes
};

TEST_F(CatalogueShelfTest, KeepsWhatRecordsName) {
    ASSERT_TRUE(shelf.put(hash('a'), parts(hash('a'), 3), 1));
    ASSERT_TRUE(shelf.put(hash('b'), parts(hash('b'), 1), 2));
    EXPECT_EQ(shelf.get(hash('a')), parts(hash('a'), 3));
    shelf.prune(2);
    EXPECT_TRUE(shelf.get(hash('a')).empty()) << "no record of start 1 is left";
    EXPECT_EQ(shelf.get(hash('b')).size(), 1U);
    ASSERT_TRUE(shelf.put(hash('b'), parts(hash('b'), 1), 7));
    shelf.prune(7);
    EXPECT_EQ(shelf.get(hash('b')).size(), 1U) << "in use again";
}

TEST_F(CatalogueShelfTest, DamagedAndForeignFilesAreNone) {
    ASSERT_TRUE(shelf.put(hash('a'), parts(hash('a'), 3), 1));
    const std::string path = folder + "/catalogue-" + hash('a');
    fs::resize_file(path, fs::file_size(path) / 2);
    EXPECT_TRUE(shelf.get(hash('a')).empty());
    std::ofstream(folder + "/catalogue-" + hash('b')) << "no catalogue";
    std::ofstream(folder + "/catalogue-notes.txt") << "somebody's";
    EXPECT_TRUE(shelf.get(hash('b')).empty());
    for (const char* asked : {"", "../../etc/passwd", "notes.txt", "aaaaaaaaaaaaaaa/", "AAAAAAAAAAAAAAAA"}) {
        EXPECT_TRUE(shelf.get(asked).empty()) << asked;
    }
    shelf.prune(1);
    EXPECT_FALSE(fs::exists(path));
    EXPECT_TRUE(fs::exists(folder + "/catalogue-notes.txt")) << "not ours to delete";
}

TEST_F(CatalogueShelfTest, NotMoreThanItHolds) {
    for (std::uint64_t start = 1; start <= CatalogueShelf::kMost + 3; ++start) {
        const std::string digits = std::to_string(1000 + start);
        const std::string name = std::string(12, '0') + digits;
        ASSERT_TRUE(shelf.put(name, parts(name, 1), start));
    }
    shelf.prune(1);
    EXPECT_TRUE(shelf.get("0000000000001003").empty());
    EXPECT_FALSE(shelf.get("0000000000001004").empty());
}

TEST_F(CatalogueShelfTest, AFolderThatIsGoneIsToldNotDiedOf) {
    CatalogueShelf nowhere(folder + "/no-such-folder");
    const Result<void> kept = nowhere.put(hash('a'), parts(hash('a'), 1), 1);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, Errc::kIo);
    nowhere.prune(5);
    EXPECT_TRUE(nowhere.get(hash('a')).empty());
}

}  // namespace
}  // namespace gengfu::publish
