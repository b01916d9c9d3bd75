#include "daemon/alarms/read_back.hpp"

namespace gengfu::alarms {
namespace {

/// What the point shows of a raw value; nothing for those that show a part of it, or not by themselves.
std::optional<double> shown(const config::PointSpec& spec, std::int64_t raw) {
    if (spec.is_virtual() || spec.read_on_connect || spec.decimals_from || spec.unit_from) {
        return std::nullopt;
    }
    switch (spec.type) {
        case config::Type::kBool:
            return (raw != 0) != spec.invert ? 1.0 : 0.0;
        case config::Type::kU16:
            return static_cast<double>(raw) * spec.scale + spec.offset;
        case config::Type::kI16:
            return static_cast<double>(static_cast<std::int16_t>(raw)) * spec.scale + spec.offset;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<ReadBack> read_back(const config::Site& site, const config::Action& action) {
    const config::Device& device = site.device(action.device);
    const config::Profile& profile = site.profile(device);
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        const config::PointSpec& spec = profile.points[i];
        const auto on = shown(spec, action.on);
        if (spec.reg == action.reg && on && on != shown(spec, action.off)) {
            return ReadBack{PointId{device.first_point.value + static_cast<std::uint32_t>(i)}, *on};
        }
    }
    return std::nullopt;
}

}  // namespace gengfu::alarms
