#include "cli/raw_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "drivers/modbus/codec.hpp"

namespace gengfu::cli {
namespace {

using config::Type;

struct RoleRange {
    std::string_view role;
    config::Range range;
};

/// What sensors of these roles measure in the field, widely drawn, in the unit that a role has in all
/// profiles (docs/profiles.md): to tell a value from the nonsense that a wrong order makes of it.
constexpr RoleRange kRoleRanges[] = {
    {"residual_current", {0, 30000}},
    {"cable_temperature", {-40, 200}},
    {"temperature", {-40, 200}},
    {"gravity_x", {-4, 4}},
    {"gravity_y", {-4, 4}},
    {"gravity_z", {-4, 4}},
    {"level", {-1, 100}},
    {"flow", {-10000, 10000}},
    {"pressure", {-0.1, 10}},
    {"gas_h2s", {0, 1000}},
    {"gas_co", {0, 2000}},
    {"gas_combustible", {0, 100}},
    {"oxygen", {0, 30}},
    {"voltage", {0, 1000}},
    {"current", {0, 6000}},
    {"active_power", {-5000, 5000}},
    {"frequency", {40, 70}},
    {"power_factor", {-1, 1}},
    {"humidity", {0, 100}},
    {"distance", {0, 100}},
    {"roll", {-180, 180}},
    {"pitch", {-180, 180}},
    {"yaw", {-360, 360}},
    {"battery", {0, 60}},
    {"signal_quality", {0, 100}},
    {"energy", {0, 1e8}},
    {"volume_total", {-1e8, 1e8}},
    {"insulation_resistance", {0, 10000}},
};

constexpr std::array<std::pair<const char*, config::Order>, 4> kOrders{
    {{"ABCD", {false, false}}, {"CDAB", {true, false}}, {"BADC", {false, true}}, {"DCBA", {true, true}}}};
constexpr std::array<std::pair<const char*, Type>, 2> kNarrow{{{"u16", Type::kU16}, {"i16", Type::kI16}}};
constexpr std::array<std::pair<const char*, Type>, 3> kWide{
    {{"u32", Type::kU32}, {"i32", Type::kI32}, {"f32", Type::kF32}}};

/// Smaller ones are what integers look like when they are read as floats.
constexpr double kLeastFloat = 1e-3;

bool is_plausible(const config::PointSpec& spec, Type type, double value) {
    const std::optional<config::Range> range = plausible_range(spec);
    const bool denormal = type == Type::kF32 && value != 0 && std::abs(value) < kLeastFloat;
    return range && std::isfinite(value) && !denormal && value >= range->low && value <= range->high;
}

Guess guess(const config::PointSpec& spec, const std::pair<const char*, Type>& type,
            const std::pair<const char*, config::Order>& order, const std::vector<std::uint16_t>& words) {
    config::PointSpec other = spec;
    other.type = type.second;
    other.order = order.second;
    other.invalid.clear();
    const auto raw = drivers::modbus::decode(other, words);
    Guess made;
    made.order = order.first;
    made.type = type.first;
    made.value = raw ? raw->value * spec.scale + spec.offset : std::nan("");
    made.plausible = is_plausible(spec, type.second, made.value);
    made.as_profile = spec.type == type.second && spec.order == order.second;
    return made;
}

}  // namespace

std::optional<config::Range> plausible_range(const config::PointSpec& spec) {
    if (spec.range) {
        return spec.range;
    }
    const auto* const known = std::ranges::find(kRoleRanges, spec.role, &RoleRange::role);
    return known == std::end(kRoleRanges) ? std::nullopt : std::optional(known->range);
}

std::vector<Guess> guesses(const config::PointSpec& spec, const Words& words) {
    const bool registers =
        spec.reg.space == config::Space::kHolding || spec.reg.space == config::Space::kInput;
    const auto first = words.find(spec.reg);
    if (!registers || first == words.end()) {
        return {};
    }
    const bool last = spec.reg.address == 0xFFFF;
    const auto second =
        last ? words.end() : words.find({spec.reg.space, static_cast<std::uint16_t>(spec.reg.address + 1)});
    std::vector<Guess> made;
    for (const auto& order : kOrders) {
        // One register has no order of words: AB and BA stand with ABCD and BADC.
        for (const auto& type : order.second.low_word_first ? std::span<const std::pair<const char*, Type>>{}
                                                            : std::span(kNarrow)) {
            made.push_back(guess(spec, type, order, {first->second}));
        }
        for (const auto& type :
             second == words.end() ? std::span<const std::pair<const char*, Type>>{} : std::span(kWide)) {
            made.push_back(guess(spec, type, order, {first->second, second->second}));
        }
    }
    return made;
}

}  // namespace gengfu::cli
