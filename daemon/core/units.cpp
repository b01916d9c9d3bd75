#include "daemon/core/units.hpp"

#include <array>

namespace gengfu {
namespace {

enum class Quantity { kLength, kPressure, kFlow, kCurrent, kShare };

struct Unit {
    std::string_view word;
    Quantity quantity;
    double in_base;  ///< m, Pa, m3/s, A, 1
};

constexpr std::array kUnits{
    Unit{"m", Quantity::kLength, 1},           Unit{"cm", Quantity::kLength, 1e-2},
    Unit{"mm", Quantity::kLength, 1e-3},       Unit{"Pa", Quantity::kPressure, 1},
    Unit{"kPa", Quantity::kPressure, 1e3},     Unit{"MPa", Quantity::kPressure, 1e6},
    Unit{"bar", Quantity::kPressure, 1e5},     Unit{"mbar", Quantity::kPressure, 1e2},
    Unit{"m3/s", Quantity::kFlow, 1},          Unit{"m3/h", Quantity::kFlow, 1.0 / 3600},
    Unit{"L/s", Quantity::kFlow, 1e-3},        Unit{"L/min", Quantity::kFlow, 1e-3 / 60},
    Unit{"L/h", Quantity::kFlow, 1e-3 / 3600}, Unit{"A", Quantity::kCurrent, 1},
    Unit{"mA", Quantity::kCurrent, 1e-3},      Unit{"%", Quantity::kShare, 1e-2},
    Unit{"ppm", Quantity::kShare, 1e-6}};

const Unit* find(std::string_view word) {
    for (const Unit& unit : kUnits) {
        if (unit.word == word) {
            return &unit;
        }
    }
    return nullptr;
}

}  // namespace

std::optional<double> unit_factor(std::string_view from, std::string_view to) {
    if (from == to) {
        return 1.0;
    }
    const Unit* const a = find(from);
    const Unit* const b = find(to);
    if (a == nullptr || b == nullptr || a->quantity != b->quantity) {
        return std::nullopt;
    }
    return a->in_base / b->in_base;
}

}  // namespace gengfu
