#include "tests/unit/profiles/shipped.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gengfu::profiles {
namespace {

const std::string kGateway = R"(
[gateway]
id = "gw-test"
[gateway.place]
division = "440309"
community_code = "440309008012"
grid = "440309008012003"

[mqtt]
brokers = ["mqtt://127.0.0.1"]

[[bus]]
name = "line"
kind = "replay"
transcript = "unused"
)";

std::string under_root(const std::string& path) {
    return std::string(GENGFU_SOURCE_DIR) + "/" + path;
}

std::vector<config::Bundle::File> files_in(const std::string& folder) {
    std::vector<config::Bundle::File> files;
    for (const std::string& name : names_in(folder, ".toml")) {
        const std::string path = folder + "/" + name + ".toml";
        files.push_back({path, read_text(path)});
    }
    return files;
}

}  // namespace

std::string read_text(const std::string& path_from_root) {
    std::ifstream file(under_root(path_from_root));
    EXPECT_TRUE(file.good()) << path_from_root << " is missing";
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> names_in(const std::string& folder, const std::string& ending) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(under_root(folder))) {
        if (entry.path().extension() == ending) {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

config::Loaded load_with(const std::string& devices, const std::vector<config::Bundle::File>& more_profiles) {
    static const std::vector<config::Bundle::File> kProfiles = files_in("config/profiles");
    static const std::vector<config::Bundle::File> kClasses = files_in("config/classes");
    config::Bundle bundle{
        .configuration = {{"test.toml", kGateway + devices}}, .profiles = kProfiles, .classes = kClasses};
    bundle.profiles.insert(bundle.profiles.end(), more_profiles.begin(), more_profiles.end());
    return config::load(bundle, config::Credentials::kMayBeAbsent);
}

std::string device_text(const std::string& profile, unsigned unit, const std::string& more) {
    return "[[device]]\nname = \"sensor\"\nbus = \"line\"\nunit = " + std::to_string(unit) +
           "\nprofile = \"" + profile + "\"\n" + more + "\n";
}

std::string complaints(const config::Loaded& loaded) {
    std::string lines;
    for (const config::Diagnostic& each : loaded.diagnostics) {
        lines += to_string(each) + "\n";
    }
    return lines;
}

}  // namespace gengfu::profiles
