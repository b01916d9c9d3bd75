#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> cases() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(golden_folder())) {
        if (entry.path().extension() == ".toml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool accepting() {
    const char* const wish = std::getenv("GENGFU_GOLDEN");
    return wish != nullptr && std::string(wish) == "accept";
}

class ConfigGolden : public testing::TestWithParam<std::string> {};

TEST_P(ConfigGolden, SaysExactlyThis) {
    const std::string path = golden_folder() + "/" + GetParam();
    const Loaded loaded = load_case(read_golden(path + ".toml"));
    const std::string got = said(loaded);
    if (accepting()) {
        std::ofstream(path + ".expected", std::ios::binary) << got;
    }
    EXPECT_EQ(got, read_golden(path + ".expected"));
    EXPECT_EQ(loaded.site.has_value(), !has_errors(loaded.diagnostics));
}

INSTANTIATE_TEST_SUITE_P(Files, ConfigGolden, testing::ValuesIn(cases()), [](const auto& test) {
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(ConfigGolden, ThereAreEnoughBadInputs) {
    std::size_t bad = 0;
    for (const std::string& name : cases()) {
        bad += name.starts_with("good") ? 0U : 1U;
    }
    EXPECT_GE(bad, 80U);
}

}  // namespace
}  // namespace gengfu::config
