#include "tests/sim/scenario.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "tests/sim/raw_text.hpp"
#include "tests/sim/scenario_parts.hpp"
#include "tests/sim/table_reader.hpp"

namespace gengfu::sim {
namespace {

constexpr std::size_t kMaxDevices = 2000;
constexpr std::size_t kMaxUnit = 255;

template <class Item>
std::vector<std::string_view> names_of(const std::vector<Item>& items) {
    std::vector<std::string_view> names;
    for (const Item& item : items) {
        names.push_back(item.name);
    }
    return names;
}

class Loader {
public:
    explicit Loader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    Scenario load(const Table& root) {
        TableReader reader(root, {}, "", diagnostics_);
        read_header(reader);
        each(reader, "line", &Loader::read_line);
        each(reader, "tcp", &Loader::read_tcp);
        each(reader, "device", &Loader::read_device);
        each(reader, "step", &Loader::read_step);
        each(reader, "fault", &Loader::read_fault_table);
        each(reader, "outage", &Loader::read_outage_table);
        each(reader, "expect", &Loader::read_expect_table);
        reader.finish();
        if (out_.devices.size() > kMaxDevices) {
            diagnostics_.push_back({{}, "more than 2000 devices"});
        }
        settle_length();
        return std::move(out_);
    }

private:
    using ReadTable = void (Loader::*)(TableReader&);

    void each(TableReader& root, std::string_view key, ReadTable read) {
        const Node* node = root.node(key);
        if (node == nullptr) {
            return;
        }
        const auto* array = std::get_if<Array>(&node->value);
        if (array == nullptr) {
            root.error(node->place,
                       "`" + std::string(key) + "` is a list of tables: write [[" + std::string(key) + "]]");
            return;
        }
        for (const Node& item : *array) {
            if (!std::holds_alternative<Table>(item.value)) {
                root.error(item.place, "[[" + std::string(key) + "]] must be a table");
                continue;
            }
            TableReader reader(item, std::string(key), diagnostics_);
            (this->*read)(reader);
            reader.finish();
        }
    }

    void read_header(TableReader& root) {
        const Node* node = root.node("scenario", Need::kRequired);
        if (node == nullptr || !std::holds_alternative<Table>(node->value)) {
            return;
        }
        TableReader reader(*node, "scenario", diagnostics_);
        out_.name = reader.text("name", Need::kRequired).value_or("");
        out_.seed =
            static_cast<std::uint64_t>(reader.integer("seed", Need::kOptional, 0, INT64_MAX).value_or(1));
        length_ = reader.duration("duration", Need::kOptional);
        reader.finish();
    }

    /// A name that no other thing of its kind has; the reader's messages carry it from then on.
    std::string read_name(TableReader& reader, std::string_view kind) {
        const std::string name = reader.text("name", Need::kRequired).value_or("");
        reader.rename(std::string(kind) + " \"" + name + "\"");
        const std::string family = kind == "device" ? "device" : "endpoint";
        const auto [it, added] = places_.try_emplace(family + " " + name, reader.place_of("name"));
        if (!added && !name.empty()) {
            reader.error(reader.place_of("name"),
                         "this name is taken by the one in line " + std::to_string(it->second.line));
        }
        return name;
    }

    void read_line(TableReader& reader) {
        LineSpec line;
        line.name = read_name(reader, "line");
        if (const auto baud = reader.integer("baud", Need::kOptional, 300, 4'000'000)) {
            line.baud = static_cast<int>(*baud);
        }
        const auto format = reader.choice("format", Need::kOptional, {"8N1", "8N2", "8E1", "8O1"});
        line.bits_per_character = format == "8N1" ? 10 : 11;
        out_.lines.push_back(std::move(line));
    }

    void read_tcp(TableReader& reader) {
        TcpSpec tcp;
        tcp.name = read_name(reader, "tcp");
        const auto kind = reader.choice("kind", Need::kRequired, {"modbus-tcp", "rtu-over-tcp"});
        tcp.kind = kind == "rtu-over-tcp" ? TcpKind::kRtuOverTcp : TcpKind::kModbusTcp;
        tcp.address = reader.text("address", Need::kOptional).value_or(tcp.address);
        tcp.port = static_cast<std::uint16_t>(reader.integer("port", Need::kOptional, 0, 65535).value_or(0));
        out_.tcp.push_back(std::move(tcp));
    }

    std::vector<std::string_view> endpoints() const {
        auto names = names_of(out_.lines);
        const auto more = names_of(out_.tcp);
        names.insert(names.end(), more.begin(), more.end());
        return names;
    }

    std::string read_endpoint(TableReader& reader) {
        const auto line = reader.text("line", Need::kOptional);
        const auto tcp = reader.text("tcp", Need::kOptional);
        if (line.has_value() == tcp.has_value()) {
            reader.error(reader.place(), "needs either `line` or `tcp`");
            return {};
        }
        const bool known = line ? out_.is_line(*line) : out_.is_tcp(*tcp);
        const std::string& name = line ? *line : *tcp;
        if (!known) {
            const std::string kind = line ? "line" : "tcp";
            const auto names = line ? names_of(out_.lines) : names_of(out_.tcp);
            reader.error(reader.place_of(kind),
                         "no " + kind + " is named \"" + name + "\"" + did_you_mean(name, names));
        }
        return name;
    }

    void read_device(TableReader& reader) {
        DeviceSpec device;
        device.name = read_name(reader, "device");
        device.endpoint = read_endpoint(reader);
        device.unit =
            static_cast<std::uint8_t>(reader.integer("unit", Need::kRequired, 1, kMaxUnit).value_or(1));
        device.turnaround = reader.duration("turnaround", Need::kOptional).value_or(Nanoseconds(0));
        if (const auto baud = reader.integer("baud", Need::kOptional, 300, 4'000'000)) {
            device.baud = static_cast<int>(*baud);
        }
        if (const auto at = reader.integer("unit_register", Need::kOptional, 0, 65535)) {
            device.unit_register = static_cast<std::uint16_t>(*at);
        }
        device.same_unit = reader.flag("same_unit").value_or(false);
        device.abilities.max_registers = static_cast<std::uint16_t>(
            reader.integer("max_registers", Need::kOptional, 1, 125).value_or(125));
        device.abilities.even_only = reader.flag("even_only").value_or(false);
        read_functions(reader, device.abilities);
        device.registers = read_registers(reader, diagnostics_);
        const std::string place = device.endpoint + " unit " + std::to_string(device.unit);
        const auto [it, added] = places_.try_emplace(place, reader.place());
        if (!added && !device.same_unit) {
            reader.error(reader.place_of("unit"), "unit " + std::to_string(device.unit) + " on \"" +
                                                      device.endpoint + "\" is taken by the one in line " +
                                                      std::to_string(it->second.line));
        }
        out_.devices.push_back(std::move(device));
    }

    static void read_functions(TableReader& reader, Abilities& abilities) {
        const Node* node = reader.node("functions");
        if (node == nullptr) {
            return;
        }
        const auto* array = std::get_if<Array>(&node->value);
        const std::vector<std::uint8_t> known = abilities.functions;
        abilities.functions.clear();
        for (const Node& item : array != nullptr ? *array : Array{}) {
            const auto* code = std::get_if<std::int64_t>(&item.value);
            if (code != nullptr && std::find(known.begin(), known.end(), *code) != known.end()) {
                abilities.functions.push_back(static_cast<std::uint8_t>(*code));
            }
        }
        if (array == nullptr || abilities.functions.empty() || abilities.functions.size() != array->size()) {
            reader.error(node->place, "`functions` must list some of 1, 2, 3, 4, 5, 6, 15, 16");
        }
    }

    std::string read_device_name(TableReader& reader) {
        const std::string name = reader.text("device", Need::kRequired).value_or("");
        if (!name.empty() && out_.device(name) == nullptr) {
            reader.error(reader.place_of("device"),
                         "no device is named \"" + name + "\"" + did_you_mean(name, names_of(out_.devices)));
        }
        return name;
    }

    /// A step cannot invent a register: a wrong address would otherwise go unnoticed.
    void require_registers(TableReader& reader, const Step& step) {
        const DeviceSpec* device = out_.device(step.device);
        if (device == nullptr) {
            return;
        }
        RegisterBank bank;
        for (const RegisterWrite& initial : device->registers) {
            bank.define(initial.space, initial.first, initial.words);
        }
        const auto require = [&](Space space, std::uint16_t first, std::size_t count) {
            if (!bank.exists(space, first, count)) {
                reader.error(reader.place(), "device \"" + step.device + "\" does not have all of " +
                                                 std::to_string(count) + " " +
                                                 std::string(space_name(space)) + " from address " +
                                                 std::to_string(first) + "; give it initial values there");
            }
        };
        for (const RegisterWrite& write : step.writes) {
            require(write.space, write.first, write.words.size());
        }
        if (step.motion) {
            require(step.motion->space, step.motion->address, static_cast<std::size_t>(step.motion->words));
        }
    }

    void read_step(TableReader& reader) {
        Step step;
        step.at = reader.duration("at", Need::kRequired).value_or(Nanoseconds(0));
        step.device = read_device_name(reader);
        step.note = reader.text("note", Need::kOptional).value_or("");
        step.writes = read_registers(reader, diagnostics_);
        step.motion = read_motion(reader, diagnostics_);
        if (step.writes.empty() && !step.motion) {
            reader.error(reader.place(), "changes nothing: needs registers, `ramp`, `toggle` or `walk`");
        }
        require_registers(reader, step);
        out_.steps.push_back(std::move(step));
    }

    void read_fault_table(TableReader& reader) {
        FaultSpec spec;
        const auto device = reader.text("device", Need::kOptional);
        const auto line = reader.text("line", Need::kOptional);
        const auto tcp = reader.text("tcp", Need::kOptional);
        if (int{device.has_value()} + int{line.has_value()} + int{tcp.has_value()} != 1) {
            reader.error(reader.place(), "needs one of `device`, `line` and `tcp`");
        } else {
            const std::string_view kind = device ? "device" : line ? "line" : "tcp";
            spec.target = device ? *device : line ? *line : *tcp;
            require_target(reader, kind, spec.target);
        }
        const auto fault = read_fault(reader);
        spec.from = reader.duration("from", Need::kRequired).value_or(Nanoseconds(0));
        spec.to = reader.duration("to", Need::kOptional);
        spec.note = reader.text("note", Need::kOptional).value_or("");
        if (spec.to && *spec.to <= spec.from) {
            reader.error(reader.place_of("to"), "`to` is not after `from`");
        }
        if (!fault) {
            return;
        }
        spec.fault = *fault;
        if (fault->kind == FaultKind::kUnplug && device) {
            reader.error(reader.place_of("device"),
                         "unplug is for a `line` or a `tcp`, not for one device on it");
        }
        if (fault->kind == FaultKind::kBadCrc && has_no_checksum(spec.target)) {
            reader.error(reader.place_of("kind"), "modbus-tcp has no checksum to spoil");
        }
        out_.faults.push_back(std::move(spec));
    }

    void require_target(TableReader& reader, std::string_view kind, const std::string& name) {
        const bool known = kind == "device" ? out_.device(name) != nullptr
                           : kind == "line" ? out_.is_line(name)
                                            : out_.is_tcp(name);
        if (!known) {
            const auto names = kind == "device" ? names_of(out_.devices) : endpoints();
            reader.error(reader.place_of(kind), "no " + std::string(kind) + " is named \"" + name + "\"" +
                                                    did_you_mean(name, names));
        }
    }

    bool has_no_checksum(const std::string& target) const {
        const DeviceSpec* device = out_.device(target);
        const std::string& endpoint = device != nullptr ? device->endpoint : target;
        const auto it = std::find_if(out_.tcp.begin(), out_.tcp.end(),
                                     [&endpoint](const TcpSpec& tcp) { return tcp.name == endpoint; });
        return it != out_.tcp.end() && it->kind == TcpKind::kModbusTcp;
    }

    void read_outage_table(TableReader& reader) { out_.outages.push_back(read_outage(reader)); }

    void read_expect_table(TableReader& reader) {
        const std::string device = read_device_name(reader);
        Expect expect = read_expect(reader);
        expect.device = device;
        const std::string key = "expect " + expect.device + "/" + expect.rule + "/" + expect.point + "@" +
                                std::to_string(expect.raised_at.count());
        const auto [it, added] = places_.try_emplace(key, reader.place());
        if (!added) {
            reader.error(reader.place(),
                         "expects the same as the one in line " + std::to_string(it->second.line));
        }
        out_.expects.push_back(std::move(expect));
    }

    void settle_length() {
        Nanoseconds last{0};
        const auto reach = [&last](Nanoseconds at) { last = std::max(last, at); };
        for (const Step& step : out_.steps) {
            reach(step.at + (step.motion && step.motion->lasts ? *step.motion->lasts : Nanoseconds(0)));
        }
        for (const FaultSpec& fault : out_.faults) {
            reach(fault.to.value_or(fault.from));
        }
        for (const Outage& outage : out_.outages) {
            reach(outage.at + outage.lasts);
        }
        out_.lasts = length_.value_or(last);
        if (length_ && last > *length_) {
            diagnostics_.push_back({{}, "scenario: something happens after its `duration`"});
        }
    }

    Diagnostics& diagnostics_;
    Scenario out_;
    std::optional<Nanoseconds> length_;
    std::map<std::string, Place> places_;
};

}  // namespace

const DeviceSpec* Scenario::device(std::string_view wanted) const {
    const auto it =
        std::find_if(devices.begin(), devices.end(), [wanted](const auto& d) { return d.name == wanted; });
    return it == devices.end() ? nullptr : &*it;
}

bool Scenario::is_line(std::string_view endpoint) const {
    return std::any_of(lines.begin(), lines.end(),
                       [endpoint](const auto& line) { return line.name == endpoint; });
}

bool Scenario::is_tcp(std::string_view endpoint) const {
    return std::any_of(tcp.begin(), tcp.end(), [endpoint](const auto& one) { return one.name == endpoint; });
}

std::optional<Scenario> load_scenario(std::string_view text, Diagnostics& diagnostics) {
    const std::optional<Table> root = parse_toml(text, diagnostics);
    if (!root) {
        return std::nullopt;
    }
    Scenario scenario = Loader(diagnostics).load(*root);
    return diagnostics.empty() ? std::optional(std::move(scenario)) : std::nullopt;
}

}  // namespace gengfu::sim
