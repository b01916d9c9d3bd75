#include "tests/sim/fault.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/sim/rtu_frame.hpp"

namespace gengfu::sim {
namespace {

constexpr std::array<std::pair<std::string_view, FaultKind>, 9> kNames{{
    {"silence", FaultKind::kSilence},
    {"late", FaultKind::kLate},
    {"wrong-unit", FaultKind::kWrongUnit},
    {"bad-crc", FaultKind::kBadCrc},
    {"exception", FaultKind::kException},
    {"noise", FaultKind::kNoise},
    {"garbage", FaultKind::kGarbage},
    {"truncated", FaultKind::kTruncated},
    {"unplug", FaultKind::kUnplug},
}};

Bytes random_bytes(std::size_t count, Random& random) {
    Bytes out(count);
    std::generate(out.begin(), out.end(), [&] { return static_cast<std::uint8_t>(random() & 0xFFU); });
    return out;
}

Bytes mbap_frame(const Outgoing& outgoing) {
    const auto length = static_cast<std::uint16_t>(outgoing.pdu.size() + 1);
    Bytes out{static_cast<std::uint8_t>(outgoing.transaction >> 8U),
              static_cast<std::uint8_t>(outgoing.transaction & 0xFFU),
              0,
              0,
              static_cast<std::uint8_t>(length >> 8U),
              static_cast<std::uint8_t>(length & 0xFFU),
              outgoing.unit};
    out.insert(out.end(), outgoing.pdu.begin(), outgoing.pdu.end());
    return out;
}

/// Faults of meaning: they change the answer before it is framed, so that its checksum is right.
void spoil_meaning(Outgoing& outgoing, const Fault& fault) {
    if (fault.kind == FaultKind::kWrongUnit) {
        outgoing.unit = fault.unit != 0 ? fault.unit : static_cast<std::uint8_t>(outgoing.unit % 247 + 1);
    } else if (fault.kind == FaultKind::kException && !outgoing.pdu.empty()) {
        outgoing.pdu = {static_cast<std::uint8_t>(outgoing.pdu[0] | 0x80U), fault.code};
    } else if (fault.kind == FaultKind::kLate) {
        outgoing.turnaround += fault.delay;
    }
}

/// Faults of the wire: they change the framed bytes.
void spoil_bytes(Bytes& bytes, const Fault& fault, Random& random) {
    switch (fault.kind) {
        case FaultKind::kBadCrc:
            bytes.back() = static_cast<std::uint8_t>(bytes.back() ^ (random() % 255 + 1));
            return;
        case FaultKind::kTruncated:
            bytes.resize(std::min<std::size_t>(bytes.size(), fault.count));
            return;
        case FaultKind::kGarbage:
            bytes = random_bytes(fault.count, random);
            return;
        case FaultKind::kNoise: {
            const Bytes before = random_bytes(fault.before, random);
            const Bytes after = random_bytes(fault.after, random);
            bytes.insert(bytes.begin(), before.begin(), before.end());
            bytes.insert(bytes.end(), after.begin(), after.end());
            return;
        }
        default:
            return;
    }
}

}  // namespace

std::string_view fault_name(FaultKind kind) {
    const auto it = std::find_if(kNames.begin(), kNames.end(),
                                 [kind](const auto& entry) { return entry.second == kind; });
    return it->first;
}

std::optional<FaultKind> fault_kind(std::string_view name) {
    const auto it =
        std::find_if(kNames.begin(), kNames.end(), [name](const auto& entry) { return entry.first == name; });
    return it == kNames.end() ? std::nullopt : std::optional(it->second);
}

const std::vector<std::string_view>& fault_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> out;
        for (const auto& entry : kNames) {
            out.push_back(entry.first);
        }
        return out;
    }();
    return names;
}

std::vector<Fault> draw_faults(const std::vector<Fault>& active, Random& random) {
    std::vector<Fault> hit;
    std::uniform_real_distribution<double> chance(0.0, 1.0);
    for (const Fault& fault : active) {
        if (fault.share >= 1.0 || chance(random) < fault.share) {
            hit.push_back(fault);
        }
    }
    return hit;
}

std::optional<Answer> wrap(Outgoing outgoing, const std::vector<Fault>& faults, Random& random) {
    for (const Fault& fault : faults) {
        if (fault.kind == FaultKind::kSilence) {
            return std::nullopt;
        }
        spoil_meaning(outgoing, fault);
    }
    Bytes bytes =
        outgoing.framing == Framing::kRtu ? rtu_frame(outgoing.unit, outgoing.pdu) : mbap_frame(outgoing);
    for (const Fault& fault : faults) {
        spoil_bytes(bytes, fault, random);
        if (bytes.empty()) {
            return std::nullopt;
        }
    }
    return Answer{.bytes = std::move(bytes), .turnaround = outgoing.turnaround};
}

}  // namespace gengfu::sim
