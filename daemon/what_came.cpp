#include "daemon/what_came.hpp"

#include <algorithm>
#include <string>

namespace gengfu {

void WhatCame::add(const sampling::UnitTraffic& unit) {
    if (unit.two_answer) {
        ++shared;
    } else if (!unit.trouble.empty()) {
        ++unusable;
    }
}

const sampling::UnitTraffic* unit_of(const config::Site& site, DeviceId device,
                                     const sampling::BusSnapshot& seen) {
    const BusId bus = site.device(device).bus;
    const auto before = std::count_if(site.devices.begin(), site.devices.begin() + device.value,
                                      [bus](const config::Device& one) { return one.bus == bus; });
    const auto position = static_cast<std::size_t>(before);
    return position < seen.units.size() ? &seen.units[position] : nullptr;
}

config::Text words_of(const WhatCame& came, std::size_t of) {
    config::Text words{"(共 " + std::to_string(of) + " 台", ", of " + std::to_string(of) + " that are on it"};
    if (came.shared > 0) {
        const std::string count = std::to_string(came.shared);
        words.zh += ";其中 " + count + " 台的地址有两台设备应答";
        words.en += "; at the address of " + count + " of them two answer";
    }
    if (came.unusable > 0) {
        const std::string count = std::to_string(came.unusable);
        words.zh += ";其中 " + count + " 台有应答但受损或不符";
        words.en += "; from " + count + " of them something comes, damaged or not what was asked for";
    }
    if (came.shared + came.unusable > 0) {
        words.zh += ",详见 gengfu status";
        words.en += ": see `gengfu status`";
    }
    words.zh += ")";
    return words;
}

}  // namespace gengfu
