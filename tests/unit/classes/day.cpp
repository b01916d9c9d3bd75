#include "tests/unit/classes/day.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "tests/unit/classes/parameters.hpp"

namespace gengfu::test {
namespace {

/// After a danger is over its alarms may still change for so long: off-delays, windows, what else it set off.
constexpr double kAftermath = 45 * 60;

std::string clock_text(double t) {
    std::array<char, 16> text{};
    const int seconds = static_cast<int>(t);
    std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
    return text.data();
}

/// One device on the line.
class Station {
public:
    Station(Stage& stage, Model& model, double phase) : stage_(stage), model_(model), next_(phase) {
        id_ = stage.device(model.name());
    }

    void turn(double now, const Weather& weather, Danger* danger) {
        if (now < next_) {
            return;
        }
        Dice& dice = model_.dice();
        const double at = next_ + std::abs(dice.normal(place::kJitter * model_.interval()));
        next_ += model_.interval();
        if (burst_until_ < at && dice.chance(place::kBurstsPerDay * model_.interval() / place::kDaySeconds)) {
            burst_until_ = at + dice.between(1, place::kBurstLongest);
        }
        values_.clear();
        model_.read(at, weather, danger, values_);
        if (model_.gone(danger) && danger->crossed < 0) {
            danger->crossed = at;
        }
        if (model_.gone(danger) || at < burst_until_ || dice.chance(place::kSampleLost)) {
            stage_.lost(id_, at);
            return;
        }
        for (const Value& value : values_) {
            const PointId point = point_of(value.point);
            value.not_protecting ? stage_.bad(point, Reason::kNotProtecting, at)
                                 : stage_.good(point, value.value, at);
        }
    }

private:
    PointId point_of(const char* name) {
        const auto known = points_.find(name);
        return known != points_.end() ? known->second : (points_[name] = stage_.point(id_, name));
    }

    Stage& stage_;
    Model& model_;
    DeviceId id_;
    double next_;
    double burst_until_ = -1;
    std::vector<Value> values_;
    std::map<const char*, PointId> points_;
};

Danger* under_way(std::vector<Danger>& dangers, const std::string& device, double t) {
    for (Danger& danger : dangers) {
        if (danger.device == device && t >= danger.from && t < danger.to) {
            return &danger;
        }
    }
    return nullptr;
}

bool is_alarm(const Stage::Said& said) {
    return said.kind == alarms::TransitionKind::kRaised ||
           said.kind == alarms::TransitionKind::kSeverityChanged;
}

bool allowed(const Danger& danger, const Stage::Said& said) {
    const bool rule = said.key.rule == danger.rule ||
                      std::any_of(danger.also.begin(), danger.also.end(),
                                  [&](const std::string& also) { return said.key.rule.starts_with(also); });
    return rule && said.key.device == danger.device && said.at + 1 >= danger.from &&
           said.at < danger.to + kAftermath;
}

void compare(const std::vector<Stage::Said>& all, DayReport& report) {
    for (const Stage::Said& said : all) {
        if (!is_alarm(said)) {
            continue;
        }
        bool explained = false;
        for (Danger& danger : report.dangers) {
            if (!allowed(danger, said)) {
                continue;
            }
            explained = true;
            const bool grave = !graver(danger.least, said.severity);
            if (said.key.rule == danger.rule && grave && danger.found < 0) {
                danger.found = said.at;
            }
        }
        if (!explained) {
            std::array<char, 200> text{};
            std::snprintf(text.data(), text.size(), "%s %s/%s/%s %s, value %.4g, limit %.4g",
                          clock_text(said.at).c_str(), said.key.device.c_str(), said.key.point.c_str(),
                          said.key.rule.c_str(), std::string(to_string(said.severity)).c_str(), said.value,
                          said.limit);
            report.unexpected.emplace_back(text.data());
        }
    }
}

bool in_time(const Danger& danger) {
    return danger.crossed >= 0 && danger.found >= 0 && danger.found - danger.crossed <= danger.promised;
}

}  // namespace

std::size_t DayReport::missed() const {
    return static_cast<std::size_t>(
        std::count_if(dangers.begin(), dangers.end(), [](const Danger& danger) { return !in_time(danger); }));
}

std::string DayReport::table() const {
    std::string text;
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(), "%zu devices, %zu rules, %.0f h, %llu samples\n", devices, rules,
                  hours, static_cast<unsigned long long>(samples));
    text += line.data();
    for (const Danger& danger : dangers) {
        std::snprintf(line.data(), line.size(),
                      "  %-8s %-22s %-10s %-24s there %s  found after %8.1f s of %7.0f s  %s\n",
                      clock_text(danger.from).c_str(), danger.what.c_str(), danger.device.c_str(),
                      danger.rule.c_str(),
                      danger.crossed < 0 ? "never   " : clock_text(danger.crossed).c_str(),
                      danger.found < 0 ? -1.0 : danger.found - danger.crossed, danger.promised,
                      in_time(danger) ? "in time" : "MISSED");
        text += line.data();
    }
    for (const std::string& one : unexpected) {
        text += "  FALSE " + one + "\n";
    }
    std::snprintf(line.data(), line.size(), "  %zu dangers, %zu missed, %zu false alarms\n", dangers.size(),
                  missed(), unexpected.size());
    return text + line.data();
}

DayReport play_day(std::uint64_t seed, double scale, Dangers which, const Tap& tap) {
    Community community = make_community(scale, seed);
    Stage stage(community.configuration);
    stage.tap(tap);
    const Weather weather(seed);
    DayReport report;
    report.devices = community.models.size();
    report.rules = stage.site().rules.size();
    if (which == Dangers::kAll) {
        report.dangers = make_dangers(community, seed);
    }
    std::vector<Station> stations;
    Dice dice(seed * 13 + 3);
    for (const auto& model : community.models) {
        stations.emplace_back(stage, *model, dice.uniform());
    }
    for (double t = 0; t < place::kDaySeconds; t += 1) {
        for (std::size_t i = 0; i < stations.size(); ++i) {
            stations[i].turn(t, weather, under_way(report.dangers, community.models[i]->name(), t));
        }
    }
    report.samples = stage.samples();
    report.hours = place::kDaySeconds / 3600;
    report.raises =
        static_cast<std::size_t>(std::count_if(stage.said().begin(), stage.said().end(), is_alarm));
    compare(stage.said(), report);
    return report;
}

}  // namespace gengfu::test
