#include "daemon/control/alarm_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/config/rule_kind.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

json text(const config::Text& both) {
    return {{"zh", both.zh}, {"en", both.en}};
}

json time(const alarms::Stamp& stamp) {
    return stamp.wall ? json(to_iso8601(*stamp.wall)) : json(nullptr);
}

json number(double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
}

json place(const config::Place& p) {
    json out = json::object();
    const std::pair<const char*, const std::string*> fields[] = {
        {"division", &p.division},   {"community_code", &p.community_code},
        {"grid", &p.grid},           {"street", &p.street},
        {"community", &p.community}, {"estate", &p.estate},
        {"area", &p.area},           {"door", &p.door},
        {"building", &p.building},   {"floor", &p.floor},
        {"landmark", &p.landmark},   {"access", &p.access}};
    for (const auto& [name, value] : fields) {
        if (!value->empty()) {
            out[name] = *value;
        }
    }
    return out;
}

json party(const std::string& id, const std::vector<config::Party>& parties) {
    for (const config::Party& known : parties) {
        if (known.id == id) {
            return {
                {"id", known.id}, {"code", known.code}, {"name", known.name}, {"phone_ref", known.phone_ref}};
        }
    }
    return nullptr;
}

json component(const alarms::Alarm& alarm) {
    const config::Component& c = alarm.component;
    json out{{"code", c.code},
             {"authority", party(c.authority, alarm.parties)},
             {"owner", party(c.owner, alarm.parties)},
             {"maintainer", party(c.maintainer, alarm.parties)}};
    if (c.location) {
        constexpr const char* kDatums[] = {"", "wgs84", "cgcs2000", "gcj02"};
        out["location"] = {{"lon", c.location->longitude_degrees},
                           {"lat", c.location->latitude_degrees},
                           {"datum", kDatums[static_cast<std::size_t>(c.location->datum)]}};
    }
    return out;
}

}  // namespace

json to_json(const alarms::Alarm& alarm) {
    json out{{"id", to_string(alarm.id)},
             {"revision", alarm.revision},
             {"active", alarm.active},
             {"acknowledged", alarm.acknowledged},
             {"latched", alarm.latched},
             {"uncertain", alarm.uncertain},
             {"removed", alarm.removed},
             {"severity", std::string(to_string(alarm.severity))},
             {"device", alarm.key.device},
             {"point", alarm.key.point},
             {"rule", alarm.key.rule},
             {"class", alarm.device_class},
             {"title", text(alarm.texts->title)},
             {"text", text(alarm.text)},
             {"advice", text(alarm.texts->advice)},
             {"hazard", text(alarm.texts->hazard)},
             {"component", component(alarm)},
             {"place", place(alarm.component.place)},
             {"raised", time(alarm.raised)},
             {"value", number(alarm.evidence.value)},
             {"limit", number(alarm.evidence.limit)},
             {"unit", alarm.evidence.unit},
             {"kind", std::string(config::to_string(alarm.evidence.kind))}};
    if (alarm.cleared) {
        out["cleared"] = time(*alarm.cleared);
    }
    if (alarm.acknowledged) {
        out["acknowledged_by"] = alarm.acknowledged_by.name;
        out["acknowledged_at"] = alarm.acknowledged_at ? time(*alarm.acknowledged_at) : json(nullptr);
    }
    return out;
}

json to_json(const config::Site& site, const std::vector<Sample>& samples) {
    json out = json::array();
    for (const Sample& sample : samples) {
        const config::PointSpec& spec = site.spec(sample.point);
        json one{{"point", spec.name},
                 {"unit", spec.unit},
                 {"quality", std::string(to_string(sample.quality))},
                 {"reason", sample.reason == Reason::kNone ? json(nullptr)
                                                           : json(std::string(to_string(sample.reason)))},
                 {"value", spec.type == config::Type::kString ? json(sample.text) : number(sample.value)}};
        if (std::isfinite(sample.value)) {
            const auto word = spec.enumeration.find(std::llround(sample.value));
            if (word != spec.enumeration.end()) {
                one["word"] = word->second;
            }
        }
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace gengfu::control
