#include <string>
#include <vector>

#include "daemon/publish/wire.hpp"
#include "daemon/publish/wire_parts.hpp"

namespace gengfu::publish::wire {

namespace v1 = gengfu::v1;

namespace {

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

}  // namespace

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

}  // namespace gengfu::publish::wire
