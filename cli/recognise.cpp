#include "cli/recognise.hpp"

#include <algorithm>
#include <cmath>

#include "drivers/modbus/codec.hpp"

namespace gengfu::cli {
namespace {

using Kind = config::Probe::Kind;

constexpr int kSureBits = 16;   ///< one constant register: one unit in 65,536 has it by chance
constexpr int kLikelyBits = 6;  ///< less than one in fifty has it by chance
constexpr int kFewGood = 4;     ///< points whose plausible values count
constexpr std::uint8_t kCrowded = 16;

config::PointSpec spec_of(const config::Probe& probe) {
    config::PointSpec spec;
    spec.reg = probe.reg;
    spec.type = probe.type.type;
    spec.bit_low = probe.type.bit_low;
    spec.bit_high = probe.type.bit_high;
    spec.length = probe.type.length;
    const bool bit = probe.reg.space == config::Space::kCoil || probe.reg.space == config::Space::kDiscrete;
    if (bit) {
        spec.type = config::Type::kBool;
    }
    return spec;
}

}  // namespace

std::string to_string(Certainty certainty) {
    constexpr const char* kWords[] = {"unknown", "possible", "likely", "sure"};
    return kWords[static_cast<std::size_t>(certainty)];
}

std::uint16_t width(const config::Probe& probe) {
    return drivers::modbus::register_count(spec_of(probe));
}

bool fits(const config::Probe& probe, std::uint8_t unit, std::span<const std::uint16_t> registers) {
    const auto raw = drivers::modbus::decode(spec_of(probe), registers);
    if (!raw) {
        return false;
    }
    switch (probe.kind) {
        case Kind::kEquals:
            // By bits: a number of 64 bits is more than a double holds.
            return raw->bits == static_cast<std::uint64_t>(probe.equals) ||
                   raw->value == static_cast<double>(probe.equals);
        case Kind::kEqualsText:
            return raw->text == probe.text;
        case Kind::kEqualsUnit:
            return raw->value == unit;
        case Kind::kIn:
            return std::ranges::find(probe.values, raw->value) != probe.values.end();
        case Kind::kRange:
            return probe.values.size() == 2 && raw->value >= probe.values[0] && raw->value <= probe.values[1];
    }
    return false;
}

int weight(const config::Probe& probe, std::uint8_t unit) {
    constexpr double kOneRegister = 65536;
    switch (probe.kind) {
        case Kind::kEquals:
            return probe.equals == 0 || probe.equals == 1 ? 2 : 16 * std::max<int>(1, width(probe));
        case Kind::kEqualsText:
            return static_cast<int>(8 * probe.text.size());
        case Kind::kEqualsUnit:
            return unit <= 2 ? 3 : unit <= kCrowded ? 6 : 8;
        case Kind::kIn:
            return static_cast<int>(
                std::log2(kOneRegister / static_cast<double>(std::max<std::size_t>(1, probe.values.size()))) /
                2);
        case Kind::kRange: {
            const double size =
                probe.values.size() == 2 ? probe.values[1] - probe.values[0] + 1 : kOneRegister;
            return static_cast<int>(std::log2(kOneRegister / std::clamp(size, 1.0, kOneRegister)) / 2);
        }
    }
    return 0;
}

int score(const Evidence& evidence) {
    return evidence.probe_bits + std::min(evidence.points_good, kFewGood) - 4 * evidence.points_refused -
           2 * evidence.points_odd;
}

Certainty certainty(int score) {
    return score >= kSureBits     ? Certainty::kSure
           : score >= kLikelyBits ? Certainty::kLikely
           : score >= 1           ? Certainty::kPossible
                                  : Certainty::kNone;
}

Presence presence(std::span<const Reply> replies, bool followed, bool noisy) {
    const auto count = [replies](Reply which) { return std::ranges::count(replies, which); };
    const auto answers = count(Reply::kAnswer);
    const auto damaged = count(Reply::kDamaged);
    if (followed && answers > 0) {
        return Presence::kSeveral;
    }
    // One damaged answer in several is noise; every other one is not.
    if (!noisy && damaged >= 2 && damaged * 3 >= answers) {
        return Presence::kSeveral;
    }
    return answers > 0 ? Presence::kOne : Presence::kNobody;
}

}  // namespace gengfu::cli
