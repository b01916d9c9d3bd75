#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/config/sections.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

constexpr std::int64_t kMaxRegister = 65535;

/// The key that says what the answer must be.
void read_condition(Reader& reader, Probe& probe) {
    if (reader.boolean("equals_unit").value_or(false)) {
        probe.kind = Probe::Kind::kEqualsUnit;
    }
    if (const Node* const equals = reader.any("equals"); equals != nullptr) {
        if (equals->kind == Node::Kind::kInteger) {
            probe.kind = Probe::Kind::kEquals;
            probe.equals = equals->integer;
        } else if (equals->kind == Node::Kind::kString) {
            probe.kind = Probe::Kind::kEqualsText;
            probe.text = equals->text;
        } else {
            reader.wrong("equals", "a whole number or a string");
        }
    }
    for (const auto& [key, kind] : {std::pair{"in", Probe::Kind::kIn}, {"range", Probe::Kind::kRange}}) {
        std::vector<double> numbers = reader.numbers(key);
        if (reader.has(key)) {
            probe.kind = kind;
            probe.values = std::move(numbers);
        }
    }
    if (reader.has("range") && probe.values.size() != 2) {
        reader.error("range", "range must be [LOWEST, HIGHEST]");
    }
}

/// \pre read_forbid()
void refuse_forbidden(Reader& reader, std::string_view key, const Profile& profile, Register reg,
                      unsigned count = 1) {
    if (const std::string mistake = forbidden_mistake(profile, reg, count); !mistake.empty()) {
        reader.error(key, mistake);
    }
}

Probe read_identify(const Node& table, const Profile& profile, Report& report) {
    Reader reader(table, "profile.identify", "identify", report);
    Probe probe;
    if (reader.require("read")) {
        probe.reg = reader.parsed("read", parse_register).value_or(Register{});
    }
    probe.type = reader.parsed("type", parse_type).value_or(TypeSpec{});
    refuse_forbidden(reader, "read", profile, probe.reg, register_count(probe.type.type, probe.type.length));
    read_condition(reader, probe);
    const auto given = [&reader](std::string_view key) { return reader.has(key) ? 1 : 0; };
    if (given("equals") + given("equals_unit") + given("in") + given("range") != 1) {
        report.error(table.at, "identify: exactly one of equals, equals_unit, in and range must be given");
    }
    reader.finish();
    return probe;
}

std::vector<RegisterValue> read_provision_writes(Reader& provision, std::string_view key,
                                                 const Profile& profile, Report& report) {
    std::vector<RegisterValue> writes;
    for (const Node* const table : provision.tables(key, kMaxListItems)) {
        Reader reader(*table, "profile.provision." + std::string(key), "provision." + std::string(key),
                      report);
        RegisterValue write;
        if (reader.require("register")) {
            write.reg = reader.parsed("register", parse_register).value_or(Register{});
            refuse_forbidden(reader, "register", profile, write.reg);
        }
        if (reader.require("value")) {
            write.value = static_cast<std::uint16_t>(reader.integer("value", 0, kMaxRegister).value_or(0));
        }
        reader.finish();
        writes.push_back(write);
    }
    return writes;
}

Provision read_provision(const Node& table, const Profile& profile, Report& report) {
    Reader reader(table, "profile.provision", "provision", report);
    Provision provision;
    if (reader.require("register")) {
        provision.reg = reader.parsed("register", parse_register).value_or(Register{});
        refuse_forbidden(reader, "register", profile, provision.reg);
    }
    const auto function = reader.integer("function", 6, 16);
    if (function && *function != 6 && *function != 16) {
        reader.wrong("function", "6 or 16");
    }
    provision.function = static_cast<std::uint8_t>(function.value_or(6));
    provision.before = read_provision_writes(reader, "before", profile, report);
    provision.after = read_provision_writes(reader, "after", profile, report);
    reader.finish();
    return provision;
}

std::uint8_t read_function(Reader& reader, Space space) {
    const bool coil = space == Space::kCoil;
    const std::int64_t fallback = coil ? 5 : 6;
    const std::int64_t function = reader.integer("function", 5, 16).value_or(fallback);
    if (coil ? function != 5 && function != 15 : function != 6 && function != 16) {
        reader.wrong("function", coil ? "5 or 15 for a coil" : "6 or 16 for a register");
    }
    return static_cast<std::uint8_t>(function);
}

std::optional<Writable> read_writable(const Node& table, Report& report) {
    Reader reader(table, "profile.write", "write", report);
    Writable writable;
    reader.require("register");
    const auto reg = reader.parsed("register", parse_register);
    writable.reg = reg.value_or(Register{});
    if (reg && (reg->space == Space::kInput || reg->space == Space::kDiscrete)) {
        reader.wrong("register", "a coil or holding register: others cannot be written");
    }
    writable.function = read_function(reader, writable.reg.space);
    reader.require("range");
    const std::vector<double> range = reader.numbers("range");
    const double highest = writable.reg.space == Space::kCoil ? 1.0 : static_cast<double>(kMaxRegister);
    const bool whole = std::all_of(range.begin(), range.end(), [highest](double each) {
        return each >= 0 && each <= highest && each == static_cast<double>(static_cast<std::int64_t>(each));
    });
    if (reader.has("range") && (range.size() != 2 || !whole || range[0] > range[1])) {
        reader.error("range",
                     fmt::format("range must be [LOWEST, HIGHEST], whole numbers from 0 to {:.0f}", highest));
    } else if (range.size() == 2) {
        writable.low = static_cast<std::int64_t>(range[0]);
        writable.high = static_cast<std::int64_t>(range[1]);
    }
    reader.finish();
    return reg ? std::optional(writable) : std::nullopt;
}

std::optional<SetupWrite> read_setup(const Node& table, Report& report) {
    Reader reader(table, "profile.setup", "setup", report);
    SetupWrite write;
    reader.require("register");
    const auto reg = reader.parsed("register", parse_register);
    write.reg = reg.value_or(Register{});
    if (reg && (reg->space == Space::kInput || reg->space == Space::kDiscrete)) {
        reader.wrong("register", "a coil or holding register: others cannot be written");
    }
    write.function = read_function(reader, write.reg.space);
    reader.require("value");
    const std::int64_t highest = write.reg.space == Space::kCoil ? 1 : kMaxRegister;
    write.value = static_cast<std::uint16_t>(reader.integer("value", 0, highest).value_or(0));
    reader.finish();
    return reg ? std::optional(write) : std::nullopt;
}

void read_align(Reader& reader, Profile& profile) {
    const Node* const list = reader.list("align", 2);
    for (const Node& item : list == nullptr ? std::vector<Node>{} : list->items) {
        const bool start = item.kind == Node::Kind::kString && item.text == "start";
        const bool count = item.kind == Node::Kind::kString && item.text == "count";
        profile.even_start = profile.even_start || start;
        profile.even_count = profile.even_count || count;
        if (!start && !count) {
            reader.report().error(
                item.at, fmt::format("{}: align must list \"start\" or \"count\" (what of a request must "
                                     "be even); found {}",
                                     reader.subject(), describe(item)));
        }
    }
}

void read_forbid(Reader& reader, Profile& profile) {
    const Node* const list = reader.list("forbid");
    for (const Node& item : list == nullptr ? std::vector<Node>{} : list->items) {
        const auto range = parse_register_range(item.kind == Node::Kind::kString ? item.text : "");
        if (range) {
            profile.forbid.push_back(*range);
        } else {
            reader.report().error(item.at, fmt::format("{}: forbid must list {}; found {}", reader.subject(),
                                                       range.error().what, describe(item)));
        }
    }
}

}  // namespace

void read_access(Reader& reader, ProfileDraft& draft, Report& report) {
    Profile& profile = draft.profile;
    read_align(reader, profile);
    read_forbid(reader, profile);
    for (const Node* const table : reader.tables("identify", kMaxListItems)) {
        draft.identify.push_back(read_identify(*table, profile, report));
    }
    if (const Node* const table = reader.table("provision")) {
        draft.provision = read_provision(*table, profile, report);
    }
    for (const Node* const table : reader.tables("write", kMaxListItems)) {
        if (const auto writable = read_writable(*table, report)) {
            profile.writable.push_back(*writable);
            draft.writable_at.push_back(table->at);
        }
    }
    for (const Node* const table : reader.tables("setup", kMaxListItems)) {
        if (const auto write = read_setup(*table, report)) {
            profile.setup.push_back(*write);
            draft.setup_at.push_back(table->at);
        }
    }
}

}  // namespace gengfu::config
