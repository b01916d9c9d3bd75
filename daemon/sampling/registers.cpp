#include "daemon/sampling/registers.hpp"

#include <algorithm>

#include "drivers/modbus/read_plan.hpp"

namespace gengfu::sampling {
namespace {

namespace modbus = drivers::modbus;

config::Space space_of(std::uint8_t function) {
    switch (function) {
        case 1:
            return config::Space::kCoil;
        case 2:
            return config::Space::kDiscrete;
        case 4:
            return config::Space::kInput;
        default:
            return config::Space::kHolding;
    }
}

}  // namespace

Result<std::vector<RawRead>> read_registers(const config::Site& site, DeviceId id, drivers::Bus& bus) {
    const config::Device& device = site.device(id);
    const config::Profile& profile = site.profile(device);
    const config::Bus& line = site.bus(device.bus);
    std::vector<config::PointRef> points(profile.read_count());
    for (std::size_t i = 0; i < points.size(); ++i) {
        points[i] = static_cast<config::PointRef>(i);
    }
    const std::vector<modbus::Wanted> wanted = modbus::wanted(profile, points);
    const modbus::Limits limits = modbus::limits(profile);
    const Duration turnaround = site.turnaround(device).value_or(Duration::zero());
    auto reads = modbus::plan_reads(wanted, limits, modbus::cost(line, turnaround));
    if (!reads) {
        return fail(reads.error().code, "device \"" + device.name + "\": " + reads.error().what);
    }
    std::vector<RawRead> result;
    std::string silent;  // a unit that does not answer costs one time-out, not one a request
    for (std::size_t i = 0; i < reads->size(); ++i) {
        const modbus::Read read = (*reads)[i];
        RawRead raw{{space_of(read.function), read.address}, read.count, {}, silent};
        if (silent.empty()) {
            auto answer = bus.transact({.unit = device.unit,
                                        .function = read.function,
                                        .address = read.address,
                                        .count = read.count,
                                        .values = {},
                                        .turnaround = std::max(line.timeout, turnaround),
                                        .min_gap = profile.min_gap});
            if (answer) {
                raw.words = std::move(answer->values);
            } else if (const auto halves = modbus::split(read, wanted, limits);
                       answer.error().code == Errc::kUnsupported && !halves.empty()) {
                reads->insert(reads->begin() + static_cast<std::ptrdiff_t>(i) + 1, halves.begin(),
                              halves.end());
                continue;
            } else {
                raw.trouble = answer.error().what;
                const Errc code = answer.error().code;
                silent = code == Errc::kTimeout || code == Errc::kIo || code == Errc::kInterrupted
                             ? raw.trouble
                             : "";
            }
        }
        result.push_back(std::move(raw));
    }
    return result;
}

}  // namespace gengfu::sampling
