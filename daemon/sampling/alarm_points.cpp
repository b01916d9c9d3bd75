#include "daemon/sampling/alarm_points.hpp"

#include <algorithm>
#include <optional>

namespace gengfu::sampling {
namespace {

class Marks {
public:
    explicit Marks(const config::Site& site) : site_(site), marked_(site.points.size(), false) {}

    void point(PointId id) {
        if (marked_[id.value]) {
            return;  // also ends the walk where points lean on each other in a ring
        }
        marked_[id.value] = true;
        const config::Device& device = site_.device(site_.point(id).device);
        const config::PointSpec& spec = site_.spec(id);
        const auto also = [&](config::PointRef ref) { point(PointId{device.first_point.value + ref}); };
        for (const config::PointRef input : spec.inputs) {
            also(input);
        }
        if (spec.decimals_from) {
            also(*spec.decimals_from);
        }
        if (spec.unit_from) {
            also(spec.unit_from->point);
        }
        for (const config::GoodWhen& good : spec.good_when) {
            also(good.point);
        }
        const config::Profile& profile = site_.profile(device);
        if (profile.protecting) {
            also(profile.protecting->point);
        }
        if (profile.alive) {
            also(profile.alive->point);
        }
    }

    void most_frequent(DeviceId id) {
        const config::Device& device = site_.device(id);
        const std::vector<config::PointSpec>& points = site_.profile(device).points;
        const auto pace = [&](const config::PointSpec& spec) {
            return spec.interval.value_or(device.interval);
        };
        std::optional<Duration> fastest;
        for (const config::PointSpec& spec : points) {
            if (!spec.read_on_connect) {
                fastest = std::min(fastest.value_or(Duration::max()), pace(spec));
            }
        }
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (!points[i].read_on_connect && pace(points[i]) == fastest) {
                point(PointId{device.first_point.value + static_cast<std::uint32_t>(i)});
            }
        }
    }

    std::vector<bool> take() { return std::move(marked_); }

private:
    const config::Site& site_;
    std::vector<bool> marked_;
};

}  // namespace

std::vector<bool> alarm_points(const config::Site& site) {
    Marks marks(site);
    for (const config::Rule& rule : site.rules) {
        if (!rule.safety) {
            continue;
        }
        for (const PointId axis : rule.axes) {
            marks.point(axis);
        }
        if (rule.limit_point) {
            marks.point(*rule.limit_point);
        }
        if (rule.point) {
            marks.point(*rule.point);
        } else if (!rule.points.empty()) {
            std::for_each(rule.points.begin(), rule.points.end(), [&](PointId id) { marks.point(id); });
        } else if (!config::is_group(rule.kind)) {  // the rules of a group mark their own
            marks.most_frequent(rule.device);
        }
    }
    return marks.take();
}

}  // namespace gengfu::sampling
