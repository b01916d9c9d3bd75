// Bytes: type, order, bits, length, an `invalid`, then registers.

#include <cmath>
#include <cstdlib>
#include <span>
#include <vector>

#include "drivers/modbus/codec.hpp"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gengfu;
    using namespace gengfu::drivers;
    constexpr std::size_t kHead = 8;
    if (size < kHead) {
        return 0;
    }
    config::PointSpec spec;
    spec.type = static_cast<config::Type>(data[0] % 16);
    spec.order = {(data[1] & 1U) != 0, (data[1] & 2U) != 0};
    spec.invert = (data[1] & 4U) != 0;
    spec.reg.space = static_cast<config::Space>(data[1] >> 6U);
    spec.bit_low = data[2];
    spec.bit_high = spec.type == config::Type::kBit ? data[2] : data[3];
    spec.length = data[4];
    spec.invalid = {data[5], 0xFFFF, 0x7FC00000};
    std::vector<std::uint16_t> registers;
    for (std::size_t i = kHead; i + 1 < size; i += 2) {
        registers.push_back(static_cast<std::uint16_t>(static_cast<unsigned>(data[i]) << 8U | data[i + 1]));
    }
    const std::uint16_t count = modbus::register_count(spec);
    const bool fits = count != 0 && registers.size() >= count;
    const auto raw = modbus::decode(spec, fits ? std::span(registers).first(count) : std::span(registers));
    require(raw.has_value() == fits);
    if (!raw) {
        return 0;
    }
    const bool is_text = spec.type == config::Type::kString;
    require(std::isfinite(raw->value) == (!raw->not_a_number && !is_text));
    require(is_text || raw->text.empty());
    require(raw->text.size() <= spec.length);
    const unsigned width = modbus::width_bits(spec);
    require(width == 64 || raw->bits >> width == 0);
    return 0;
}
