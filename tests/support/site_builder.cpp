#include "tests/support/site_builder.hpp"

#include <cmath>
#include <stdexcept>

namespace gengfu::test {

SiteBuilder::SiteBuilder() {
    site_.gateway.id = "gw-test";
    config::Bus bus;
    bus.name = "rs485-1";
    bus.timeout = std::chrono::milliseconds(500);
    site_.buses.push_back(bus);
}

DeviceId SiteBuilder::device(const std::string& name, std::initializer_list<std::string> points,
                             Duration interval) {
    config::Profile profile;
    profile.name = "profile-" + name;
    config::Device device;
    device.name = name;
    device.profile = static_cast<std::uint16_t>(site_.profiles.size());
    device.interval = interval;
    device.first_point = PointId{static_cast<std::uint32_t>(site_.points.size())};
    const DeviceId id{static_cast<std::uint32_t>(site_.devices.size())};
    for (const std::string& point : points) {
        config::PointSpec spec;
        spec.name = point;
        spec.unit = "mA";
        site_.points.push_back({id, static_cast<config::PointRef>(profile.points.size()), -1});
        profile.points.push_back(spec);
    }
    site_.profiles.push_back(profile);
    site_.devices.push_back(device);
    return id;
}

PointId SiteBuilder::point(DeviceId device, const std::string& name) const {
    for (std::uint32_t i = 0; i < site_.points.size(); ++i) {
        if (site_.points[i].device == device && site_.spec(PointId{i}).name == name) {
            return PointId{i};
        }
    }
    throw std::logic_error("no point " + name);
}

config::PointSpec& SiteBuilder::spec(PointId point) {
    const config::Point& of = site_.point(point);
    return site_.profiles[site_.device(of.device).profile].points[of.spec];
}

config::Rule& SiteBuilder::rule(PointId point, const std::string& name, config::RuleKind kind) {
    config::Rule rule;
    rule.name = name;
    rule.kind = kind;
    rule.device = site_.point(point).device;
    rule.point = point;
    return add(rule);
}

config::Rule& SiteBuilder::silent(DeviceId device, const std::string& name, Duration silent_for) {
    config::Rule rule;
    rule.name = name;
    rule.kind = config::RuleKind::kSilent;
    rule.device = device;
    rule.silent_for = silent_for;
    return add(rule);
}

config::Rule& SiteBuilder::add(config::Rule rule) {
    rule.severity = Severity::kMajor;
    config::RuleText texts;
    texts.title = {"标题", "title of " + rule.name};
    texts.text = {"{value} {unit},限值 {limit} {unit}", "{value} {unit}, limit {limit} {unit}"};
    rule.texts = std::make_shared<const config::RuleText>(texts);
    site_.rules.push_back(rule);
    return site_.rules.back();
}

config::Level level(double limit, Severity severity) {
    return {limit, severity};
}

Sample good(PointId point, double value, Monotonic taken) {
    Sample sample;
    sample.point = point;
    sample.quality = Quality::kGood;
    sample.value = value;
    sample.taken = taken;
    return sample;
}

Sample uncertain(PointId point, double value, Monotonic taken) {
    Sample sample = good(point, value, taken);
    sample.quality = Quality::kUncertain;
    sample.reason = Reason::kNotGoodWhen;
    return sample;
}

Sample bad(PointId point, Reason reason, Monotonic taken) {
    Sample sample;
    sample.point = point;
    sample.reason = reason;
    sample.taken = taken;
    return sample;
}

Monotonic at(double seconds) {
    return Monotonic{std::chrono::hours(1)} + std::chrono::microseconds(std::llround(seconds * 1e6));
}

}  // namespace gengfu::test
