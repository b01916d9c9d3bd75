#include "daemon/alarms/stranded.hpp"

#include <algorithm>
#include <iterator>

namespace gengfu::alarms {
namespace {

const config::Device* find(const config::Site& site, const std::string& name) {
    const auto found = std::find_if(site.devices.begin(), site.devices.end(),
                                    [&](const config::Device& one) { return one.name == name; });
    return found == site.devices.end() ? nullptr : &*found;
}

/// By what it is on the wire: a bus may have another name.
bool same_line(const config::Bus& a, const config::Bus& b) {
    return a.kind == b.kind && a.serial.port == b.serial.port && a.host == b.host && a.tcp_port == b.tcp_port;
}

}  // namespace

std::vector<KeptOutput> stranded(const std::vector<KeptOutput>& kept, const config::Site& now,
                                 const config::Site& fresh) {
    std::vector<KeptOutput> out;
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(out), [&](const KeptOutput& one) {
        const config::Device* const before = find(now, one.device);
        const config::Device* const after = find(fresh, one.device);
        const bool same = before != nullptr && after != nullptr && before->unit == after->unit &&
                          same_line(now.bus(before->bus), fresh.bus(after->bus));
        return one.touched && !same;
    });
    return out;
}

}  // namespace gengfu::alarms
