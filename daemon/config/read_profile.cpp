#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, Parity>, 3> kParities{
    {{"none", Parity::kNone}, {"even", Parity::kEven}, {"odd", Parity::kOdd}}};
constexpr std::int64_t kMaxReadRegisters = 125;  // Modbus Application Protocol V1.1b3, 6.3
constexpr std::int64_t kMaxReadBits = 2000;      // 6.1

void read_serial(const Node& table, Profile& profile, Report& report) {
    Reader reader(table, "profile.serial", "serial", report);
    if (const auto baud = reader.integer("baud", 300, 921'600)) {
        profile.baud = static_cast<std::uint32_t>(*baud);
    }
    profile.parity = reader.word("parity", kParities);
    if (const auto stop_bits = reader.integer("stop_bits", 1, 2)) {
        profile.stop_bits = static_cast<std::uint8_t>(*stop_bits);
    }
    if (const auto unit = reader.integer("unit", 0, 255)) {
        profile.unit = static_cast<std::uint8_t>(*unit);
    }
    profile.turnaround = reader.duration("turnaround", milliseconds(0), seconds(30));
    profile.max_registers = static_cast<std::uint16_t>(
        reader.integer("max_registers", 1, kMaxReadRegisters).value_or(kMaxReadRegisters));
    profile.max_bits =
        static_cast<std::uint16_t>(reader.integer("max_bits", 1, kMaxReadBits).value_or(kMaxReadBits));
    profile.min_gap = reader.duration("min_gap", milliseconds(0), seconds(30)).value_or(Duration::zero());
    reader.finish();
}

std::optional<PointRef> read_point_ref(Reader& reader, const std::vector<std::string>& points) {
    if (!reader.require("point")) {
        return std::nullopt;
    }
    const auto name = reader.name("point");
    if (!name) {
        return std::nullopt;
    }
    const auto found = std::find(points.begin(), points.end(), *name);
    if (found == points.end()) {
        reader.error("point", fmt::format("the profile has no point {}{}", in_quotes(*name),
                                          did_you_mean(*name, points)));
        return std::nullopt;
    }
    return static_cast<PointRef>(found - points.begin());
}

void read_protecting(const Node& table, const std::vector<std::string>& points, Profile& profile,
                     Report& report) {
    Reader reader(table, "profile.protecting", "protecting", report);
    Protecting protecting;
    const auto point = read_point_ref(reader, points);
    reader.require("in");
    protecting.in = reader.numbers("in");
    protecting.settle = reader.duration("settle", milliseconds(0), hours(24)).value_or(Duration::zero());
    reader.finish();
    if (point) {
        protecting.point = *point;
        profile.protecting = protecting;
    }
}

/// Length of a unit of time, as a point that says its data's age is given in.
std::optional<Duration> time_unit(const std::string& unit) {
    const std::array<std::pair<std::string_view, Duration>, 4> units{
        {{"ms", milliseconds(1)}, {"s", seconds(1)}, {"min", minutes(1)}, {"h", hours(1)}}};
    for (const auto& [word, length] : units) {
        if (word == unit) {
            return length;
        }
    }
    return std::nullopt;
}

void read_alive(const Node& table, const std::vector<std::string>& points, Profile& profile, Report& report) {
    Reader reader(table, "profile.alive", "alive", report);
    Alive alive;
    const auto point = read_point_ref(reader, points);
    alive.toggles_within = reader.duration("toggles_within", milliseconds(100), hours(24));
    const auto max_age = reader.duration("max_age", milliseconds(100), hours(24 * 30));
    if (reader.has("toggles_within") == reader.has("max_age")) {
        report.error(table.at, "alive: exactly one of toggles_within and max_age must be given");
    }
    if (point && max_age) {
        const std::string& unit = profile.points[*point].unit;
        if (const auto length = time_unit(unit)) {
            alive.at_most = static_cast<double>(max_age->count()) / static_cast<double>(length->count());
        } else {
            reader.error("point",
                         fmt::format("max_age needs a point whose unit is ms, s, min or h; that of {} is {}",
                                     in_quotes(points[*point]), in_quotes(unit)));
        }
    }
    reader.finish();
    if (point) {
        alive.point = *point;
        profile.alive = alive;
    }
}

/// All names first: points may refer to points below them.
std::vector<std::string> point_names(const std::vector<const Node*>& tables, Report& report) {
    Names names("point");
    std::vector<std::string> result;
    for (const Node* const table : tables) {
        const Entry* const entry = table->find("name");
        const bool is_text = entry != nullptr && entry->value.kind == Node::Kind::kString;
        result.push_back(is_text ? entry->value.text : "");
        if (is_text) {
            names.define(entry->value.text, entry->value.at, report);
        }
    }
    return result;
}

/// What a virtual point has from those that it is made of: the pace of the fastest.
void finish_virtual(ProfileDraft& draft, Report& report) {
    std::vector<PointSpec>& points = draft.profile.points;
    for (std::size_t i = 0; i < points.size(); ++i) {
        PointSpec& spec = points[i];
        for (const PointRef input : spec.inputs) {
            const PointSpec& of = points[input];
            if (of.is_virtual() || of.type == Type::kString) {
                report.error(
                    draft.points_at[i],
                    fmt::format(
                        "point {}: expression: point {} {}", in_quotes(spec.name), in_quotes(of.name),
                        of.is_virtual() ? "is worked out itself: write its formula here" : "is a string"));
            }
            if (of.interval && (!spec.interval || *of.interval < *spec.interval)) {
                spec.interval = of.interval;
            }
        }
        const bool at_pace = std::any_of(spec.inputs.begin(), spec.inputs.end(), [&](PointRef input) {
            return !points[input].interval && !points[input].read_on_connect;
        });
        if (at_pace) {
            spec.interval.reset();  // the device's
        }
    }
    if (!points.empty() && points.front().is_virtual()) {
        report.error(draft.points_at.front(), "a profile needs a point that is read");
    }
}

void read_points(Reader& reader, ProfileDraft& draft, Report& report) {
    std::vector<const Node*> tables = reader.tables("point", kMaxProfilePoints);
    // Those that are read come first: their positions are those of the requests.
    std::stable_partition(tables.begin(), tables.end(),
                          [](const Node* table) { return table->find("expression") == nullptr; });
    const std::vector<std::string> names = point_names(tables, report);
    for (const Node* const table : tables) {
        PointDraft point = read_point(*table, names, report);
        draft.profile.points.push_back(std::move(point.spec));
        draft.points_at.push_back(point.at);
        draft.roles_at.push_back(point.role_at);
    }
    finish_virtual(draft, report);
    if (tables.empty() && !reader.has("point")) {
        reader.error("point", "no [[point]]: a profile without points reads nothing");
    }
    if (const Node* const table = reader.table("protecting")) {
        read_protecting(*table, names, draft.profile, report);
    }
    if (const Node* const table = reader.table("alive")) {
        read_alive(*table, names, draft.profile, report);
    }
}

}  // namespace

ProfileDraft read_profile(const Node& root, const std::string& stem, Report& report) {
    ProfileDraft draft;
    draft.at = root.at;
    Profile& profile = draft.profile;
    Reader reader(root, "profile", "profile " + in_quotes(stem), report);
    profile.name = stem;
    if (reader.require("name")) {
        const auto name = reader.name("name");
        if (name && *name != stem) {
            reader.error("name", fmt::format("name must be that of the file, {}; found {}", in_quotes(stem),
                                             in_quotes(*name)));
        }
    }
    profile.vendor = reader.text("vendor").value_or("");
    profile.model = reader.text("model").value_or("");
    reader.require("source");
    profile.source = reader.text("source", kMaxText).value_or("");
    profile.verified = reader.boolean("verified").value_or(false);
    if (const Node* const table = reader.table("serial")) {
        read_serial(*table, profile, report);
    }
    read_points(reader, draft, report);
    read_access(reader, draft, report);
    if (const Node* const table = reader.table("rule")) {
        draft.rules = table->entries;
    }
    reader.finish();
    check_points(draft, report);
    return draft;
}

}  // namespace gengfu::config
