#include "daemon/publish/wire.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "daemon/config/rule_kind.hpp"

namespace gengfu::publish::wire {

namespace v1 = gengfu::v1;

namespace {

using Actors = std::array<std::pair<alarms::ActorKind, const char*>, 3>;
constexpr Actors kActors{{{alarms::ActorKind::kGateway, "gateway"},
                          {alarms::ActorKind::kUser, "user"},
                          {alarms::ActorKind::kPlatform, "platform"}}};

template <class Table>
auto find(const Table& table, std::string_view word) -> std::optional<decltype(table[0].first)> {
    for (const auto& [value, name] : table) {
        if (word == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::uint64_t big_endian(const BootId& boot, std::size_t from) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value = value << 8U | boot[from + i];
    }
    return value;
}

void big_endian(std::uint64_t value, BootId& boot, std::size_t from) {
    for (std::size_t i = 0; i < 8; ++i) {
        boot[from + 7 - i] = static_cast<std::uint8_t>(value >> (8U * i) & 0xFFU);
    }
}

config::Text text_from(const v1::Text& text) {
    return {text.zh(), text.en()};
}

v1::Place place_to(const config::Place& place) {
    v1::Place out;
    out.set_division(place.division);
    out.set_community_code(place.community_code);
    out.set_grid(place.grid);
    out.set_street(place.street);
    out.set_community(place.community);
    out.set_estate(place.estate);
    out.set_area(place.area);
    out.set_door(place.door);
    out.set_building(place.building);
    out.set_floor(place.floor);
    out.set_landmark(place.landmark);
    out.set_access(place.access);
    return out;
}

config::Place place_from(const v1::Place& place) {
    return {.division = place.division(),
            .community_code = place.community_code(),
            .grid = place.grid(),
            .street = place.street(),
            .community = place.community(),
            .estate = place.estate(),
            .area = place.area(),
            .door = place.door(),
            .building = place.building(),
            .floor = place.floor(),
            .landmark = place.landmark(),
            .access = place.access()};
}

v1::Party party_of(const std::string& id, const std::vector<config::Party>& parties) {
    for (const config::Party& party : parties) {
        if (party.id == id) {
            return wire::to_wire(party);
        }
    }
    v1::Party out;
    out.set_id(id);
    return out;
}

// A party of which only the id came is one that the configuration does not describe.
void take_party(const v1::Party& party, std::string& id, std::vector<config::Party>& parties) {
    id = party.id();
    if (party.code().empty() && party.name().empty() && party.phone_ref().empty()) {
        return;
    }
    for (const config::Party& known : parties) {
        if (known.id == id) {
            return;
        }
    }
    parties.push_back({party.id(), party.code(), party.name(), party.phone_ref()});
}

Result<void> component_from(const v1::Component& in, alarms::Alarm& alarm) {
    config::Component& out = alarm.component;
    out.code = in.code();
    take_party(in.authority(), out.authority, alarm.parties);
    take_party(in.owner(), out.owner, alarm.parties);
    take_party(in.maintainer(), out.maintainer, alarm.parties);
    if (in.has_location()) {
        const v1::Location& at = in.location();
        if (at.datum() < v1::DATUM_WGS84 || at.datum() > v1::DATUM_GCJ02) {
            return fail(Errc::kCorrupt, "alarm: unknown datum " + std::to_string(at.datum()));
        }
        out.location =
            config::Location{at.longitude(), at.latitude(), static_cast<config::Datum>(at.datum())};
    }
    out.place = place_from(in.place());
    return {};
}

v1::Evidence evidence_to(const alarms::Evidence& evidence) {
    v1::Evidence out;
    out.set_value(evidence.value);
    out.set_limit(evidence.limit);
    out.set_unit(evidence.unit);
    out.set_rule_kind(wire::to_string(evidence.kind));
    out.set_quality(static_cast<v1::Quality>(evidence.quality));
    out.set_reason(static_cast<v1::Reason>(evidence.reason));
    *out.mutable_taken() = wire::to_wire(evidence.taken);
    if (evidence.anomaly) {
        const alarms::AnomalyFound& found = *evidence.anomaly;
        v1::AnomalyEvidence& told = *out.mutable_anomaly();
        told.set_aspect(std::string(rules::detectors::to_string(found.aspect)));
        told.set_expected(found.expected);
        told.set_low(found.low);
        told.set_high(found.high);
        told.set_score(found.score);
        told.set_point(found.point);
    }
    return out;
}

Result<alarms::Evidence> evidence_from(const v1::Evidence& in) {
    const auto kind = config::parse_rule_kind(in.rule_kind());
    if (!kind) {
        return fail(Errc::kCorrupt, "alarm: unknown kind of rule \"" + in.rule_kind() + "\"");
    }
    if (in.quality() < v1::QUALITY_GOOD || in.quality() > v1::QUALITY_BAD || in.reason() < 0 ||
        in.reason() >= kReasonCount) {
        return fail(Errc::kCorrupt, "alarm: unknown quality or reason in its evidence");
    }
    alarms::Evidence out{.value = in.value(),
                         .limit = in.limit(),
                         .unit = in.unit(),
                         .kind = *kind,
                         .quality = static_cast<Quality>(in.quality()),
                         .reason = static_cast<Reason>(in.reason()),
                         .taken = wire::from_wire(in.taken()),
                         .anomaly = std::nullopt};
    if (in.has_anomaly()) {
        const v1::AnomalyEvidence& told = in.anomaly();
        out.anomaly = alarms::AnomalyFound{.aspect = rules::detectors::parse_aspect(told.aspect()),
                                           .expected = told.expected(),
                                           .low = told.low(),
                                           .high = told.high(),
                                           .score = told.score(),
                                           .point = told.point()};
    }
    return out;
}

Result<alarms::Actor> actor_from(const v1::Actor& in) {
    const auto kind = find(kActors, in.kind());
    if (!kind) {
        return fail(Errc::kCorrupt, "alarm: unknown kind of actor \"" + in.kind() + "\"");
    }
    return alarms::Actor{*kind, in.name(), in.on_behalf_of(), in.reason()};
}

void state_to_wire(const alarms::Alarm& alarm, v1::Alarm& out) {
    out.set_id(gengfu::to_string(alarm.id));
    out.set_raise_epoch(alarm.id.epoch.value);
    out.set_raise_sequence(alarm.id.sequence);
    out.set_revision(alarm.revision);
    out.set_raise_revision(alarm.raise_revision);
    out.set_active(alarm.active);
    out.set_acknowledged(alarm.acknowledged);
    out.set_latched(alarm.latched);
    out.set_uncertain(alarm.uncertain);
    out.set_removed(alarm.removed);
    out.set_severity(static_cast<v1::Severity>(alarm.severity));
    out.set_device(alarm.key.device);
    out.set_point(alarm.key.point);
    out.set_rule(alarm.key.rule);
    out.set_device_class(alarm.device_class);
}

void state_from_wire(const v1::Alarm& in, alarms::Alarm& out) {
    out.id = {Epoch{in.raise_epoch()}, in.raise_sequence()};
    out.revision = in.revision();
    out.raise_revision = in.raise_revision();
    out.active = in.active();
    out.acknowledged = in.acknowledged();
    out.latched = in.latched();
    out.uncertain = in.uncertain();
    out.removed = in.removed();
    out.severity = static_cast<Severity>(in.severity());
    out.key = {in.device(), in.point(), in.rule()};
    out.device_class = in.device_class();
}

v1::Handling handling_to(const alarms::Handling& handling) {
    v1::Handling out;
    *out.mutable_by() = wire::to_wire(handling.by);
    *out.mutable_since() = wire::to_wire(handling.since);
    if (handling.until) {
        *out.mutable_until() = wire::to_wire(*handling.until);
    }
    return out;
}

void flags_to_wire(const alarms::Alarm& alarm, v1::Alarm& out) {
    if (alarm.shelved) {
        *out.mutable_shelved() = wire::to_wire(*alarm.shelved);
    }
    if (alarm.suppressed) {
        *out.mutable_suppressed() = wire::to_wire(*alarm.suppressed);
    }
    if (alarm.out_of_service) {
        *out.mutable_out_of_service() = wire::to_wire(*alarm.out_of_service);
    }
    if (alarm.handling) {
        *out.mutable_handling() = handling_to(*alarm.handling);
    }
    out.set_chattering(alarm.chattering);
    out.set_raises(alarm.raises);
    out.set_rang(alarm.rang);
    for (const std::string& device : alarm.behind) {
        out.add_behind(device);
    }
}

Result<void> hold_from(bool is_there, const v1::Hold& in, std::optional<alarms::Hold>& out) {
    if (!is_there) {
        return {};
    }
    Result<alarms::Hold> hold = wire::from_wire(in);
    if (!hold) {
        return pass(hold);
    }
    out = std::move(*hold);
    return {};
}

Result<void> handling_from(const v1::Alarm& in, alarms::Alarm& out) {
    if (!in.has_handling()) {
        return {};
    }
    Result<alarms::Actor> by = actor_from(in.handling().by());
    if (!by) {
        return pass(by);
    }
    out.handling = alarms::Handling{std::move(*by), wire::from_wire(in.handling().since()), std::nullopt};
    if (in.handling().has_until()) {
        out.handling->until = wire::from_wire(in.handling().until());
    }
    return {};
}

Result<void> flags_from_wire(const v1::Alarm& in, alarms::Alarm& out) {
    out.chattering = in.chattering();
    out.raises = in.raises();
    out.rang = in.rang();
    out.behind.assign(in.behind().begin(), in.behind().end());
    Result<void> read = hold_from(in.has_shelved(), in.shelved(), out.shelved);
    if (read) {
        read = hold_from(in.has_suppressed(), in.suppressed(), out.suppressed);
    }
    if (read) {
        read = hold_from(in.has_out_of_service(), in.out_of_service(), out.out_of_service);
    }
    return read ? handling_from(in, out) : read;
}

std::shared_ptr<const config::RuleText> texts_from(const v1::Alarm& in) {
    auto texts = std::make_shared<config::RuleText>();
    texts->title = text_from(in.title());
    texts->advice = text_from(in.advice());
    texts->hazard = text_from(in.hazard());
    texts->why = in.why();
    return texts;
}

}  // namespace

const char* to_string(config::RuleKind kind) {
    return config::to_string(kind).data();  // of a literal: it ends with a zero
}

v1::Time to_wire(const alarms::Stamp& stamp) {
    v1::Time out;
    out.set_boot_id_high(big_endian(stamp.boot, 0));
    out.set_boot_id_low(big_endian(stamp.boot, 8));
    out.set_monotonic_us(stamp.monotonic_us);
    if (stamp.wall) {
        out.set_wall_us(stamp.wall->time_since_epoch().count());
    }
    return out;
}

v1::Time to_wire(const BootId& boot, Monotonic monotonic, std::optional<Wall> wall) {
    const auto since_boot =
        std::chrono::duration_cast<std::chrono::microseconds>(monotonic.time_since_epoch());
    return to_wire(alarms::Stamp{boot, since_boot.count(), wall});
}

alarms::Stamp from_wire(const v1::Time& time) {
    alarms::Stamp out;
    big_endian(time.boot_id_high(), out.boot, 0);
    big_endian(time.boot_id_low(), out.boot, 8);
    out.monotonic_us = time.monotonic_us();
    if (time.wall_us() != 0) {
        out.wall = Wall(std::chrono::microseconds(time.wall_us()));
    }
    return out;
}

v1::Text to_wire(const config::Text& text) {
    v1::Text out;
    out.set_zh(text.zh);
    out.set_en(text.en);
    return out;
}

v1::Party to_wire(const config::Party& party) {
    v1::Party out;
    out.set_id(party.id);
    out.set_code(party.code);
    out.set_name(party.name);
    out.set_phone_ref(party.phone_ref);
    return out;
}

v1::Component to_wire(const config::Component& component) {
    return to_wire(component, {});
}

v1::Component to_wire(const config::Component& component, const std::vector<config::Party>& parties) {
    v1::Component out;
    out.set_code(component.code);
    if (!component.authority.empty()) {
        *out.mutable_authority() = party_of(component.authority, parties);
    }
    if (!component.owner.empty()) {
        *out.mutable_owner() = party_of(component.owner, parties);
    }
    if (!component.maintainer.empty()) {
        *out.mutable_maintainer() = party_of(component.maintainer, parties);
    }
    if (component.location) {
        out.mutable_location()->set_longitude(component.location->longitude_degrees);
        out.mutable_location()->set_latitude(component.location->latitude_degrees);
        out.mutable_location()->set_datum(static_cast<v1::Datum>(component.location->datum));
    }
    *out.mutable_place() = place_to(component.place);
    return out;
}

v1::Actor to_wire(const alarms::Actor& actor) {
    v1::Actor out;
    for (const auto& [kind, name] : kActors) {
        if (kind == actor.kind) {
            out.set_kind(name);
        }
    }
    out.set_name(actor.name);
    out.set_on_behalf_of(actor.on_behalf_of);
    out.set_reason(actor.reason);
    return out;
}

v1::Hold to_wire(const alarms::Hold& hold) {
    v1::Hold out;
    *out.mutable_by() = to_wire(hold.by);
    *out.mutable_since() = to_wire(hold.since);
    if (hold.expires) {
        *out.mutable_expires() = to_wire(*hold.expires);
    }
    if (hold.cause) {
        out.set_cause(gengfu::to_string(*hold.cause));
    }
    out.set_seen(static_cast<v1::Severity>(hold.seen));
    return out;
}

Result<alarms::Hold> from_wire(const v1::Hold& in) {
    Result<alarms::Actor> by = actor_from(in.by());
    if (!by) {
        return pass(by);
    }
    alarms::Hold out{.by = std::move(*by), .since = from_wire(in.since())};
    if (in.has_expires()) {
        out.expires = from_wire(in.expires());
    }
    AlarmId cause;
    if (!in.cause().empty()) {
        if (!parse(in.cause(), cause)) {
            return fail(Errc::kCorrupt, "alarm: its cause is no id");
        }
        out.cause = cause;
    }
    if (in.seen() < v1::SEVERITY_CRITICAL || in.seen() > v1::SEVERITY_MINOR) {
        return fail(Errc::kCorrupt, "alarm: unknown severity of a shelf");
    }
    out.seen = static_cast<Severity>(in.seen());
    return out;
}

void to_wire(const std::vector<alarms::SampleAround>& around, v1::Evidence& out) {
    for (const alarms::SampleAround& sample : around) {
        v1::EvidenceSample& one = *out.add_samples();
        one.set_offset_us(sample.offset_us);
        one.set_value(sample.value);
        one.set_quality(static_cast<v1::Quality>(sample.quality));
        one.set_reason(static_cast<v1::Reason>(sample.reason));
        one.set_point(sample.point);
    }
}

v1::Alarm to_wire(const alarms::Alarm& alarm) {
    v1::Alarm out;
    state_to_wire(alarm, out);
    flags_to_wire(alarm, out);
    if (alarm.texts) {
        *out.mutable_title() = to_wire(alarm.texts->title);
        *out.mutable_advice() = to_wire(alarm.texts->advice);
        *out.mutable_hazard() = to_wire(alarm.texts->hazard);
        out.set_why(alarm.texts->why);
    }
    *out.mutable_text() = to_wire(alarm.text);
    *out.mutable_component() = to_wire(alarm.component, alarm.parties);
    *out.mutable_raised() = to_wire(alarm.raised);
    if (alarm.cleared) {
        *out.mutable_cleared() = to_wire(*alarm.cleared);
    }
    if (alarm.acknowledged_at) {
        *out.mutable_acknowledged_at() = to_wire(*alarm.acknowledged_at);
        *out.mutable_acknowledged_by() = to_wire(alarm.acknowledged_by);
    }
    *out.mutable_evidence() = evidence_to(alarm.evidence);
    return out;
}

Result<alarms::Alarm> from_wire(const v1::Alarm& in) {
    if (in.raise_epoch() == 0 || in.raise_sequence() == 0) {
        return fail(Errc::kCorrupt, "alarm without an id");
    }
    if (in.severity() < v1::SEVERITY_CRITICAL || in.severity() > v1::SEVERITY_MINOR) {
        return fail(Errc::kCorrupt,
                    "alarm " + in.id() + ": unknown severity " + std::to_string(in.severity()));
    }
    alarms::Alarm out;
    state_from_wire(in, out);
    out.texts = texts_from(in);
    out.text = text_from(in.text());
    if (Result<void> component = component_from(in.component(), out); !component) {
        return pass(component);
    }
    out.raised = from_wire(in.raised());
    if (in.has_cleared()) {
        out.cleared = from_wire(in.cleared());
    }
    if (in.has_acknowledged_at()) {
        out.acknowledged_at = from_wire(in.acknowledged_at());
        Result<alarms::Actor> actor = actor_from(in.acknowledged_by());
        if (!actor) {
            return pass(actor);
        }
        out.acknowledged_by = std::move(*actor);
    }
    Result<alarms::Evidence> evidence = evidence_from(in.evidence());
    if (!evidence) {
        return pass(evidence);
    }
    out.evidence = std::move(*evidence);
    if (Result<void> flags = flags_from_wire(in, out); !flags) {
        return pass(flags);
    }
    return out;
}

}  // namespace gengfu::publish::wire
