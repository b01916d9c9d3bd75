// day_main [SEED...]: a quiet day and a day with every danger for each seed, 100 devices, 24 hours. Exits 1
// when an alarm was false or a danger was missed.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/unit/classes/day.hpp"

int main(int argc, char** argv) {
    std::vector<std::uint64_t> seeds;
    for (int i = 1; i < argc; ++i) {
        seeds.push_back(std::strtoull(argv[i], nullptr, 10));
    }
    if (seeds.empty()) {
        seeds = {1, 2, 3};
    }
    std::size_t wrong = 0;
    for (const std::uint64_t seed : seeds) {
        for (const gengfu::test::Dangers dangers :
             {gengfu::test::Dangers::kNone, gengfu::test::Dangers::kAll}) {
            const gengfu::test::DayReport report = gengfu::test::play_day(seed, 1, dangers);
            std::printf("seed %llu, %s: %s", static_cast<unsigned long long>(seed),
                        dangers == gengfu::test::Dangers::kNone ? "quiet" : "with dangers",
                        report.table().c_str());
            wrong += report.missed() + report.unexpected.size();
        }
    }
    return wrong == 0 ? 0 : 1;
}
