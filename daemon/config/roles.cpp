#include "daemon/config/roles.hpp"

#include <algorithm>
#include <array>

namespace gengfu::config {
namespace {

/// The unit is the site's business: of a gas that a cartridge decides.
constexpr std::string_view kAnyUnit = "*";

struct Role {
    std::string_view name;
    std::string_view unit;  ///< empty: a state, which has none
};

/// docs/profiles.md has the same table, for people; a test compares.
constexpr std::array<Role, 54> kRoles{{
    {"active_power", "kW"},
    {"battery", "V"},
    {"battery_low", ""},
    {"cable_temperature", "°C"},
    {"contact_alarm", ""},
    {"current", "A"},
    {"data_age", "s"},
    {"device_alarm", ""},
    {"device_warning", ""},
    {"distance", "m"},
    {"energy", "kWh"},
    {"fault_state", ""},
    {"field_deviation", "count"},
    {"flow", "m3/h"},
    {"frequency", "Hz"},
    {"gas", kAnyUnit},
    {"gas_co", "ppm"},
    {"gas_co2", "ppm"},
    {"gas_combustible", "%LEL"},
    {"gas_h2s", "ppm"},
    {"gas_nh3", "ppm"},
    {"gravity_total", "g"},
    {"gravity_x", "g"},
    {"gravity_y", "g"},
    {"gravity_z", "g"},
    {"humidity", "%RH"},
    {"input", ""},
    {"insulation_resistance", "MOhm"},
    {"level", "m"},
    {"magnetic_x", "count"},
    {"magnetic_y", "count"},
    {"magnetic_z", "count"},
    {"mounted", ""},
    {"occupied", ""},
    {"oxygen", "%"},
    {"pipe_state", ""},
    {"pitch", "deg"},
    {"power_factor", ""},
    {"pressure", "MPa"},
    {"protecting_state", ""},
    {"residual_current", "mA"},
    {"roll", "deg"},
    {"sensor_fault", ""},
    {"service", ""},
    {"signal_quality", "%"},
    {"smoke", ""},
    {"temperature", "°C"},
    {"valve_fault", ""},
    {"valve_state", ""},
    {"velocity", "m/s"},
    {"voltage", "V"},
    {"volume", "m3"},
    {"volume_total", "m3"},
    {"yaw", "deg"},
}};

constexpr std::array<std::string_view, 7> kHelpers{
    "battery", "battery_low", "fault_state", "protecting_state", "sensor_fault", "service", "signal_quality"};

}  // namespace

bool is_known_role(std::string_view role) {
    return std::find(known_roles().begin(), known_roles().end(), role) != known_roles().end();
}

const std::vector<std::string_view>& known_roles() {
    static const std::vector<std::string_view> kNames = [] {
        std::vector<std::string_view> names;
        for (const Role& role : kRoles) {
            names.push_back(role.name);
        }
        return names;
    }();
    return kNames;
}

std::optional<std::string_view> unit_of_role(std::string_view role) {
    const auto* const known =
        std::find_if(kRoles.begin(), kRoles.end(), [role](const Role& each) { return each.name == role; });
    return known == kRoles.end() || known->unit == kAnyUnit ? std::nullopt : std::optional(known->unit);
}

bool is_helper_role(std::string_view role) {
    return std::find(kHelpers.begin(), kHelpers.end(), role) != kHelpers.end();
}

}  // namespace gengfu::config
