#include "tests/unit/classes/stage.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "daemon/alarms/memory.hpp"

namespace gengfu::test {
namespace {

namespace fs = std::filesystem;

const std::string kGateway = R"(
[gateway]
id = "gw-test"
[gateway.place]
division = "440309"
community_code = "440309008012"
grid = "440309008012003"
[mqtt]
brokers = ["mqtt://127.0.0.1"]
[[bus]]
name = "line"
kind = "replay"
transcript = "unused"
)";

/// A detector of four gases, as many makers have: no shipped profile has all of the roles.
const std::string kFourGas = R"(
name = "four-gas"
source = "made up for tests"
[[point]]
name = "combustible"
role = "gas_combustible"
register = "holding:0"
unit = "%LEL"
[[point]]
name = "oxygen"
role = "oxygen"
register = "holding:1"
unit = "%"
[[point]]
name = "co"
role = "gas_co"
register = "holding:2"
unit = "ppm"
[[point]]
name = "h2s"
role = "gas_h2s"
register = "holding:3"
unit = "ppm"
)";

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<config::Bundle::File> shipped(const char* kind) {
    std::vector<config::Bundle::File> files;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(fs::path(GENGFU_SOURCE_DIR) / "config" / kind)) {
        files.push_back({std::string(kind) + "/" + entry.path().filename().string(), text_of(entry.path())});
    }
    return files;
}

Monotonic monotonic(double at) {
    return Monotonic{std::chrono::hours(1)} + std::chrono::microseconds(std::llround(at * 1e6));
}

alarms::Stamp stamp(double at) {
    return {{}, std::llround(at * 1e6), std::nullopt};
}

}  // namespace

Stage::Stage(const std::string& devices) {
    config::Bundle bundle;
    bundle.configuration = {{"gengfu.toml", kGateway}, {"devices.d/test.toml", devices}};
    bundle.profiles = shipped("profiles");
    bundle.profiles.push_back({"profiles/four-gas.toml", kFourGas});
    bundle.classes = shipped("classes");
    config::Loaded loaded = config::load(bundle);
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
        complaints_ += to_string(diagnostic) + "\n";
    }
    if (!loaded.site) {
        throw std::logic_error(complaints_);
    }
    site_ = std::move(*loaded.site);
    begin(0);
}

std::map<std::string, std::string> Stage::files(const std::string& devices) {
    return {
        {"gengfu.toml", kGateway}, {"devices.d/test.toml", devices}, {"profiles/four-gas.toml", kFourGas}};
}

void Stage::begin(double at) {
    std::vector<alarms::Alarm> alarms;
    std::vector<rules::RuleMemory> memory;
    std::vector<rules::Learned> learned;
    if (table_) {
        for (const alarms::Alarm* alarm : table_->standing()) {
            alarms.push_back(*alarm);
        }
        memory = judge_->memory();
        learned = judge_->learned();
    }
    table_ = std::make_unique<alarms::Table>(Epoch{sequence_}, site_);
    for (alarms::Alarm& alarm : alarms) {
        table_->restore(std::move(alarm));
    }
    judge_ = std::make_unique<rules::Judge>(site_);
    judge_->restore(alarms::memory_from(table_->standing(), memory, site_), monotonic(at));
    judge_->teach(learned);
    judge_->local_time(static_cast<int>(static_cast<std::int64_t>(at / 60) % (7 * 1440)), monotonic(at));
}

void Stage::restart(double at) {
    begin(at);
}

DeviceId Stage::device(const std::string& name) const {
    for (std::uint32_t i = 0; i < site_.devices.size(); ++i) {
        if (site_.devices[i].name == name) {
            return DeviceId{i};
        }
    }
    throw std::logic_error("no device " + name);
}

PointId Stage::point(DeviceId device, const std::string& name) const {
    const config::Device& of = site_.device(device);
    const std::vector<config::PointSpec>& points = site_.profile(of).points;
    for (std::uint32_t i = 0; i < points.size(); ++i) {
        if (points[i].name == name) {
            return PointId{of.first_point.value + i};
        }
    }
    throw std::logic_error(of.name + " has no point " + name);
}

void Stage::good(PointId point, double value, double at) {
    Sample sample;
    sample.point = point;
    sample.quality = Quality::kGood;
    sample.value = value;
    observe(sample, at);
}

void Stage::bad(PointId point, Reason reason, double at) {
    Sample sample;
    sample.point = point;
    sample.reason = reason;
    observe(sample, at);
}

void Stage::lost(DeviceId device, double at) {
    const config::Device& of = site_.device(device);
    for (std::uint32_t i = 0; i < site_.profile(of).points.size(); ++i) {
        bad(PointId{of.first_point.value + i}, Reason::kTimeout, at);
    }
}

void Stage::observe(const Sample& given, double at) {
    Sample sample = given;
    sample.taken = monotonic(at);
    ++samples_;
    if (tap_) {
        tap_(site_, sample);
    }
    if (judge_->next_deadline() && *judge_->next_deadline() <= sample.taken) {
        judge_->tick(sample.taken, verdicts_);
    }
    judge_->observe(sample, verdicts_);
    settle(at);
}

void Stage::pass(double at) {
    judge_->tick(monotonic(at), verdicts_);
    settle(at);
}

void Stage::record(double at, const alarms::Transition& transition) {
    const alarms::Alarm& alarm = transition.alarm;
    said_.push_back(
        {at, transition.kind, alarm.severity, alarm.key, alarm.evidence.value, alarm.evidence.limit});
}

/// Verdicts become alarms. What has cleared is taken note of and reset at once: the next danger is a new one.
void Stage::settle(double at) {
    for (const rules::Verdict& verdict : verdicts_) {
        const auto transition = table_->apply(verdict, stamp(at), sequence_++);
        if (!transition) {
            continue;
        }
        record(at, *transition);
        if (transition->kind == alarms::TransitionKind::kCleared) {
            table_->acknowledge(transition->alarm.id, 0, {}, stamp(at), sequence_++);
            table_->reset(transition->alarm.id, 0, {}, stamp(at), sequence_++);
        }
    }
    verdicts_.clear();
}

}  // namespace gengfu::test
