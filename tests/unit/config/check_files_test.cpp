#include "daemon/config/check_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

class CheckFiles : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "gengfu-files-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
        std::ofstream(root_ / "ca.pem") << "x";
    }
    void TearDown() override { fs::remove_all(root_); }

    std::string path(const char* name) const { return (root_ / name).string(); }
    std::string said() const {
        std::string text;
        for (const Diagnostic& diagnostic : check_files(site_)) {
            text += to_string(diagnostic) + "\n";
        }
        return text;
    }

    fs::path root_;
    Site site_;
};

TEST_F(CheckFiles, SaysNothingOfWhatIsThere) {
    site_.mqtt.ca = path("ca.pem");
    EXPECT_EQ(said(), "");
}

TEST_F(CheckFiles, MissingTranscriptsAreErrorsAndCertificatesWarnings) {
    site_.mqtt.ca = path("none.pem");
    site_.mqtt.key = root_.string();
    Bus bus;
    bus.name = "old";
    bus.kind = BusKind::kReplay;
    bus.transcript = "/dev/zero";
    site_.buses.push_back(bus);
    const std::string text = said();
    EXPECT_NE(text.find("warning: mqtt: ca cannot be read: " + path("none.pem") + ": No such file"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("warning: mqtt: key cannot be read: " + root_.string() + ": is a directory"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("error: bus \"old\": transcript cannot be read: /dev/zero: is not a regular file"),
              std::string::npos)
        << text;
}

TEST_F(CheckFiles, OnePortUnderTwoNamesIsAnError) {
    std::ofstream(root_ / "tty") << "";
    fs::create_symlink(root_ / "tty", root_ / "by-id");
    for (const char* const name : {"tty", "by-id"}) {
        Bus bus;
        bus.name = name;
        bus.serial.port = path(name);
        site_.buses.push_back(bus);
    }
    EXPECT_NE(said().find("bus \"by-id\": port"), std::string::npos) << said();
    EXPECT_NE(said().find("which bus \"tty\" uses as"), std::string::npos) << said();
}

}  // namespace
}  // namespace gengfu::config
