#include "daemon/config/roles.hpp"

#include <algorithm>
#include <array>

namespace gengfu::config {
namespace {

constexpr std::array<std::string_view, 54> kRoles{"active_power",
                                                  "battery",
                                                  "battery_low",
                                                  "cable_temperature",
                                                  "contact_alarm",
                                                  "current",
                                                  "data_age",
                                                  "device_alarm",
                                                  "device_warning",
                                                  "distance",
                                                  "energy",
                                                  "fault_state",
                                                  "field_deviation",
                                                  "flow",
                                                  "frequency",
                                                  "gas",
                                                  "gas_co",
                                                  "gas_co2",
                                                  "gas_combustible",
                                                  "gas_h2s",
                                                  "gas_nh3",
                                                  "gravity_total",
                                                  "gravity_x",
                                                  "gravity_y",
                                                  "gravity_z",
                                                  "humidity",
                                                  "input",
                                                  "insulation_resistance",
                                                  "level",
                                                  "magnetic_x",
                                                  "magnetic_y",
                                                  "magnetic_z",
                                                  "mounted",
                                                  "occupied",
                                                  "oxygen",
                                                  "pipe_state",
                                                  "pitch",
                                                  "power_factor",
                                                  "pressure",
                                                  "protecting_state",
                                                  "residual_current",
                                                  "roll",
                                                  "sensor_fault",
                                                  "service",
                                                  "signal_quality",
                                                  "smoke",
                                                  "temperature",
                                                  "valve_fault",
                                                  "valve_state",
                                                  "velocity",
                                                  "voltage",
                                                  "volume",
                                                  "volume_total",
                                                  "yaw"};

constexpr std::array<std::string_view, 7> kHelpers{
    "battery", "battery_low", "fault_state", "protecting_state", "sensor_fault", "service", "signal_quality"};

}  // namespace

bool is_known_role(std::string_view role) {
    return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end();
}

bool is_helper_role(std::string_view role) {
    return std::find(kHelpers.begin(), kHelpers.end(), role) != kHelpers.end();
}

}  // namespace gengfu::config
