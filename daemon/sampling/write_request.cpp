#include "daemon/sampling/write_request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/values.hpp"
#include "daemon/sampling/turn_cost.hpp"

namespace gengfu::sampling {
namespace {

drivers::Request request(const config::Site& site, DeviceId id, config::Register reg, std::uint8_t function,
                         std::uint16_t value) {
    const config::Device& device = site.device(id);
    return {.unit = device.unit,
            .function = function,
            .address = reg.address,
            .count = 1,
            .values = {value},
            .turnaround = longest_turnaround(site, id),
            .min_gap = site.profile(device).min_gap,
            .longest_turnaround = longest_turnaround(site, id)};
}

}  // namespace

Result<drivers::Request> write_request(const config::Site& site, DeviceId id, config::Register reg,
                                       std::int64_t value) {
    const config::Device& device = site.device(id);
    const config::Profile& profile = site.profile(device);
    const auto found = std::find_if(profile.writable.begin(), profile.writable.end(),
                                    [reg](const config::Writable& writable) { return writable.reg == reg; });
    if (found == profile.writable.end()) {
        return fail(Errc::kInvalid,
                    fmt::format("device \"{}\": profile \"{}\" has no [[write]] for {}: it is never written",
                                device.name, profile.name, config::to_text(reg)));
    }
    if (value < found->low || value > found->high) {
        return fail(Errc::kInvalid,
                    fmt::format("device \"{}\": {} may be written with {} to {}, not with {}", device.name,
                                config::to_text(reg), found->low, found->high, value));
    }
    return request(site, id, reg, found->function, static_cast<std::uint16_t>(value));
}

drivers::Request setup_request(const config::Site& site, DeviceId device, const config::SetupWrite& write) {
    return request(site, device, write.reg, write.function, write.value);
}

}  // namespace gengfu::sampling
