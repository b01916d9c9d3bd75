#include "cli/client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace gengfu::cli {
namespace {

namespace fs = std::filesystem;

class FindSocketTest : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/gengfu-client-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
        common_.places.file = (folder_ / "gengfu.toml").string();
        common_.places.shipped = folder_.string();
    }
    void TearDown() override { fs::remove_all(folder_); }
    std::string why() const {
        const Result<std::string> found = find_socket(common_);
        return found ? "found " + *found : found.error().what;
    }

    fs::path folder_;
    Common common_;
};

TEST_F(FindSocketTest, AConfigurationThatWasNamedMustBeReadable) {
    common_.named = Named::kByUser;
    const Result<std::string> found = find_socket(common_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::kIo) << "`read` must not go on by itself";
    EXPECT_EQ(found.error().what,
              "the configuration cannot be read: " + common_.places.file + ": No such file or directory");
}

TEST_F(FindSocketTest, SaysWhereItLooked) {
    std::ofstream(common_.places.file) << "[store]\npath = \"" << folder_.string() << "/store\"\n";
    common_.named = Named::kByUser;
    EXPECT_EQ(why(), "no daemon is running: there is neither " + folder_.string() +
                         "/store/control.sock nor /run/gengfu/control.sock; start it with `systemctl start "
                         "gengfu` or run gengfud");
}

TEST_F(FindSocketTest, OnePlaceIsNotNeither) {
    common_.socket = (folder_ / "x.sock").string();
    EXPECT_EQ(why(), "no daemon is running: there is no " + common_.socket +
                         "; start it with `systemctl start gengfu` or run gengfud");
}

}  // namespace
}  // namespace gengfu::cli
