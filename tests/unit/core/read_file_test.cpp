#include "daemon/core/read_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace gengfu {
namespace {

class ReadFile : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/gengfu-read-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string folder_;
};

TEST_F(ReadFile, ReadsNoMoreThanAsked) {
    std::ofstream(folder_ + "/file") << std::string(100'000, 'x');
    EXPECT_EQ(read_file(folder_ + "/file", 200'000).value().size(), 100'000U);
    EXPECT_EQ(read_file(folder_ + "/file", 70'001).value().size(), 70'001U);
}

TEST_F(ReadFile, APipeNeitherBlocksNorCounts) {
    ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
    const auto text = read_file(folder_ + "/pipe", 10);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().what, folder_ + "/pipe: is not a regular file");
}

TEST_F(ReadFile, SaysWhatIsWrong) {
    EXPECT_EQ(read_file("/dev/zero", 10).error().what, "/dev/zero: is not a regular file");
    EXPECT_EQ(read_file(folder_, 10).error().what, folder_ + ": is a directory");
    EXPECT_EQ(read_file(folder_ + "/none", 10).error().what, folder_ + "/none: No such file or directory");
}

}  // namespace
}  // namespace gengfu
