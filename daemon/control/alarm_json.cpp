#include "daemon/control/alarm_json.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
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

/// Decimals that tell neighbouring values of `step` apart, one more where a step is no power of ten.
int decimals_of_step(double step) {
    constexpr int kMost = 9;
    int decimals = 0;
    double power = 1;
    while (std::abs(step) * power < 1 - 1e-9 && decimals < kMost) {
        power *= 10;
        ++decimals;
    }
    const double scaled = step * power;
    const bool whole = std::abs(scaled - std::round(scaled)) < 1e-9 * std::abs(scaled);
    return whole || decimals == kMost ? decimals : decimals + 1;
}

/// How many decimals a reading of the point has; -1 where it is not known beforehand.
int decimals_of(const config::PointSpec& spec) {
    const bool floating = spec.type == config::Type::kF32 || spec.type == config::Type::kF64;
    if (floating || spec.decimals_from || spec.unit_from || spec.scale == 0) {
        return -1;
    }
    return std::max(decimals_of_step(spec.scale), spec.offset == 0 ? 0 : decimals_of_step(spec.offset));
}

/// What a person can do something with, beyond the reason's word.
std::string detail_of(const config::Site& site, const Sample& sample, const std::string& line_trouble,
                      const std::string& unit_trouble) {
    const config::Device& device = site.device(site.point(sample.point).device);
    switch (sample.reason) {
        case Reason::kException:
            return exception_words(sample.exception);
        case Reason::kTimeout: {
            if (sample.exception != 0) {
                return "time-out: unit " + std::to_string(device.unit) + ": " +
                       exception_words(sample.exception) + ", says a gateway before it";
            }
            const Duration patience =
                std::max(site.bus(device.bus).timeout, site.turnaround(device).value_or(Duration{}));
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
            return "time-out: unit " + std::to_string(device.unit) + " did not answer in " +
                   std::to_string(ms) + " ms";
        }
        case Reason::kCrc:
            if (!unit_trouble.empty()) {
                return "crc: unit " + std::to_string(device.unit) + ": " + unit_trouble;
            }
            return "crc: unit " + std::to_string(device.unit) +
                   " answers, but no answer came whole: noise, wiring, or two units with one address";
        case Reason::kLine:
            return line_trouble.empty() ? "" : "line: " + line_trouble;
        default:
            return "";
    }
}

}  // namespace

std::string exception_words(std::uint8_t code) {
    constexpr std::array<const char*, 12> kNames{
        "",
        "illegal function",
        "illegal data address",
        "illegal data value",
        "device failure",
        "acknowledge, still at work",
        "device busy",
        "negative acknowledge",
        "memory parity error",
        "",
        "gateway path unavailable",
        "gateway target did not answer",
    };
    if (code == 0) {
        return "";
    }
    char text[80];
    const char* const name = code < kNames.size() ? kNames.at(code) : "";
    std::snprintf(text, sizeof text, "exception %02u%s%s", code, *name == '\0' ? "" : ": ", name);
    return text;
}

json to_json(const alarms::Hold& hold) {
    json out{{"by", hold.by.name},
             {"on_behalf_of", hold.by.on_behalf_of},
             {"why", hold.by.reason},
             {"since", time(hold.since)},
             {"until", hold.expires ? time(*hold.expires) : json(nullptr)}};
    if (hold.cause) {
        out["cause"] = to_string(*hold.cause);
    }
    return out;
}

namespace {

void add_flags(const alarms::Alarm& alarm, json& out) {
    if (alarm.shelved) {
        out["shelved"] = to_json(*alarm.shelved);
    }
    if (alarm.suppressed) {
        out["suppressed"] = to_json(*alarm.suppressed);
    }
    if (alarm.out_of_service) {
        out["out_of_service"] = to_json(*alarm.out_of_service);
    }
    if (alarm.handling) {
        out["handling"] = {{"by", alarm.handling->by.name},
                           {"on_behalf_of", alarm.handling->by.on_behalf_of},
                           {"note", alarm.handling->by.reason},
                           {"since", time(alarm.handling->since)},
                           {"until", alarm.handling->until ? time(*alarm.handling->until) : json(nullptr)}};
    }
    if (!alarm.behind.empty()) {
        out["behind"] = alarm.behind;
    }
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
             {"chattering", alarm.chattering},
             {"raises", alarm.raises},
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
    if (alarm.evidence.anomaly) {
        const alarms::AnomalyFound& found = *alarm.evidence.anomaly;
        out["anomaly"] = {{"aspect", std::string(rules::detectors::to_string(found.aspect))},
                          {"expected", number(found.expected)},
                          {"low", number(found.low)},
                          {"high", number(found.high)},
                          {"score", number(found.score)},
                          {"point", found.point}};
    }
    if (alarm.cleared) {
        out["cleared"] = time(*alarm.cleared);
    }
    if (alarm.acknowledged) {
        out["acknowledged_by"] = alarm.acknowledged_by.name;
        out["acknowledged_on_behalf_of"] = alarm.acknowledged_by.on_behalf_of;
        out["acknowledged_reason"] = alarm.acknowledged_by.reason;
        out["acknowledged_at"] = alarm.acknowledged_at ? time(*alarm.acknowledged_at) : json(nullptr);
    }
    add_flags(alarm, out);
    return out;
}

json to_json(const config::Site& site, const std::vector<Sample>& samples, const std::string& line_trouble,
             const std::string& unit_trouble) {
    json out = json::array();
    for (const Sample& sample : samples) {
        const config::PointSpec& spec = site.spec(sample.point);
        json one{{"point", spec.name},
                 {"unit", spec.unit},
                 {"quality", std::string(to_string(sample.quality))},
                 {"reason", sample.reason == Reason::kNone ? json(nullptr)
                                                           : json(std::string(to_string(sample.reason)))},
                 {"value", spec.type == config::Type::kString ? json(sample.text) : number(sample.value)}};
        if (const int decimals = decimals_of(spec); decimals >= 0 && spec.type != config::Type::kString) {
            one["decimals"] = decimals;
        }
        if (std::isfinite(sample.value)) {
            const auto word = spec.enumeration.find(std::llround(sample.value));
            if (word != spec.enumeration.end()) {
                one["word"] = word->second;
            }
        }
        if (const std::string detail = detail_of(site, sample, line_trouble, unit_trouble); !detail.empty()) {
            one["detail"] = detail;
        }
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace gengfu::control
