// record_day FOLDER SEED [quiet]: a day of tests/unit/classes as a gateway's store and configuration, so that
// `gengfu replay --since 25h --store FOLDER/store --config FOLDER/gengfu.toml` plays it. Prints what came of
// it live.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/bench/day_recorder.hpp"
#include "tests/unit/classes/day.hpp"
#include "tests/unit/classes/stage.hpp"

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    using namespace gengfu;
    if (argc < 3) {
        std::fprintf(stderr, "record_day FOLDER SEED [quiet]\n");
        return 2;
    }
    const fs::path folder(argv[1]);
    const std::uint64_t seed = std::strtoull(argv[2], nullptr, 10);
    const bool quiet = argc > 3 && std::string(argv[3]) == "quiet";
    for (const auto& [name, text] : test::Stage::files(test::make_community(1, seed).configuration)) {
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
    }
    const auto now = std::chrono::system_clock::now() - std::chrono::hours(24);
    const std::int64_t begins =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    std::optional<bench::DayRecorder> recorder;
    const test::Tap tap = [&](const config::Site& site, const Sample& sample) {
        if (!recorder) {
            recorder.emplace((folder / "store").string(), site, begins);
        }
        recorder->observe(sample);
    };
    const test::DayReport report =
        test::play_day(seed, 1, quiet ? test::Dangers::kNone : test::Dangers::kAll, tap);
    std::printf("%s  %llu records of samples, %zu raises and rises of severity live\n",
                report.table().c_str(), static_cast<unsigned long long>(recorder->finish()), report.raises);
    return report.missed() + report.unexpected.size() == 0 ? 0 : 1;
}
