// The reference of tools/bench bus: libmodbus asked as fast as it answers, and nothing else.
//
//   bench_modbus_loop --tcp PORT --units N --registers N --seconds S
//   bench_modbus_loop --rtu PORT --baud B --units N --registers N --seconds S     (8N2)
//
// Reads units 1 to N in turn from holding register 0 and prints {"reads", "failed", "seconds",
// "cpu_seconds"}. A unit that does not answer costs libmodbus's own 500 ms.
#include <modbus/modbus.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>

#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Modbus = std::unique_ptr<modbus_t, decltype(&modbus_free)>;

constexpr int kEnough = 3'600;  ///< seconds: a bench takes minutes

Result<Modbus> open(const Options& options) {
    Modbus modbus(nullptr, modbus_free);
    if (const auto path = options.text("rtu")) {
        const auto baud = options.number("baud", 1200, 921'600);
        if (!baud) {
            return fail(baud.error().code, baud.error().what);
        }
        modbus.reset(modbus_new_rtu(path->c_str(), static_cast<int>(*baud), 'N', 8, 2));
    } else if (const auto port = options.number("tcp", 1, 65535)) {
        modbus.reset(modbus_new_tcp("127.0.0.1", static_cast<int>(*port)));
    } else {
        return fail(Errc::kInvalid, "--tcp PORT or --rtu PORT is wanted");
    }
    if (!modbus || modbus_connect(modbus.get()) != 0) {
        return fail(Errc::kIo, "the line cannot be opened");
    }
    return modbus;
}

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Result<void> run(const Options& options) {
    const auto units = options.number("units", 1, 247);
    const auto registers = options.number("registers", 1, MODBUS_MAX_READ_REGISTERS);
    const auto seconds = options.number("seconds", 1, kEnough);
    if (!units || !registers || !seconds) {
        return fail(Errc::kInvalid, "--units, --registers and --seconds are wanted");
    }
    const Result<Modbus> modbus = open(options);
    if (!modbus) {
        return fail(modbus.error().code, modbus.error().what);
    }
    std::array<std::uint16_t, MODBUS_MAX_READ_REGISTERS> values{};
    std::uint64_t reads = 0;
    std::uint64_t failed = 0;
    const double cpu_before = cpu_seconds();
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::seconds(*seconds);
    for (int unit = 1; Clock::now() < end; unit = unit % static_cast<int>(*units) + 1) {
        modbus_set_slave(modbus->get(), unit);
        const int count = static_cast<int>(*registers);
        ++(modbus_read_registers(modbus->get(), 0, count, values.data()) == count ? reads : failed);
    }
    const std::chrono::duration<double> took = Clock::now() - begun;
    std::printf(R"({"reads":%llu,"failed":%llu,"seconds":%.6f,"cpu_seconds":%.6f})"
                "\n",
                static_cast<unsigned long long>(reads), static_cast<unsigned long long>(failed), took.count(),
                cpu_seconds() - cpu_before);
    return {};
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    const auto options = gengfu::bench::Options::parse(count, words);
    const gengfu::Result<void> done =
        options ? gengfu::bench::run(*options) : gengfu::fail(options.error().code, options.error().what);
    if (!done) {
        std::fprintf(stderr, "bench_modbus_loop: %s\n", done.error().what.c_str());
        return 1;
    }
    return 0;
}
