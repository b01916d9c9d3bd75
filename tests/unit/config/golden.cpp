#include "tests/unit/config/golden.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "daemon/config/library.hpp"

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeparator = "#--- ";

std::vector<Bundle::File>& part_for(Bundle& bundle, const std::string& path) {
    if (path.starts_with("profiles/")) {
        return bundle.profiles;
    }
    return path.starts_with("classes/") ? bundle.classes : bundle.configuration;
}

void add_base(const char* kind, std::vector<Bundle::File>& files) {
    for (const fs::directory_entry& entry : fs::directory_iterator(golden_folder() + "/base/" + kind)) {
        const std::string path = std::string(kind) + "/" + entry.path().filename().string();
        const bool replaced =
            std::any_of(files.begin(), files.end(), [&](const auto& file) { return file.path == path; });
        if (!replaced) {
            files.push_back({path, read_golden(entry.path().string())});
        }
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

}  // namespace

std::string golden_folder() {
    return std::string(GENGFU_SOURCE_DIR) + "/tests/golden/config";
}

std::string read_golden(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

Bundle golden_bundle(const std::string& text) {
    Bundle bundle;
    if (!text.starts_with("#--- gengfu.toml\n")) {
        bundle.configuration.push_back({"gengfu.toml", read_golden(golden_folder() + "/base/gengfu.toml")});
    }
    Bundle::File current{"devices.d/case.toml", ""};
    std::istringstream lines(text);
    bool started = !text.starts_with(kSeparator);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(kSeparator)) {
            if (started) {
                part_for(bundle, current.path).push_back(current);
            }
            current = {line.substr(kSeparator.size()), ""};
            started = true;
        } else {
            current.text += line + "\n";
        }
    }
    part_for(bundle, current.path).push_back(current);
    add_base("profiles", bundle.profiles);
    add_base("classes", bundle.classes);
    return bundle;
}

std::string said(const Loaded& loaded) {
    std::string text;
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        text += to_string(diagnostic) + "\n";
    }
    return text;
}

Loaded load_case(const std::string& text) {
    return load(golden_bundle(text));
}

}  // namespace gengfu::config
