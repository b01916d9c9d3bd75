#include "tests/sim/control_commands.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "tests/sim/raw_text.hpp"
#include "tests/sim/scenario_parts.hpp"

namespace gengfu::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 4;

/// The same tree that scenario files are read from, so that both have one set of readers and of messages.
Node tree_of(const Json& json, int depth) {
    Node node{.place = {}, .value = std::string()};
    if (json.is_object() && depth < kMaxDepth) {
        Table table;
        for (const auto& [key, value] : json.items()) {
            table.push_back({key, {}, tree_of(value, depth + 1)});
        }
        node.value = std::move(table);
    } else if (json.is_array() && depth < kMaxDepth) {
        Array array;
        for (const Json& item : json) {
            array.push_back(tree_of(item, depth + 1));
        }
        node.value = std::move(array);
    } else if (json.is_string()) {
        node.value = json.get<std::string>();
    } else if (json.is_boolean()) {
        node.value = json.get<bool>();
    } else if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX) {
        node.value = json.get<double>();
    } else if (json.is_number_integer()) {
        node.value = json.get<std::int64_t>();
    } else if (json.is_number_float()) {
        node.value = json.get<double>();
    }
    return node;
}

Json refusal(const std::string& why) {
    return {{"ok", false}, {"error", why}};
}

Json line_json(const LineStats& stats, std::uint64_t mismatches) {
    Json units = Json::object();
    for (const auto& [unit, count] : stats.requests_by_unit) {
        units[std::to_string(unit)] = count;
    }
    return {{"busy_bits", stats.busy_bits},   {"bytes_in", stats.bytes_in},
            {"bytes_out", stats.bytes_out},   {"frames_in", stats.frames_in},
            {"frames_out", stats.frames_out}, {"bad_frames", stats.bad_frames},
            {"collisions", stats.collisions}, {"early_requests", stats.early_requests},
            {"baud_mismatches", mismatches},  {"requests_by_unit", std::move(units)}};
}

class Command {
public:
    Command(const Node& node, const Scenario& scenario, Plant& plant, const ControlHands& hands)
        : reader_(node, "", diagnostics_), scenario_(scenario), plant_(plant), hands_(hands) {}

    Json run() {
        const auto what =
            reader_.choice("do", Need::kRequired,
                           {"set", "get", "fault", "clear", "unplug", "plug", "stats", "play", "ping"});
        Json answer{{"ok", true}};
        if (what) {
            dispatch(*what, answer);
        }
        if (!diagnostics_.empty()) {
            return refusal(diagnostics_.front().what);
        }
        return answer;
    }

private:
    void dispatch(const std::string& what, Json& answer) {
        if (what == "set") {
            set();
        } else if (what == "get") {
            get(answer);
        } else if (what == "fault") {
            fault(answer);
        } else if (what == "clear") {
            clear();
        } else if (what == "unplug" || what == "plug") {
            plug(what == "plug" ? Plug::kIn : Plug::kOut);
        } else if (what == "stats") {
            stats(answer);
        } else {
            reader_.finish();
            if (what == "play") {
                report(hands_.play());
            }
        }
    }

    /// Whether the command has been read without a mistake.
    bool sound() {
        reader_.finish();
        return diagnostics_.empty();
    }

    void report(const Result<void>& result) {
        if (!result) {
            diagnostics_.push_back({{}, result.error().what});
        }
    }

    std::string device() {
        const std::string name = reader_.text("device", Need::kRequired).value_or("");
        if (!name.empty() && !plant_.has_device(name)) {
            diagnostics_.push_back(
                {{}, "no device is named \"" + name + "\"" + did_you_mean(name, plant_.names())});
        }
        return name;
    }

    void set() {
        const std::string name = device();
        const std::vector<RegisterWrite> writes = read_registers(reader_, diagnostics_);
        if (writes.empty()) {
            diagnostics_.push_back({{}, "nothing to set: give coil, discrete, input or holding"});
        }
        if (sound()) {
            for (const RegisterWrite& write : writes) {
                plant_.write(name, write);
            }
        }
    }

    void get(Json& answer) {
        const std::string name = device();
        const auto space = reader_.space("space");
        const auto address = reader_.address("address", Need::kRequired);
        const auto count = reader_.integer("count", Need::kOptional, 1, 65536).value_or(1);
        if (!sound() || !space || !address) {
            return;
        }
        const auto words = plant_.read(name, *space, *address, static_cast<std::size_t>(count));
        if (words) {
            answer["words"] = *words;
        } else {
            diagnostics_.push_back({{}, "not all of these addresses exist"});
        }
    }

    std::string target() {
        const std::string name = reader_.text("target", Need::kRequired).value_or("");
        const bool known = plant_.has_device(name) || scenario_.is_line(name) || scenario_.is_tcp(name);
        if (!name.empty() && !known) {
            diagnostics_.push_back({{}, "no device, line or tcp is named \"" + name + "\""});
        }
        return name;
    }

    void fault(Json& answer) {
        const std::string name = target();
        const auto fault = read_fault(reader_);
        if (fault && fault->kind == FaultKind::kUnplug) {
            diagnostics_.push_back({{}, "use \"do\":\"unplug\""});
        }
        if (sound() && fault) {
            answer["fault"] = plant_.add_fault(name, *fault);
        }
    }

    void clear() {
        const auto id = reader_.integer("fault", Need::kOptional, 1, INT64_MAX);
        const auto name = reader_.text("target", Need::kOptional);
        if (!sound()) {
            return;
        }
        if (id) {
            plant_.remove_fault(static_cast<Plant::FaultId>(*id));
        } else {
            plant_.clear_faults(name.value_or(""));
        }
    }

    void plug(Plug plug) {
        const std::string name = target();
        if (sound()) {
            report(hands_.plug(name, plug));
        }
    }

    void stats(Json& answer) {
        if (!sound()) {
            return;
        }
        auto mismatches = hands_.baud_mismatches();
        Json lines = Json::object();
        for (const auto& [name, stats] : hands_.line_stats()) {
            lines[name] = line_json(stats, mismatches[name]);
        }
        Json tcp = Json::object();
        for (const auto& [name, stats] : hands_.tcp_stats()) {
            tcp[name] = {{"connections", stats.connections},
                         {"requests", stats.requests},
                         {"bad_frames", stats.bad_frames},
                         {"bytes_in", stats.bytes_in},
                         {"bytes_out", stats.bytes_out}};
        }
        Json devices = Json::object();
        for (const auto& [name, stats] : plant_.stats()) {
            devices[name] = {
                {"requests", stats.requests}, {"answers", stats.answers}, {"exceptions", stats.exceptions}};
        }
        answer["lines"] = std::move(lines);
        answer["tcp"] = std::move(tcp);
        answer["devices"] = std::move(devices);
    }

    Diagnostics diagnostics_;
    TableReader reader_;
    const Scenario& scenario_;
    Plant& plant_;
    const ControlHands& hands_;
};

}  // namespace

std::string run_command(std::string_view line, const Scenario& scenario, Plant& plant,
                        const ControlHands& hands) {
    const Json json = Json::parse(line, nullptr, false);
    Json answer = refusal("a command is a JSON object in one line");
    if (json.is_object()) {
        const Node node = tree_of(json, 0);
        answer = Command(node, scenario, plant, hands).run();
    }
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gengfu::sim
