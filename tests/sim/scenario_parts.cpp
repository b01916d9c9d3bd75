#include "tests/sim/scenario_parts.hpp"

#include <array>
#include <string>
#include <utility>

#include "tests/sim/raw_text.hpp"

namespace gengfu::sim {
namespace {

constexpr std::array<Space, 4> kSpaces{Space::kCoil, Space::kDiscrete, Space::kInput, Space::kHolding};
/// Far below what a line can show, far above what would load the machine.
constexpr Nanoseconds kShortestTick = std::chrono::milliseconds(10);

std::int64_t raw_number(const std::vector<std::uint16_t>& words, const Motion& motion) {
    if (words.size() == 1) {
        return motion.signedness == Signedness::kSigned ? static_cast<std::int16_t>(words[0]) : words[0];
    }
    const bool high_first = motion.order == WordOrder::kHighFirst;
    const std::uint32_t high = words[high_first ? 0 : 1];
    const std::uint32_t low = words[high_first ? 1 : 0];
    const std::uint32_t raw = high << 16U | low;
    return motion.signedness == Signedness::kSigned ? static_cast<std::int32_t>(raw) : raw;
}

void read_number_format(TableReader& reader, Motion& motion) {
    const auto order = reader.choice("order", Need::kOptional, {"high-first", "low-first"});
    motion.order = order == "low-first" ? WordOrder::kLowFirst : WordOrder::kHighFirst;
    motion.signedness = reader.flag("signed").value_or(false) ? Signedness::kSigned : Signedness::kUnsigned;
}

void read_pair(TableReader& reader, Motion& motion, std::string_view low_key, std::string_view high_key) {
    const auto low = reader.words(low_key, Need::kRequired);
    const auto high = reader.words(high_key, Need::kRequired);
    if (!low || !high) {
        return;
    }
    if (low->size() != high->size() || low->size() > 2) {
        reader.error(reader.place_of(high_key), "`" + std::string(low_key) + "` and `" +
                                                    std::string(high_key) +
                                                    "` must both be one word or both two words");
        return;
    }
    motion.words = static_cast<int>(low->size());
    motion.from = raw_number(*low, motion);
    motion.to = raw_number(*high, motion);
}

void read_tick(TableReader& reader, Motion& motion, Nanoseconds usual) {
    motion.every = reader.duration("every", Need::kOptional).value_or(usual);
    if (motion.every < kShortestTick) {
        reader.error(reader.place_of("every"), "`every` must be at least 10ms");
    }
}

void read_ramp(TableReader& reader, Motion& motion) {
    read_number_format(reader, motion);
    read_pair(reader, motion, "from", "to");
    motion.lasts = reader.duration("over", Need::kRequired);
    read_tick(reader, motion, std::chrono::milliseconds(200));
}

void read_toggle(TableReader& reader, Motion& motion) {
    const auto mask = reader.words("mask", Need::kOptional);
    motion.mask = mask ? mask->front() : 1;
    motion.lasts = reader.duration("for", Need::kOptional);
    read_tick(reader, motion, std::chrono::seconds(1));
}

void read_walk(TableReader& reader, Motion& motion) {
    read_number_format(reader, motion);
    read_pair(reader, motion, "low", "high");
    if (motion.from > motion.to) {
        reader.error(reader.place_of("low"),
                     "`low` is above `high`; negative raw numbers need `signed = true`");
    }
    motion.step = reader.integer("step", Need::kOptional, 1, 0x7FFFFFFF).value_or(1);
    motion.lasts = reader.duration("for", Need::kOptional);
    read_tick(reader, motion, std::chrono::milliseconds(500));
}

void read_space(TableReader& reader, Space space, std::vector<RegisterWrite>& writes,
                Diagnostics& diagnostics) {
    const std::string name(space_name(space));
    const Node* node = reader.node(space_name(space));
    if (node == nullptr) {
        return;
    }
    const auto* table = std::get_if<Table>(&node->value);
    if (table == nullptr) {
        diagnostics.push_back(
            {node->place, "`" + name + "` must be a table such as { 0x0034 = \"0000 07FF\" }"});
        return;
    }
    const bool bits = space == Space::kCoil || space == Space::kDiscrete;
    for (const Entry& entry : *table) {
        const auto address = parse_address(entry.key);
        if (!address) {
            diagnostics.push_back({entry.place, "\"" + entry.key + "\" is no wire address such as 0x0034"});
        }
        const auto* text = std::get_if<std::string>(&entry.node.value);
        auto words = text == nullptr ? std::nullopt : bits ? parse_bits(*text) : parse_words(*text);
        if (!words) {
            diagnostics.push_back({entry.node.place, bits ? "bits are a text such as \"1 0 0 1\""
                                                          : "registers are a text such as \"0000 07FF\""});
        }
        if (address && words && *address + words->size() > 0x10000) {
            diagnostics.push_back({entry.node.place, "these registers go past address 0xFFFF"});
        } else if (address && words) {
            writes.push_back({space, *address, std::move(*words)});
        }
    }
}

}  // namespace

std::vector<RegisterWrite> read_registers(TableReader& reader, Diagnostics& diagnostics) {
    std::vector<RegisterWrite> writes;
    for (const Space space : kSpaces) {
        read_space(reader, space, writes, diagnostics);
    }
    return writes;
}

std::optional<Fault> read_fault(TableReader& reader) {
    const auto name = reader.choice("kind", Need::kRequired, fault_names());
    if (!name) {
        return std::nullopt;
    }
    Fault fault{.kind = *fault_kind(*name)};
    const auto small = [&reader](std::string_view key, Need need, std::int64_t low, std::int64_t high) {
        return static_cast<std::uint16_t>(reader.integer(key, need, low, high).value_or(low));
    };
    switch (fault.kind) {
        case FaultKind::kLate:
            fault.delay = reader.duration("delay", Need::kRequired).value_or(Nanoseconds(0));
            break;
        case FaultKind::kWrongUnit:
            fault.unit = static_cast<std::uint8_t>(small("unit", Need::kOptional, 0, 255));
            break;
        case FaultKind::kException:
            fault.code = static_cast<std::uint8_t>(small("code", Need::kRequired, 1, 255));
            break;
        case FaultKind::kNoise:
            fault.before = small("before", Need::kOptional, 0, 64);
            fault.after = small("after", Need::kOptional, 0, 64);
            if (fault.before + fault.after == 0) {
                reader.error(reader.place(), "noise needs `before` or `after`, a number of bytes");
            }
            break;
        case FaultKind::kGarbage:
            fault.count = small("bytes", Need::kRequired, 1, 256);
            break;
        case FaultKind::kTruncated:
            fault.count = small("bytes", Need::kRequired, 1, 255);
            break;
        default:
            break;
    }
    if (fault.kind != FaultKind::kUnplug) {
        fault.share = reader.fraction("share", Need::kOptional).value_or(1.0);
    }
    return fault;
}

std::optional<Motion> read_motion(TableReader& reader, Diagnostics& diagnostics) {
    using Read = void (*)(TableReader&, Motion&);
    struct Way {
        std::string_view key;
        MotionKind kind;
        Read read;
    };
    constexpr std::array<Way, 3> kWays{{{"ramp", MotionKind::kRamp, read_ramp},
                                        {"toggle", MotionKind::kToggle, read_toggle},
                                        {"walk", MotionKind::kWalk, read_walk}}};
    std::optional<Motion> motion;
    for (const Way& way : kWays) {
        const Node* node = reader.node(way.key);
        if (node == nullptr) {
            continue;
        }
        if (motion || !std::holds_alternative<Table>(node->value)) {
            reader.error(node->place, motion ? "a step has one of ramp, toggle and walk"
                                             : "`" + std::string(way.key) + "` must be a table");
            continue;
        }
        TableReader inner(*node, std::string(way.key), diagnostics);
        motion.emplace().kind = way.kind;
        motion->space = inner.space("space").value_or(Space::kHolding);
        motion->address = inner.address("address", Need::kRequired).value_or(0);
        way.read(inner, *motion);
        inner.finish();
    }
    return motion;
}

}  // namespace gengfu::sim
