#include "daemon/publish/point_coding.hpp"

#include <algorithm>

#include "daemon/publish/aggregation.hpp"

namespace gengfu::publish {

namespace {

bool floating(config::Type type) {
    return type == config::Type::kF32 || type == config::Type::kF64;
}

}  // namespace

void extend(Aliases& aliases, const config::Site& site) {
    std::uint32_t last = 0;
    for (const auto& [name, alias] : aliases) {
        last = std::max(last, alias);
    }
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        const auto [place, added] = aliases.try_emplace(site.point_name(PointId{i}), last + 1);
        last += added ? 1 : 0;
    }
    for (const AggregatePoint& point : aggregate_points(site)) {
        const auto [place, added] = aliases.try_emplace(name_of(site, point), last + 1);
        last += added ? 1 : 0;
    }
}

std::vector<PointCoding> point_codings(const config::Site& site, const Aliases& aliases) {
    std::vector<PointCoding> out(site.points.size());
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        const config::PointSpec& spec = site.spec(PointId{i});
        PointCoding& coding = out[i];
        coding.alias = aliases.at(site.point_name(PointId{i}));
        coding.text = spec.type == config::Type::kString;
        // Where another point moves the decimals or the unit, most values are no steps of `scale`; those that
        // are still go as steps, the rest whole.
        if (!coding.text && !floating(spec.type)) {
            coding.resolution = spec.scale;
            coding.offset = spec.offset;
        }
    }
    for (const AggregatePoint& point : aggregate_points(site)) {
        PointCoding coding = out[point.of.value];
        coding.alias = aliases.at(name_of(site, point));
        if (point.is_mean) {
            coding.resolution = 0;
            coding.offset = 0;
        }
        out.push_back(coding);
    }
    return out;
}

}  // namespace gengfu::publish
