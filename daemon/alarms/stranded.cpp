#include "daemon/alarms/stranded.hpp"

#include <algorithm>
#include <iterator>

#include "daemon/config/find_device.hpp"

namespace gengfu::alarms {
namespace {

/// By what it is on the wire: a bus may have another name.
bool same_line(const config::Bus& a, const config::Bus& b) {
    return a.kind == b.kind && a.serial.port == b.serial.port && a.host == b.host && a.tcp_port == b.tcp_port;
}

bool same_unit(const config::Site& now, DeviceId before, const config::Site& fresh, DeviceId after) {
    return now.device(before).unit == fresh.device(after).unit &&
           same_line(now.bus(now.device(before).bus), fresh.bus(fresh.device(after).bus));
}

}  // namespace

std::vector<KeptOutput> stranded(const std::vector<KeptOutput>& kept, const config::Site& now,
                                 const config::Site& fresh) {
    std::vector<KeptOutput> out;
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(out), [&](const KeptOutput& one) {
        const auto before = config::find_device(now, one.device);
        const auto after = config::find_device(fresh, one.device);
        return one.touched && !(before && after && same_unit(now, *before, fresh, *after));
    });
    return out;
}

}  // namespace gengfu::alarms
