#include "daemon/config/limits.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

std::string device(const std::string& name, int unit, const std::string& bus) {
    return "[[device]]\nname = \"" + name + "\"\nbus = \"" + bus + "\"\nunit = " + std::to_string(unit) +
           "\nprofile = \"probe\"\nclass = \"cable\"\n";
}

/// `count` devices, 200 on each of as many TCP buses as that takes.
std::string many_devices(std::size_t count) {
    constexpr std::size_t kOnABus = 200;
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string bus = "tcp-" + std::to_string(i / kOnABus);
        if (i % kOnABus == 0) {
            text +=
                "[[bus]]\nname = \"" + bus + "\"\nkind = \"modbus-tcp\"\naddress = \"host-" + bus + "\"\n";
        }
        text += device("d" + std::to_string(i), static_cast<int>(i % kOnABus), bus);
    }
    return text;
}

TEST(Limits, AsManyDevicesAsAllowedLoad) {
    const Loaded loaded = load_case(many_devices(kMaxDevices));
    ASSERT_TRUE(loaded.site) << said(loaded).substr(0, 1'000);
    EXPECT_EQ(loaded.site->devices.size(), kMaxDevices);
    EXPECT_EQ(loaded.site->rules.size(), 2 * kMaxDevices);
    // Devices of one class and profile share their texts.
    EXPECT_EQ(loaded.site->rules[0].texts, loaded.site->rules[2].texts);
}

TEST(Limits, OneDeviceMoreIsRefused) {
    EXPECT_EQ(said(load_case(many_devices(kMaxDevices + 1))),
              "devices.d/case.toml:5:1: error: configuration: device must have at most 2000 entries; it has "
              "2001\n");
}

TEST(Limits, TooManyPointsAreRefused) {
    std::string profile = "#--- profiles/probe.toml\nname = \"probe\"\nsource = \"made up\"\n";
    for (std::size_t i = 0; i < kMaxProfilePoints; ++i) {
        profile += "[[point]]\nname = \"p" + std::to_string(i) +
                   "\"\nregister = \"holding:" + std::to_string(i) + "\"\n";
        profile += i == 0 ? "role = \"residual_current\"\nunit = \"mA\"\n" : "";
    }
    const std::size_t fitting = kMaxPoints / kMaxProfilePoints;
    EXPECT_TRUE(load_case(many_devices(fitting) + profile).site);
    const std::string got = said(load_case(many_devices(fitting + 1) + profile));
    EXPECT_NE(got.find("error: device \"d100\": more than 50000 points in all"), std::string::npos) << got;
}

TEST(Limits, MoreDiagnosticsThanAnybodyReadsAreCounted) {
    std::string text;
    for (std::size_t i = 0; i < kMaxDiagnostics + 7; ++i) {
        text += "unknown_" + std::to_string(i) + " = 1\n";
    }
    const Loaded loaded = load_case(text + device("d1", 17, "rs485-1"));
    ASSERT_EQ(loaded.diagnostics.size(), kMaxDiagnostics + 1);
    EXPECT_EQ(loaded.diagnostics.back().message, "and 7 more");
    EXPECT_FALSE(loaded.site);
}

TEST(Limits, TooManyFilesAreRefusedBeforeTheyAreParsed) {
    Bundle bundle;
    for (std::size_t i = 0; i <= kMaxFiles; ++i) {
        bundle.configuration.push_back({"x.toml", "["});
    }
    const Loaded loaded = load(bundle);
    ASSERT_EQ(loaded.diagnostics.size(), 1U);
    EXPECT_NE(loaded.diagnostics[0].message.find("1001 files"), std::string::npos)
        << loaded.diagnostics[0].message;
}

class Credential : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "gengfu-credential-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1), 0);
    }
    void TearDown() override {
        unsetenv("CREDENTIALS_DIRECTORY");
        std::filesystem::remove_all(folder_);
    }

    static std::string config(const std::string& mqtt) {
        return "#--- gengfu.toml\n[gateway]\nid = \"gw\"\nplace = { division = \"440309\", community_code = "
               "\"440309008012\", grid = \"440309008012003\" }\n[mqtt]\nbrokers = [\"mqtts://b\"]\n" +
               mqtt + "[[bus]]\nname = \"rs485-1\"\nkind = \"modbus-rtu\"\nport = \"/dev/ttyS1\"\n" +
               device("d1", 17, "rs485-1");
    }

    std::string folder_;
};

TEST_F(Credential, IsFoundWhereSystemdPutsIt) {
    std::ofstream(folder_ + "/mqtt-password") << "secret\nmore\n";
    const Loaded loaded = load_case(
        config("ca = \"credential:ca\"\nusername = \"u\"\npassword = \"credential:mqtt-password\"\n"));
    ASSERT_TRUE(loaded.site) << said(loaded);
    EXPECT_EQ(loaded.site->mqtt.ca, folder_ + "/ca");
    EXPECT_EQ(loaded.site->mqtt.password, "secret");
}

TEST_F(Credential, MayAlsoBeAFile) {
    std::ofstream(folder_ + "/file") << "from a file";
    const Loaded loaded = load_case(config("username = \"u\"\npassword = \"" + folder_ + "/file\"\n"));
    ASSERT_TRUE(loaded.site) << said(loaded);
    EXPECT_EQ(loaded.site->mqtt.password, "from a file");
}

TEST_F(Credential, ThatCannotBeReadIsAnErrorForTheServiceAndAWarningForACheck) {
    const Bundle bundle = golden_bundle(config("username = \"u\"\npassword = \"credential:nowhere\"\n"));
    EXPECT_FALSE(load(bundle).site);
    const Loaded checked = load(bundle, Credentials::kMayBeAbsent);
    EXPECT_TRUE(checked.site);
    ASSERT_EQ(checked.diagnostics.size(), 1U);
    EXPECT_EQ(checked.diagnostics[0].gravity, Gravity::kWarning);
    EXPECT_EQ(checked.diagnostics[0].position.line, 7U);
}

TEST_F(Credential, AFileThatIsNotThereIsAnErrorForACheckToo) {
    const Bundle bundle = golden_bundle(config("username = \"u\"\npassword = \"/nonexistent/password\"\n"));
    const Loaded checked = load(bundle, Credentials::kMayBeAbsent);
    EXPECT_FALSE(checked.site) << said(checked);
}

TEST_F(Credential, WithoutTheServicesFolderIsTheSame) {
    unsetenv("CREDENTIALS_DIRECTORY");
    const Bundle bundle = golden_bundle(config("ca = \"credential:ca\"\n"));
    const Loaded refused = load(bundle);
    EXPECT_FALSE(refused.site);
    EXPECT_NE(said(refused).find("$CREDENTIALS_DIRECTORY is not set"), std::string::npos);
    EXPECT_TRUE(load(bundle, Credentials::kMayBeAbsent).site);
}

}  // namespace
}  // namespace gengfu::config
