#include "tests/unit/classes/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

/// Recorded shapes of each class against the alarms that must come of them: tests/golden/classes.
namespace gengfu::test {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
    return fs::path(GENGFU_SOURCE_DIR) / "tests/golden/classes";
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder())) {
        if (entry.path().extension() == ".scenario") {
            found.push_back(entry.path().stem().string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

class RecordedShape : public testing::TestWithParam<std::string> {};

TEST_P(RecordedShape, HasTheAlarmsThatAreExpected) {
    const fs::path scenario = folder() / (GetParam() + ".scenario");
    const fs::path expected = folder() / (GetParam() + ".expected");
    const std::string got = play_scenario(text_of(scenario));
    if (const char* accept = std::getenv("GENGFU_GOLDEN");
        accept != nullptr && std::string(accept) == "accept") {
        std::ofstream(expected, std::ios::binary) << got;
    }
    ASSERT_TRUE(fs::exists(expected)) << "GENGFU_GOLDEN=accept writes it:\n" << got;
    EXPECT_EQ(got, text_of(expected));
}

INSTANTIATE_TEST_SUITE_P(Files, RecordedShape, testing::ValuesIn(names()), [](const auto& test) {
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(RecordedShapes, AMistakeInOneIsSaidWithItsLine) {
    const std::string device = text_of(folder() / "cover-kicked.scenario");
    const std::string head = device.substr(0, device.find("---\n") + 4);
    for (const char* wrong :
         {"at 3 cover gravity_x 1\n", "at 3s cover gravity_x\n", "walk 3s\n", "at 3s cover none 1\nrun 9s\n",
          "run 5s\nrun 3s\n", "at 3s cover gravity_x 1 under 3s\n"}) {
        EXPECT_THROW(play_scenario(head + wrong), std::logic_error) << wrong;
    }
}

}  // namespace
}  // namespace gengfu::test
