#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sim/fault.hpp"
#include "tests/sim/line_timing.hpp"
#include "tests/sim/modbus_server.hpp"
#include "tests/sim/toml_tree.hpp"

/// A scenario as plain values: what devices there are, what happens when, what must come of it.
/// docs/simulator.md describes the file. All times count from the start of the play.
namespace gengfu::sim {

struct LineSpec {
    std::string name;
    std::optional<int> baud;      ///< none: learnt from the master's settings
    int bits_per_character = 11;  ///< from `format`: 8N1 10; 8N2, 8E1, 8O1 11
};

enum class TcpKind : std::uint8_t { kModbusTcp, kRtuOverTcp };

struct TcpSpec {
    std::string name;
    TcpKind kind = TcpKind::kModbusTcp;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: the kernel chooses, and the ready line tells
};

struct RegisterWrite {
    Space space = Space::kHolding;
    std::uint16_t first = 0;
    std::vector<std::uint16_t> words;
};

struct DeviceSpec {
    std::string name;
    std::string endpoint;  ///< name of its line or tcp
    std::uint8_t unit = 1;
    Nanoseconds turnaround{0};
    std::optional<int> baud;                     ///< hears only a master of this speed; none: any
    std::optional<std::uint16_t> unit_register;  ///< holding register that its unit id follows when written
    bool same_unit = false;                      ///< may have the address of another device on its line
    Abilities abilities;
    std::vector<RegisterWrite> registers;
};

enum class MotionKind : std::uint8_t { kRamp, kToggle, kWalk };
enum class WordOrder : std::uint8_t { kHighFirst, kLowFirst };
enum class Signedness : std::uint8_t { kUnsigned, kSigned };

/// Registers that move by themselves: raw numbers of one or two words.
struct Motion {
    MotionKind kind = MotionKind::kRamp;
    Space space = Space::kHolding;
    std::uint16_t address = 0;
    int words = 1;
    WordOrder order = WordOrder::kHighFirst;
    Signedness signedness = Signedness::kUnsigned;
    std::int64_t from = 0, to = 0;     ///< ramp, linear in the raw number; walk: lowest, highest
    std::int64_t step = 1;             ///< walk: farthest change at a time
    std::uint16_t mask = 1;            ///< toggle: the bits that turn over
    Nanoseconds every{0};              ///< between two changes
    std::optional<Nanoseconds> lasts;  ///< ramp: its length; others: until the end when not given
};

struct Step {
    Nanoseconds at{0};
    std::string device, note;
    std::vector<RegisterWrite> writes;
    std::optional<Motion> motion;
};

struct FaultSpec {
    std::string target;  ///< a device, or a line or tcp: all its devices
    Fault fault;
    Nanoseconds from{0};
    std::optional<Nanoseconds> to;  ///< none: to the end
    std::string note;
};

/// Something that the harness around the simulator does: the broker or the gateway is killed and started
/// again.
struct Outage {
    std::string what;  ///< "broker" or "daemon"
    Nanoseconds at{0}, lasts{0};
    std::string note;
};

/// An alarm that must come at the far end, and nothing but those.
struct Expect {
    std::string device, rule, point, severity;
    Nanoseconds raised_at{0};  ///< when its cause sets in
    Nanoseconds within{0};     ///< from then to its raise at the far end, at most
    std::optional<Nanoseconds> cleared_at, cleared_within;
    std::string rises_to;  ///< the graver severity that it goes on to; empty: none
    std::optional<Nanoseconds> rises_at, rises_within;
    std::string ack;    ///< "", "cli" or "mqtt": how the demo acknowledges it
    std::string reset;  ///< the same, for a latched alarm once it has cleared
};

struct Scenario {
    std::string name;
    std::uint64_t seed = 1;
    Nanoseconds lasts{0};  ///< from `duration`, or else the last thing that happens
    std::vector<LineSpec> lines;
    std::vector<TcpSpec> tcp;
    std::vector<DeviceSpec> devices;
    std::vector<Step> steps;
    std::vector<FaultSpec> faults;
    std::vector<Outage> outages;
    std::vector<Expect> expects;

    [[nodiscard]] const DeviceSpec* device(std::string_view wanted) const;
    [[nodiscard]] bool is_line(std::string_view endpoint) const;
    [[nodiscard]] bool is_tcp(std::string_view endpoint) const;
};

/// Reads a scenario from TOML text. Nothing when there is any mistake; all mistakes are in `diagnostics`,
/// each with its place: unknown keys and names (with the nearest right one), wrong types, numbers out of
/// range, doubles, registers that a step writes and no device has.
std::optional<Scenario> load_scenario(std::string_view text, Diagnostics& diagnostics);

}  // namespace gengfu::sim
