// How near the reading plan comes to the best one, over register maps drawn by a fixed generator. For
// tools/bench bus.
//
//   bench_merge --maps N --seed N
//
// Each map: 10 to 60 points of one or two registers, holes of 1 to 40 registers between them, some holes with
// a register that must not be touched, a device's limit from 1 to 125 registers, a line of 9600, 19200 or
// 115200 baud. The best is found by a dynamic programming of its own over all cuts of the sorted points.
// Prints
// {"maps", "worst_ratio", "mean_ratio", "one_by_one_ratio", "refused"}: cycle time of the plan divided by
// that of the best; the same for one request a point.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

#include "drivers/modbus/read_plan.hpp"
#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

using drivers::modbus::Cost;
using drivers::modbus::Limits;
using drivers::modbus::Wanted;

struct Map {
    std::vector<Wanted> points;  ///< by address, apart
    Limits limits;
    Cost cost;
};

class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    Map map() {
        Map map;
        map.limits.max_registers = static_cast<std::uint16_t>(between(1, 125));
        config::Bus bus;
        bus.serial.baud = std::array<std::uint32_t, 3>{9600, 19200, 115200}.at(between(0, 2));
        bus.serial.stop_bits = 2;
        map.cost = drivers::modbus::cost(bus, std::chrono::milliseconds(between(0, 50)));
        std::uint32_t address = static_cast<std::uint32_t>(between(0, 1000));
        const std::size_t points = between(10, 60);
        for (std::size_t i = 0; i < points; ++i) {
            const auto count =
                static_cast<std::uint16_t>(map.limits.max_registers > 1 && between(0, 2) == 0 ? 2 : 1);
            map.points.push_back({.point = i,
                                  .reg = {config::Space::kHolding, static_cast<std::uint16_t>(address)},
                                  .count = count});
            address += count;
            if (between(0, 2) == 0) {
                const auto hole = static_cast<std::uint32_t>(between(1, 40));
                if (between(0, 4) == 0) {
                    const auto at = static_cast<std::uint16_t>(address + between(0, hole - 1));
                    map.limits.forbid.push_back({config::Space::kHolding, at, at});
                }
                address += hole;
            }
        }
        return map;
    }

private:
    std::size_t between(std::size_t low, std::size_t high) { return low + random_() % (high - low + 1); }
    std::mt19937_64 random_;
};

/// What one request for the points first … last takes; infinite where it may not be.
double request(const Map& map, std::size_t first, std::size_t last) {
    const unsigned begin = map.points[first].reg.address;
    const unsigned end = map.points[last].reg.address + map.points[last].count;
    const auto touched = [&](const config::Forbidden& f) { return f.first < end && f.last >= begin; };
    if (end - begin > map.limits.max_registers ||
        std::any_of(map.limits.forbid.begin(), map.limits.forbid.end(), touched)) {
        return std::numeric_limits<double>::infinity();
    }
    return static_cast<double>(map.cost.fixed.count()) +
           2.0 * (end - begin) * static_cast<double>(map.cost.per_byte.count());
}

double best(const Map& map) {
    std::vector<double> until(map.points.size() + 1, std::numeric_limits<double>::infinity());
    until[0] = 0;
    for (std::size_t last = 0; last < map.points.size(); ++last) {
        for (std::size_t first = 0; first <= last; ++first) {
            until[last + 1] = std::min(until[last + 1], until[first] + request(map, first, last));
        }
    }
    return until.back();
}

Result<void> run(const Options& options) {
    const auto maps = options.number("maps", 1, 1'000'000);
    const auto seed = options.number("seed", 0, INT64_MAX);
    if (!maps || !seed) {
        return fail(Errc::kInvalid, "--maps and --seed are wanted");
    }
    Generator generator(static_cast<std::uint64_t>(*seed));
    double worst = 0;
    double sum = 0;
    double single = 0;
    int refused = 0;
    for (std::int64_t i = 0; i < *maps; ++i) {
        const Map map = generator.map();
        const auto plan = drivers::modbus::plan_reads(map.points, map.limits, map.cost);
        if (!plan) {
            ++refused;
            continue;
        }
        double ours = 0;
        for (const drivers::modbus::Read& read : *plan) {
            ours += static_cast<double>(drivers::modbus::duration(read, map.cost).count());
        }
        double alone = 0;
        for (std::size_t point = 0; point < map.points.size(); ++point) {
            alone += request(map, point, point);
        }
        const double least = best(map);
        worst = std::max(worst, ours / least);
        sum += ours / least;
        single += alone / least;
    }
    const auto counted = static_cast<double>(*maps - refused);
    std::printf(R"({"maps":%lld,"refused":%d,"worst_ratio":%.6f,"mean_ratio":%.6f,"one_by_one_ratio":%.6f})"
                "\n",
                static_cast<long long>(*maps), refused, worst, sum / counted, single / counted);
    return {};
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    const auto options = gengfu::bench::Options::parse(count, words);
    const gengfu::Result<void> done =
        options ? gengfu::bench::run(*options) : gengfu::fail(options.error().code, options.error().what);
    if (!done) {
        std::fprintf(stderr, "bench_merge: %s\n", done.error().what.c_str());
        return 1;
    }
    return 0;
}
