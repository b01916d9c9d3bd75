#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/core/ids.hpp"
#include "daemon/core/severity.hpp"
#include "daemon/core/time.hpp"

/// The loaded configuration: plain values, complete and checked. Everything to the right of `config` works
/// from a `Site` and never sees TOML. Ids index the vectors of the same Site.
namespace gengfu::config {

/// One text in the two languages that alarms carry.
struct Text {
    std::string zh;
    std::string en;
    friend bool operator==(const Text&, const Text&) = default;
};

/// Five-level grid place and what helps to find it (product contract, section 3). Empty: not stated.
struct Place {
    std::string division;        ///< county level, 6 digits, GB/T 2260
    std::string community_code;  ///< 12 digits
    std::string grid;            ///< 15-digit unit grid, GB/T 30428.1
    std::string street, community, estate, area, door, building, floor, landmark, access;
    friend bool operator==(const Place&, const Place&) = default;
};

enum class Datum : std::uint8_t { kWgs84 = 1, kCgcs2000 = 2, kGcj02 = 3 };

struct Location {
    double longitude_degrees = 0;
    double latitude_degrees = 0;
    Datum datum = Datum::kWgs84;
    friend bool operator==(const Location&, const Location&) = default;
};

/// Who answers for components.
struct Party {
    std::string id, code, name, phone_ref;
    friend bool operator==(const Party&, const Party&) = default;
};

/// What a device (or one channel of it) is mounted on, and whose it is.
struct Component {
    std::string code;                          ///< 16 digits, GB/T 30428.2; empty when not stated
    std::string authority, owner, maintainer;  ///< ids of parties; empty when not stated
    std::optional<Location> location;
    Place place;  ///< complete: the gateway's place with what differs
    friend bool operator==(const Component&, const Component&) = default;
};

struct Gateway {
    std::string id;
    std::string language = "zh";  ///< zh | en
    std::string time_zone = "Asia/Shanghai";
    Place place;
};

struct Broker {
    bool tls = false;
    std::string host;
    std::uint16_t port = 1883;
    friend bool operator==(const Broker&, const Broker&) = default;
};

enum class MqttVersion : std::uint8_t { kAuto, kV5, kV311 };
enum class Encoding : std::uint8_t { kProtobuf = 1, kJson = 2 };

struct Mqtt {
    std::vector<Broker> brokers;  ///< empty: the gateway publishes nowhere, and `check` warns
    std::string root = "gengfu/v1";
    MqttVersion version = MqttVersion::kAuto;
    Encoding encoding = Encoding::kProtobuf;
    Duration linger = std::chrono::seconds(2);
    Duration heartbeat = std::chrono::seconds(30);
    std::uint32_t max_rate = 0;  ///< messages a second; 0: as the broker takes them
    std::vector<std::string> confirm{"broker"};
    std::string ca, certificate, key;  ///< file paths; `credential:NAME` already resolved
    std::string username, password;    ///< password already read from its credential or file
};

struct Store {
    std::string path = "/var/lib/gengfu";
    Duration history = std::chrono::hours(30 * 24);
    std::uint64_t size_limit_bytes = 2ULL << 30U;
    Duration flush = std::chrono::seconds(10);
};

/// Where figures and health are shown over HTTP.
struct Console {
    bool enabled = true;
    std::string address = "127.0.0.1";  ///< of this machine, a number
    std::uint16_t port = 8480;
};

// ---------------------------------------------------------------------------------------------- buses

enum class BusKind : std::uint8_t { kModbusRtu, kModbusTcp, kModbusRtuOverTcp, kReplay };
enum class Parity : std::uint8_t { kNone, kEven, kOdd };

struct Serial {
    std::string port;
    std::uint32_t baud = 9600;
    Parity parity = Parity::kNone;
    std::uint8_t stop_bits = 1;
    /// Kernel-driven RS-485 direction (TIOCSRS485); off for adapters that switch by themselves.
    bool rs485 = false;
    bool rts_on_send = true;
    Duration rts_before{}, rts_after{};
    friend bool operator==(const Serial&, const Serial&) = default;
};

struct Bus {
    std::string name;
    BusKind kind = BusKind::kModbusRtu;
    Serial serial;                 ///< kModbusRtu
    std::string host;              ///< kModbusTcp, kModbusRtuOverTcp
    std::uint16_t tcp_port = 502;  ///< kModbusTcp, kModbusRtuOverTcp
    std::string transcript;        ///< kReplay: file
    Duration timeout =
        std::chrono::milliseconds(500);  ///< longest turnaround of a unit unless its profile says other
    friend bool operator==(const Bus&, const Bus&) = default;
};

struct Feed {
    std::string name;
};

// ---------------------------------------------------------------------------------------------- profiles

enum class Space : std::uint8_t { kCoil, kDiscrete, kInput, kHolding };

struct Register {
    Space space = Space::kHolding;
    std::uint16_t address = 0;  ///< on the wire, 0-based
    friend auto operator<=>(const Register&, const Register&) = default;
};

enum class Type : std::uint8_t {
    kBool,
    kBit,
    kBits,
    kU8,
    kI8,
    kU16,
    kI16,
    kU32,
    kI32,
    kU64,
    kI64,
    kF32,
    kF64,
    kBcd16,
    kBcd32,
    kString
};

/// How 16-bit words and their bytes are arranged: ABCD {high word first, high byte first}, CDAB {low word
/// first, high byte first}, BADC {high word first, low byte first}, DCBA {low word first, low byte first};
/// 64-bit alike.
struct Order {
    bool low_word_first = false;
    bool low_byte_first = false;
    friend bool operator==(const Order&, const Order&) = default;
};

/// Position of a point within its profile's `points`.
using PointRef = std::uint16_t;

struct UnitFrom {
    PointRef point = 0;
    std::map<std::int64_t, std::string> map;
    std::string otherwise;  ///< when the value is not in the map: "bad" (the sample is), or a unit
};

/// A condition on another point of the device: `good_when`.
struct GoodWhen {
    PointRef point = 0;
    std::vector<double> equals;        ///< good while the other point has one of these, when not empty
    std::optional<double> at_least;    ///< good while the other point is not below
    std::optional<double> at_most;     ///< good while the other point is not above
    bool otherwise_uncertain = false;  ///< else bad
};

struct Range {
    double low = 0;
    double high = 0;
};

struct PointSpec {
    std::string name;
    std::string role;  ///< empty: none
    std::string unit;
    Register reg;
    Type type = Type::kU16;
    std::uint8_t bit_low = 0, bit_high = 0;  ///< kBit (low == high), kBits
    std::uint8_t length = 0;                 ///< kString: bytes
    Order order;
    double scale = 1;
    double offset = 0;
    std::optional<PointRef> decimals_from;
    std::optional<UnitFrom> unit_from;
    std::vector<std::uint64_t> invalid;  ///< raw values, in the width of `type`, that mean "no value"
    bool invert = false;                 ///< kBool, kBit
    std::map<std::int64_t, std::string> enumeration;
    std::optional<Range> range;
    double noise = 0;  ///< one sigma, in the point's unit; 0: not stated
    std::optional<double> zero_below;
    double deadband = 0;
    std::optional<Duration> max_interval;
    std::optional<Duration> aggregate;  ///< window whose minimum, mean and maximum are reported in its place
    std::optional<Duration> interval;   ///< of this point; else the device's
    bool read_on_connect = false;       ///< once a connection
    std::string same_read;              ///< name of a group that must come from one request; empty: none
    std::vector<GoodWhen> good_when;
    /// A virtual point is worked out from others instead of being read (daemon/config/expression.hpp); empty:
    /// it is read. Virtual points stand behind all others. `reg` and `type` then mean nothing.
    std::string expression;
    std::vector<PointRef> inputs;  ///< of the expression, ascending

    bool is_virtual() const { return !expression.empty(); }
};

/// States in which the sensor does not protect (warm-up, calibration, ...).
struct Protecting {
    PointRef point = 0;
    std::vector<double> in;
    Duration settle{};  ///< after coming back into `in`
};

/// How the device says that it, or its data, is alive.
struct Alive {
    PointRef point = 0;
    std::optional<Duration> toggles_within;  ///< a heartbeat that must change within this time
    std::optional<double> at_most;           ///< a point that says how old the data is, in its unit
};

struct Forbidden {
    Space space = Space::kHolding;
    std::uint16_t first = 0, last = 0;
};

/// What one register may be written with; nothing else is ever written.
struct Writable {
    Register reg;
    std::int64_t low = 0, high = 0;
    std::uint8_t function = 6;  ///< 5, 6, 15 or 16
};

/// What is written to the unit at each connect, before it is read.
struct SetupWrite {
    Register reg;
    std::uint16_t value = 0;
    std::uint8_t function = 6;  ///< 5, 6, 15 or 16
};

struct Profile {
    std::string name, vendor, model, source;
    bool verified = false;
    std::optional<std::uint32_t> baud;  ///< what it ships with: hints
    std::optional<Parity> parity;
    std::optional<std::uint8_t> stop_bits;
    std::optional<std::uint8_t> unit;    ///< id it ships with
    std::optional<Duration> turnaround;  ///< longest time to the first byte of an answer
    std::uint16_t max_registers = 125;   ///< a request, registers
    std::uint16_t max_bits = 2000;       ///< a request, coils and discrete inputs
    Duration min_gap{};                  ///< silence the device wants before it is asked again
    bool even_start = false;             ///< `align`: requests start at even addresses
    bool even_count = false;             ///< `align`: and have an even count
    std::vector<PointSpec> points;
    std::optional<Protecting> protecting;
    std::optional<Alive> alive;
    std::vector<Forbidden> forbid;
    std::vector<Writable> writable;
    std::vector<SetupWrite> setup;  ///< in this order

    /// Points that are read: the first so many.
    std::size_t read_count() const {
        std::size_t count = 0;
        while (count < points.size() && !points[count].is_virtual()) {
            ++count;
        }
        return count;
    }
};

// ---------------------------------------------------------------------------------------------- rules

enum class RuleKind : std::uint8_t {
    kAbove,
    kBelow,
    kOutside,
    kEquals,
    kBit,
    kRate,
    kSilent,
    kStuck,
    kJump,
    kMoved,
    kOccupied,
    kGrowth,
    kAll,
    kAny,
    kCount,
    kAnomaly
};

/// Kinds that judge other rules, not a point.
constexpr bool is_group(RuleKind kind) {
    return kind == RuleKind::kAll || kind == RuleKind::kAny || kind == RuleKind::kCount;
}

struct Level {
    double limit = 0;
    Severity severity = Severity::kMinor;
    double times =
        0;  ///< with Rule::limit_point: the limit is so many times its value, `limit` means nothing
};

/// Minutes of a week, from Monday 00:00 in the gateway's time zone; `to` is not in it.
struct WeekSpan {
    std::uint16_t from = 0, to = 0;
    friend bool operator==(const WeekSpan&, const WeekSpan&) = default;
};

/// What a group asks of one rule of its list, or of all that have its name at the device (one a point).
struct Member {
    std::vector<RuleId> rules;  ///< any of them
    bool negated = false;
};

/// What a rule's alarm writes while it is active. The profile of `device` has a [[write]] for both values.
struct Action {
    DeviceId device;  ///< need not be the rule's
    Register reg;     ///< a coil or a holding register
    std::int64_t on = 1, off = 0;
    Duration lasts{};  ///< at most; then `off` is written although the alarm stands
};

struct RuleText {
    Text title, text, advice, hazard;
    std::string why;  ///< the installer's reason for a setting that differs
};

struct Rule {
    std::string name;
    RuleKind kind = RuleKind::kAbove;
    DeviceId device;
    /// The point judged; none for a `silent` that watches the whole device, for groups, and where `points`
    /// are.
    std::optional<PointId> point;
    std::vector<PointId> points;  ///< kAnomaly: 2 to 16 points of the device judged together
    Severity severity = Severity::kMinor;
    /// kAbove, kBelow, kRate, kJump, kMoved (degrees), kOccupied (seconds), kGrowth (times): mildest first,
    /// at least one (a plain `limit` is one level with `severity`).
    std::vector<Level> levels;
    double low = 0, high = 0;    ///< kOutside
    std::vector<double> values;  ///< kEquals
    bool active = true;          ///< kBit: the state that is the alarm
    Duration per{};              ///< kRate: `limit` is a change in the point's unit in this time
    Duration window{};           ///< kRate: over which the change is measured
    Duration silent_for{};       ///< kSilent, kStuck
    bool answering = false;      ///< kSilent of a point: only while its device answers, once it had a value
    /// kMoved, kOccupied with axes: their x, y and z; `point` is the last of them in the device's order.
    std::vector<PointId> axes;
    std::optional<PointId> temperature;  ///< kOccupied with axes: what the field drifts with
    double enter = 0, leave = 0;         ///< kOccupied: in the point's unit; with axes the least that counts
    double floor = 0;                    ///< kGrowth: a median below it is no growth
    std::optional<PointId> limit_point;  ///< kAbove, kBelow: Level::times of its value
    std::vector<Member> members;         ///< groups
    std::size_t at_least = 0;            ///< kCount
    Duration within{};                   ///< groups: how far apart their members may come
    std::vector<WeekSpan> schedule;      ///< when it may raise; empty: always
    Duration promise{};                  ///< from a change at the sensor to the alarm, at most; 0: none
    bool alarm = true;                   ///< false: only a condition for groups
    int sensitivity = 5;                 ///< kAnomaly: 1 to 10
    Duration every{};                    ///< kAnomaly: one value in this time is judged
    Duration warm_up{};                  ///< kAnomaly: learnt so long before anything is told
    double deadband = 0;                 ///< in the point's unit, towards clear
    Duration on_delay{}, off_delay{};
    bool latch = false;
    bool safety = true;                     ///< its points go first when time on the bus is short
    std::shared_ptr<const RuleText> texts;  ///< never null
    std::optional<Action> action;
};

// ---------------------------------------------------------------------------------------------- devices

/// One of several components that a device serves.
struct Channel {
    std::string name;
    std::vector<PointId> points;
    Component component;
};

struct Device {
    std::string name;
    BusId bus;
    std::uint8_t unit = 1;
    std::uint16_t profile = 0;  ///< index into Site::profiles
    std::string device_class;   ///< empty: none
    Duration interval = std::chrono::seconds(1);
    std::optional<Duration> turnaround;  ///< of this one; else what its profile states
    std::string feed;                    ///< empty: not stated
    Component component;
    std::map<std::string, std::string> parameters;
    std::vector<Channel> channels;
    PointId first_point;  ///< the device's points are first_point … + profile.points.size()
};

/// A point of a device: `device` and the profile's definition.
struct Point {
    DeviceId device;
    PointRef spec = 0;
    std::int32_t channel = -1;  ///< index into the device's channels, -1: the device itself
};

struct Site {
    Gateway gateway;
    Mqtt mqtt;
    Store store;
    Console console;
    std::vector<Bus> buses;
    std::vector<Feed> feeds;
    std::vector<Party> parties;
    std::vector<Profile> profiles;  ///< only those in use
    std::vector<Device> devices;
    std::vector<Point> points;
    std::vector<Rule> rules;  ///< enabled ones
    /// Where [[bus]] and [[device]] stand, by BusId and DeviceId; shorter where that is not known.
    std::vector<Position> bus_at, device_at;

    const Device& device(DeviceId id) const { return devices[id.value]; }
    const Bus& bus(BusId id) const { return buses[id.value]; }
    const Point& point(PointId id) const { return points[id.value]; }
    Position at(BusId id) const { return id.value < bus_at.size() ? bus_at[id.value] : Position{}; }
    Position at(DeviceId id) const { return id.value < device_at.size() ? device_at[id.value] : Position{}; }
    const Profile& profile(const Device& of) const { return profiles[of.profile]; }
    /// The longest time to the first byte of an answer, where the device or its profile states it.
    std::optional<Duration> turnaround(const Device& of) const {
        return of.turnaround ? of.turnaround : profile(of).turnaround;
    }
    const PointSpec& spec(PointId id) const {
        const Point& p = point(id);
        return profile(device(p.device)).points[p.spec];
    }
    /// What a point is mounted on: its channel's component, else its device's.
    const Component& component(PointId id) const {
        const Point& p = point(id);
        const Device& d = device(p.device);
        return p.channel < 0 ? d.component : d.channels[static_cast<std::size_t>(p.channel)].component;
    }
    const Party* party(const std::string& id) const {
        for (const Party& p : parties) {
            if (p.id == id) {
                return &p;
            }
        }
        return nullptr;
    }
    /// "manhole-017/gravity_z": how logs, the command and messages name a point.
    std::string point_name(PointId id) const { return device(point(id).device).name + "/" + spec(id).name; }
};

}  // namespace gengfu::config
