#pragma once

#include <optional>
#include <string_view>

#include "daemon/config/site.hpp"

namespace gengfu::config {

/// By its name in the configuration; nothing: there is none.
inline std::optional<DeviceId> find_device(const Site& site, std::string_view name) {
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].name == name) {
            return DeviceId{i};
        }
    }
    return std::nullopt;
}

}  // namespace gengfu::config
