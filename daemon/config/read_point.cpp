#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

#include "daemon/config/expression.hpp"
#include "daemon/config/roles.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"
#include "daemon/core/units.hpp"

namespace gengfu::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr double kAny = std::numeric_limits<double>::max();

bool is_flag(Type type) {
    return type == Type::kBool || type == Type::kBit;
}
bool is_numeric(Type type) {
    return !is_flag(type) && type != Type::kString;
}
bool is_float(Type type) {
    return type == Type::kF32 || type == Type::kF64;
}

/// Bits of the raw value that `invalid` is compared with.
unsigned raw_bits(const PointSpec& spec) {
    switch (spec.type) {
        case Type::kBool:
        case Type::kBit:
            return 1;
        case Type::kBits:
            return spec.bit_high - spec.bit_low + 1U;
        case Type::kU8:
        case Type::kI8:
            return 8;
        default:
            return 16U * register_count(spec.type, spec.length);
    }
}

/// A point that is worked out from others.
void read_expression(Reader& reader, PointSpec& spec, const std::vector<std::string>& points) {
    spec.type = Type::kF64;
    const std::string text = reader.text("expression", kMaxExpression).value_or("");
    const Result<Expression> parsed = Expression::parse(text, points);
    if (!parsed) {
        reader.error("expression", "expression: " + parsed.error().what);
        return;
    }
    spec.expression = text;
    for (const std::size_t input : parsed->inputs()) {
        if (points[input] == spec.name) {
            reader.error("expression", "expression must be made of other points, not of this one");
        }
        spec.inputs.push_back(static_cast<PointRef>(input));
    }
    for (const std::string_view key :
         {"register", "type", "order", "scale", "offset", "decimals_from", "unit_from", "invalid", "invert",
          "interval", "read", "same_read", "good_when"}) {
        if (reader.has(key)) {
            reader.error(key,
                         fmt::format("{} means nothing beside expression: its points have their own", key));
        }
    }
}

void read_register(Reader& reader, PointSpec& spec) {
    if (!reader.has("expression")) {
        reader.require("register");
    }
    const auto reg = reader.parsed("register", parse_register);
    spec.reg = reg.value_or(Register{});
    const bool bit_space = spec.reg.space == Space::kCoil || spec.reg.space == Space::kDiscrete;
    TypeSpec type{.type = bit_space ? Type::kBool : Type::kU16};
    if (const auto stated = reader.parsed("type", parse_type)) {
        type = *stated;
    }
    spec.type = type.type;
    spec.bit_low = type.bit_low;
    spec.bit_high = type.bit_high;
    spec.length = type.length;
    if (bit_space && spec.type != Type::kBool) {
        reader.wrong("type", "\"bool\" for a coil or discrete input");
    }
    const std::uint16_t width = register_count(spec.type, spec.length);
    constexpr std::uint32_t kRegisters = 65536;
    if (reg && spec.reg.address + std::uint32_t{width} > kRegisters) {
        reader.error("register",
                     fmt::format("{} registers from {} go beyond the last, 65535", width, to_text(*reg)));
    }
    const auto order =
        reader.parsed("order", [width](std::string_view text) { return parse_order(text, width); });
    spec.order = order.value_or(Order{});
}

/// Another point by name; never the point itself.
std::optional<PointRef> refer(Reader& reader, std::string_view key, const std::string& name,
                              const PointSpec& self, const std::vector<std::string>& points) {
    const auto found = std::find(points.begin(), points.end(), name);
    if (found == points.end()) {
        reader.error(key, fmt::format("{}: the profile has no point {}{}", key, in_quotes(name),
                                      did_you_mean(name, points)));
        return std::nullopt;
    }
    if (name == self.name) {
        reader.error(key, fmt::format("{} must be another point, not this one", key));
        return std::nullopt;
    }
    return static_cast<PointRef>(found - points.begin());
}

std::optional<PointRef> read_reference(Reader& reader, std::string_view key, const PointSpec& self,
                                       const std::vector<std::string>& points) {
    const auto name = reader.name(key);
    return name ? refer(reader, key, *name, self, points) : std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) {
        return std::nullopt;
    }
    return number;
}

/// `{ 0 = "warm-up", 1 = "monitoring" }`: TOML's keys are strings, ours are whole numbers.
std::map<std::int64_t, std::string> read_words(Reader& reader, std::string_view key) {
    std::map<std::int64_t, std::string> words;
    const Node* const table = reader.table(key);
    if (table == nullptr) {
        return words;
    }
    if (table->entries.empty() || table->entries.size() > kMaxListItems) {
        reader.error(key, fmt::format("{} must have 1 to {} entries", key, kMaxListItems));
    }
    for (const Entry& entry : table->entries) {
        const auto number = parse_integer(entry.key);
        if (!number || entry.value.kind != Node::Kind::kString || entry.value.text.size() > kMaxName) {
            reader.report().error(
                entry.at, fmt::format("{}: {} must be made of NUMBER = \"word\"; found {} = {}",
                                      reader.subject(), key, in_quotes(entry.key), describe(entry.value)));
        } else {
            words[*number] = entry.value.text;
        }
    }
    return words;
}

void read_unit_from(Reader& point, PointSpec& spec, const std::vector<std::string>& points, Report& report) {
    const Node* const table = point.table("unit_from");
    if (table == nullptr) {
        return;
    }
    Reader reader(*table, "profile.point.unit_from", point.subject() + ": unit_from", report);
    UnitFrom unit_from;
    reader.require("point");
    const auto reference = read_reference(reader, "point", spec, points);
    reader.require("map");
    unit_from.map = read_words(reader, "map");
    reader.require("otherwise");
    unit_from.otherwise = reader.text("otherwise", kMaxName).value_or("bad");
    std::vector<std::pair<std::string, At>> units;
    for (const auto& [number, unit] : unit_from.map) {
        units.emplace_back(unit, reader.at("map"));
    }
    if (unit_from.otherwise != "bad") {
        units.emplace_back(unit_from.otherwise, reader.at("otherwise"));
    }
    for (const auto& [unit, at] : units) {
        if (!unit_factor(unit, spec.unit)) {
            report.error(at, fmt::format("{}: {} cannot be converted to the point's unit {}",
                                         reader.subject(), in_quotes(unit), in_quotes(spec.unit)));
        }
    }
    reader.finish();
    if (reference) {
        unit_from.point = *reference;
        spec.unit_from = unit_from;
    }
}

void read_scaling(Reader& reader, PointSpec& spec, const std::vector<std::string>& points, Report& report) {
    spec.scale = reader.number("scale", -kAny, kAny).value_or(1);
    if (spec.scale == 0) {
        reader.error("scale", "scale must not be 0: every reading would be the same");
    }
    spec.offset = reader.number("offset", -kAny, kAny).value_or(0);
    spec.decimals_from = read_reference(reader, "decimals_from", spec, points);
    read_unit_from(reader, spec, points, report);
    spec.noise = reader.number("noise", 0, kAny).value_or(0);
    spec.zero_below = reader.number("zero_below", 0, kAny);
    spec.deadband = reader.number("deadband", 0, kAny).value_or(spec.noise);
    const std::vector<double> range = reader.numbers("range");
    if (reader.has("range") && (range.size() != 2 || range[0] >= range[1])) {
        reader.error("range", "range must be [LOWEST, HIGHEST], the first below the second");
    } else if (range.size() == 2) {
        spec.range = Range{range[0], range[1]};
    }
}

void read_invalid(Reader& reader, PointSpec& spec) {
    const Node* const list = reader.list("invalid");
    const unsigned bits = raw_bits(spec);
    const bool wide = bits >= 64;
    const std::int64_t high = wide ? std::numeric_limits<std::int64_t>::max() : (std::int64_t{1} << bits) - 1;
    const std::int64_t low =
        wide ? std::numeric_limits<std::int64_t>::min() : -(std::int64_t{1} << (bits - 1));
    for (const Node& item : list == nullptr ? std::vector<Node>{} : list->items) {
        if (item.kind != Node::Kind::kInteger || item.integer < low || item.integer > high) {
            reader.report().error(
                item.at, fmt::format("{}: invalid must list raw values of {} bits, {} to {}; found {}",
                                     reader.subject(), bits, low, high, describe(item)));
            continue;
        }
        const std::uint64_t mask = wide ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
        spec.invalid.push_back(static_cast<std::uint64_t>(item.integer) & mask);
    }
}

void read_aggregate(Reader& reader, PointSpec& spec) {
    spec.aggregate = reader.duration("aggregate", std::chrono::seconds(1), hours(24));
    if (!spec.aggregate) {
        return;
    }
    if (!is_numeric(spec.type) || !spec.enumeration.empty()) {
        reader.error("aggregate", "aggregate is for measured numbers: of a state or a text there is no mean");
    }
    for (const std::string_view key : {"max_interval", "deadband"}) {
        if (reader.has(key)) {
            reader.error(key,
                         fmt::format("{} means nothing beside aggregate, which reports once a window", key));
        }
    }
    if (spec.read_on_connect) {
        reader.error("aggregate", R"(aggregate means nothing beside read = "connect")");
    }
}

void read_polling(Reader& reader, PointSpec& spec) {
    constexpr std::array<std::pair<std::string_view, bool>, 1> kRead{{{"connect", true}}};
    spec.max_interval = reader.duration("max_interval", milliseconds(100), hours(24));
    spec.interval = reader.duration("interval", milliseconds(10), hours(24));
    spec.read_on_connect = reader.word("read", kRead).value_or(false);
    if (spec.read_on_connect && spec.interval) {
        reader.error("interval", R"(interval means nothing beside read = "connect")");
    }
    spec.same_read = reader.name("same_read").value_or("");
}

void read_good_when(Reader& point, PointSpec& spec, const std::vector<std::string>& points, Report& report) {
    constexpr std::array<std::pair<std::string_view, bool>, 2> kOtherwise{
        {{"bad", false}, {"uncertain", true}}};
    for (const Node* const table : point.tables("good_when", kMaxListItems)) {
        Reader reader(*table, "profile.point.good_when", point.subject() + ": good_when", report);
        GoodWhen condition;
        reader.require("point");
        const auto reference = read_reference(reader, "point", spec, points);
        condition.equals = reader.numbers("equals");
        const std::vector<double> in = reader.numbers("in");
        condition.equals.insert(condition.equals.end(), in.begin(), in.end());
        condition.at_least = reader.number("at_least", -kAny, kAny);
        condition.at_most = reader.number("at_most", -kAny, kAny);
        condition.otherwise_uncertain = reader.word("otherwise", kOtherwise).value_or(false);
        if (!reader.has("equals") && !reader.has("in") && !reader.has("at_least") && !reader.has("at_most")) {
            report.error(table->at, reader.subject() + ": equals, in, at_least or at_most must be given");
        }
        reader.finish();
        if (reference) {
            condition.point = *reference;
            spec.good_when.push_back(condition);
        }
    }
}

/// Keys that mean nothing for the type are mistakes: the author meant another type.
void check_type_keys(Reader& reader, const PointSpec& spec) {
    const auto refuse = [&reader](std::string_view key, std::string_view why) {
        if (reader.has(key)) {
            reader.error(key, fmt::format("{} means nothing for {}", key, why));
        }
    };
    if (!is_numeric(spec.type)) {
        for (const std::string_view key :
             {"scale", "offset", "decimals_from", "unit_from", "noise", "zero_below", "deadband", "range"}) {
            refuse(key, spec.type == Type::kString ? "a string" : "a bit");
        }
    }
    if (!is_flag(spec.type)) {
        refuse("invert", "anything but bool and bit:N");
    }
    if (is_float(spec.type) || spec.type == Type::kString) {
        refuse("enum", "a float or string");
    }
    if (spec.type == Type::kString) {
        refuse("invalid", "a string");
    }
    if (spec.reg.space == Space::kCoil || spec.reg.space == Space::kDiscrete) {
        refuse("order", "a coil or discrete input");
    }
}

/// A class finds its points by role and judges numbers: a limit of 300 mA is none at a point in A.
void check_role_unit(Reader& reader, const PointSpec& spec) {
    const std::optional<std::string_view> unit = unit_of_role(spec.role);
    const bool is_unreadable = reader.has("unit") && spec.unit.empty();  // has been told
    if (!unit || *unit == spec.unit || is_unreadable) {
        return;
    }
    if (unit->empty()) {
        reader.error("unit",
                     fmt::format("role {} is a state and has no unit; found {}: leave unit out, or give the "
                                 "point another role",
                                 in_quotes(spec.role), in_quotes(spec.unit)));
        return;
    }
    const std::optional<double> factor = unit_factor(spec.unit, *unit);
    const std::string how = spec.unit.empty() ? "with a scale where the device counts in another"
                            : factor
                                ? fmt::format("and scale the value by {} more", *factor)
                                : "and convert the value by scale and offset, or give the point another role";
    reader.error(reader.has("unit") ? "unit" : "role",
                 fmt::format("role {} is in {} in every profile, since the limits of classes are; {}: write "
                             "unit = {}, {}",
                             in_quotes(spec.role), in_quotes(*unit),
                             reader.has("unit") ? "found " + in_quotes(spec.unit) : "there is no unit",
                             in_quotes(*unit), how));
}

}  // namespace

PointDraft read_point(const Node& table, const std::vector<std::string>& points, Report& report) {
    PointDraft draft;
    draft.at = table.at;
    PointSpec& spec = draft.spec;
    Reader reader(table, "profile.point", "point", report);
    if (reader.require("name")) {
        spec.name = reader.name("name").value_or("");
        reader.set_subject(spec.name.empty() ? "point" : "point " + in_quotes(spec.name));
    }
    spec.role = reader.parsed("role", parse_role).value_or("");
    draft.role_at = reader.at("role");
    spec.unit = reader.text("unit", kMaxName).value_or("");
    check_role_unit(reader, spec);
    read_register(reader, spec);
    read_scaling(reader, spec, points, report);
    read_invalid(reader, spec);
    spec.invert = reader.boolean("invert").value_or(false);
    spec.enumeration = read_words(reader, "enum");
    read_polling(reader, spec);
    read_good_when(reader, spec, points, report);
    if (reader.has("expression")) {
        read_expression(reader, spec, points);
    } else {
        reader.any("expression");
        check_type_keys(reader, spec);
    }
    read_aggregate(reader, spec);
    reader.finish();
    return draft;
}

}  // namespace gengfu::config
