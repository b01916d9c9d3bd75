#include "tests/unit/classes/models.hpp"

#include <algorithm>
#include <cstring>

#include "tests/unit/classes/parameters.hpp"

namespace gengfu::test {

using namespace place;

namespace {

constexpr double kDay = kDaySeconds;
constexpr double kPi = 3.141592653589793;

double ramp(double from, double to, double seconds, double t) {
    return from + (to - from) * std::clamp(t / seconds, 0.0, 1.0);
}

/// Something that happens so many times a day and lasts a while.
class Now {
public:
    Now(double times, double seconds) : share_(times / kDay), seconds_(seconds) {}
    /// Seconds since the one that is under way began; below 0: none is.
    double since(double t, double interval, Dice& dice) {
        if (t >= until_ && dice.chance(share_ * interval)) {
            from_ = t;
            until_ = t + seconds_;
        }
        return t < until_ ? t - from_ : -1;
    }

private:
    double share_, seconds_;
    double from_ = 0, until_ = 0;
};

}  // namespace

Weather::Weather(std::uint64_t seed) {
    Dice dice(seed * 7 + 1);
    warmer = dice.between(-3, 3);
    for (int i = 0; i < static_cast<int>(kShowersPerDay); ++i) {
        showers.push_back(dice.between(2, 22) * 3600);
    }
}

double Weather::temperature(double t) const {
    return kTemperatureMean + warmer + kTemperatureSwing * std::cos(2 * kPi * (t / 3600 - 15) / 24);
}
double Weather::humidity(double t) const {
    return kHumidityMean - kHumiditySwing * std::cos(2 * kPi * (t / 3600 - 15) / 24) + 0.1 * rain(t);
}
double Weather::use(double t) const {
    return 0.5 * (1 - std::cos(2 * kPi * (t / 3600 - 3) / 24));
}
double Weather::rain(double t) const {
    double share = 0;
    for (const double at : showers) {
        const double off = (t - at) / (kShowerMinutes * 60);
        share = std::max(share, std::abs(off) < 0.5 ? std::cos(kPi * off) : 0.0);
    }
    return share;
}

bool Model::gone(const Danger* danger) const {
    return danger != nullptr && (danger->what == "cable cut" || danger->what == "stolen");
}
bool Model::is(const Danger* danger, const char* what) {
    return danger != nullptr && danger->what == what;
}
void Model::cross(Danger* danger, double t, bool there) {
    if (danger != nullptr && danger->crossed < 0 && there) {
        danger->crossed = t;
    }
}

namespace {

class Leakage final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        double truth = kLeakageDry + kLeakageWet * std::min(1.0, weather.humidity(t));
        if (is(danger, "insulation fails")) {
            truth += std::min(kFaultRise * (t - danger->from), kFaultLeakage);
            cross(danger, t, truth >= 300);
        } else if (is(danger, "insulation gets wet")) {
            truth += kCreepPerHour * (t - danger->from) / 3600;
            cross(danger, t, truth >= 180);
        }
        const double spike = of_a_day(kLeakageSpikesPerDay) ? kLeakageSpike : 0;
        out.push_back({"residual_current", std::round(truth + noise(kLeakageNoise) + spike)});
        out.push_back({"device_warning", 0});
        out.push_back({"device_alarm", 0});
        out.push_back({"wire_break", is(danger, "transformer torn off") ? 1.0 : 0.0});
        cross(danger, t, is(danger, "transformer torn off"));
    }
};

class Cable final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        double truth = weather.temperature(t) + kCableOverAir * weather.use(t);
        if (is(danger, "joint gets hot")) {
            truth = std::min(truth + kHotJointPerMinute * (t - danger->from) / 60, kHotJointEnd);
            cross(danger, t, truth >= 70);
        }
        out.push_back({"cable_temperature", truth + noise(kCableNoise)});
        out.push_back({"residual_alarm", 0});
        out.push_back({"residual_trip", 0});
        out.push_back({"temperature_alarm", 0});
    }
};

class Cover final : public Model {
public:
    Cover(std::string name, double interval, Dice dice) : Model(std::move(name), interval, dice) {
        mount_ = this->dice().between(0, kMountTilt);
        for (double& drift : drift_) {
            drift = this->dice().chance(0.5) ? kGravityPerDegree : -kGravityPerDegree;
        }
    }
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        double tilt = mount_;
        const double since = danger == nullptr ? 0 : t - danger->from;
        if (is(danger, "opened")) {
            tilt += ramp(0, kLiftDegrees, 2, since);
        } else if (is(danger, "eased up slowly")) {
            tilt += ramp(0, kLiftDegrees, kLiftDegrees / kSlowLiftPerMinute * 60, since);
        } else if (is(danger, "overturned")) {
            tilt += ramp(0, kOverturned, 2, since);
        }
        cross(danger, t, tilt - mount_ >= (is(danger, "overturned") ? 60 : 15));
        if (kicks_.since(t, interval(), dice()) >= 0) {
            tilt += kKickDegrees;
        }
        const double shake = of_a_day(kWheelsPerDay) ? kWheelShake : 0;
        const double warm = weather.temperature(t) - kTemperatureMean;
        const double radians = tilt * kPi / 180;
        const double axes[] = {std::sin(radians), 0, std::cos(radians)};
        const char* const names[] = {"gravity_x", "gravity_y", "gravity_z"};
        for (std::size_t i = 0; i < 3; ++i) {
            out.push_back({names[i], axes[i] + drift_[i] * warm + noise(kGravityNoise) + noise(shake)});
        }
        const std::size_t first = out.size() - 3;
        out.push_back({"gravity", std::hypot(out[first].value, out[first + 1].value, out[first + 2].value)});
    }

private:
    double mount_ = 0;
    double drift_[3] = {};
    Now kicks_{5, kKickSeconds};
};

/// What stands on and beside a lane.
class Lane {
public:
    /// Share of a parked vehicle, and counts of something else.
    struct Seen {
        double parked = 0, other = 0;
    };
    Seen see(double t, double interval, const Danger* danger, Dice& dice) {
        Seen seen;
        const double pass = passes_.since(t, interval, dice);
        if (pass >= 0) {
            seen.other += kPassPeak * std::sin(kPi * std::min(1.0, (pass + 0.5) / kPassSeconds));
        }
        if (beside_.since(t, interval, dice) >= 0) {
            seen.other += kBesidePeak;
        }
        const bool parked =
            danger != nullptr && (danger->what == "vehicle parks" || danger->what == "vehicle stays");
        seen.parked = parked || stops_.since(t, interval, dice) >= 0 ? 1 : 0;
        return seen;
    }

private:
    Now passes_{kPassesPerDay, kPassSeconds};
    Now beside_{kBesidePerDay, kBesideMinutes * 60};
    Now stops_{kStopsPerDay, kStopSeconds};
};

class Magnetometer final : public Model {
public:
    Magnetometer(std::string name, double interval, Dice dice) : Model(std::move(name), interval, dice) {
        for (double& slope : slope_) {
            slope = this->dice().chance(0.5) ? kFieldPerDegree : -kFieldPerDegree;
        }
    }
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        const Lane::Seen seen = lane_.see(t, interval(), danger, dice());
        cross(danger, t, danger != nullptr);
        const double earth[] = {kFieldX, kFieldY, kFieldZ};
        const double vehicle[] = {kParkedX, kParkedY, kParkedZ};
        const double aside[] = {0.6, -0.3, 0.74};
        const char* const names[] = {"magnetic_x", "magnetic_y", "magnetic_z"};
        for (std::size_t i = 0; i < 3; ++i) {
            out.push_back({names[i], std::round(earth[i] + seen.parked * vehicle[i] + seen.other * aside[i] +
                                                slope_[i] * (weather.temperature(t) - kTemperatureMean) +
                                                noise(kFieldNoise))});
        }
        out.push_back({"temperature", weather.temperature(t)});
    }

private:
    Lane lane_;
    double slope_[3] = {};
};

class Gauge final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& /*weather*/, Danger* danger, std::vector<Value>& out) override {
        const Lane::Seen seen = lane_.see(t, interval(), danger, dice());
        cross(danger, t, danger != nullptr);
        const double parked = std::hypot(kParkedX, std::hypot(kParkedY, kParkedZ));
        out.push_back({"field_deviation",
                       std::round(std::abs(seen.parked * parked + seen.other + noise(kFieldNoise)))});
    }

private:
    Lane lane_;
};

class Well final : public Model {
public:
    Well(std::string name, double interval, Dice dice, double lag)
        : Model(std::move(name), interval, dice), lag_(lag) {}
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        double truth = kWellLevel + kWellDaily * weather.use(t - lag_) + kShowerRise * weather.rain(t - lag_);
        const double since = danger == nullptr ? 0 : (t - danger->from) / 60;
        if (is(danger, "cloudburst")) {
            truth = std::min(truth + kSurchargePerMinute * since, kWellDepth + 0.2);
            cross(danger, t, truth >= 2.4);
        } else if (is(danger, "pipe blocked")) {
            truth += kBlockagePerMinute * since;
            cross(danger, t, true);
        }
        out.push_back({"level", truth + noise(kWellNoise)});
    }

private:
    double lag_;
};

class Road final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        double truth = kRoadPond * weather.rain(t);
        if (is(danger, "road floods")) {
            truth += std::min(kRoadFloodPerMinute * (t - danger->from) / 60, 0.4);
            cross(danger, t, truth >= 0.27);
        }
        out.push_back({"level", std::max(0.0, truth + noise(kWellNoise / 2))});
    }
};

/// A valve meter on a main: pressure, flow and total.
class Main final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        const double since = danger == nullptr ? 0 : t - danger->from;
        double pressure = kPressure - kPressureDaily * weather.use(t);
        double flow = kFlowNight + (kFlowDay - kFlowNight) * weather.use(t);
        if (is(danger, "main bursts")) {
            pressure -= ramp(0, kBurstPressureFall, 20, since);
            flow += ramp(0, kBurstFlow, 20, since);
        } else if (is(danger, "hidden leak")) {
            flow += kNightLeak;
        } else if (is(danger, "flows backwards")) {
            flow = kBackflow;
        }
        const double hour = std::fmod(t, kDay) / 3600;
        cross(danger, t, danger != nullptr && (danger->what != "hidden leak" || hour >= 2));
        const double by = (t - last_) / 3600;
        last_ = t;
        if (!is(danger, "meter hangs")) {
            total_ += is(danger, "meter turned round") ? -6 * by : std::max(flow, 0.0) * by;
        }
        const double hammer = of_a_day(kHammersPerDay) ? (dice().chance(0.5) ? kHammer : -kHammer) : 0;
        out.push_back({"positive_total", total_});
        out.push_back({"flow", flow + noise(kFlowNoise)});
        out.push_back({"pipe_state", 0xAA});
        out.push_back({"pressure", pressure + hammer + noise(kPressureNoise)});
        out.push_back({"valve_fault", 0});
        out.push_back({"battery_low", 0});
    }

private:
    double last_ = 0, total_ = 12'345;
};

class H2s final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        double truth = kH2sSewer * weather.use(t);
        if (is(danger, "hydrogen sulphide")) {
            truth += ramp(0, kH2sDanger, kGasRiseSeconds, t - danger->from);
            cross(danger, t, truth >= 10);
        }
        out.push_back({"h2s", truth + noise(kH2sNoise)});
    }
};

class Midas final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& /*weather*/, Danger* danger, std::vector<Value>& out) override {
        double truth = 0;
        if (is(danger, "toxic gas")) {
            truth = ramp(0, kH2sDanger, kGasRiseSeconds, t - danger->from);
            cross(danger, t, truth >= 10);
        }
        const bool inhibited = is(danger, "left inhibited");
        cross(danger, t, inhibited);
        const bool off = inhibited || warm_up_.since(t, interval(), dice()) >= 0;
        out.push_back({"concentration", std::max(0.0, truth + noise(0.05)), off});
        out.push_back({"monitoring_state", inhibited ? 2.0 : off ? 0.0 : 1.0});
        out.push_back({"fault", 0});
        out.push_back({"alarm_1", 0});
        out.push_back({"alarm_2", 0});
    }

private:
    Now warm_up_{1, kWarmUpSeconds};
};

class FourGas final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        const double since = danger == nullptr ? 0 : t - danger->from;
        const double hot = (weather.temperature(t) - kTemperatureMean) / kTemperatureSwing;
        double combustible = kCombustibleDrift * std::max(0.0, hot);
        double oxygen = kOxygen;
        if (is(danger, "methane")) {
            combustible += ramp(0, kCombustibleDanger, kGasRiseSeconds, since);
            cross(danger, t, combustible >= 20);
        } else if (is(danger, "oxygen displaced")) {
            oxygen = ramp(kOxygen, kOxygenDanger, kGasRiseSeconds, since);
            cross(danger, t, oxygen <= 19.5);
        } else if (is(danger, "oxygen leaks in")) {
            oxygen = ramp(kOxygen, 25, kGasRiseSeconds, since);
            cross(danger, t, oxygen >= 23.5);
        }
        out.push_back({"combustible", combustible + noise(kCombustibleNoise)});
        out.push_back({"oxygen", oxygen + noise(kOxygenNoise)});
        out.push_back({"co", std::max(0.0, 3 * weather.use(t) + noise(1))});
        out.push_back({"h2s", noise(kH2sNoise)});
    }
};

class Smoke final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& /*weather*/, Danger* danger, std::vector<Value>& out) override {
        cross(danger, t, danger != nullptr);
        out.push_back({"mounted", is(danger, "head taken off") ? 0.0 : 1.0});
        out.push_back({"service_alarm", 0});
        out.push_back({"smoke", is(danger, "smoke") ? 1.0 : 0.0});
    }
};

class Meter final : public Model {
public:
    using Model::Model;
    void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) override {
        cross(danger, t, danger != nullptr);
        const char* const names[] = {"voltage_1", "voltage_2", "voltage_3"};
        for (std::size_t i = 0; i < 3; ++i) {
            double volts = kVoltage - kVoltageDaily * weather.use(t) + noise(kVoltageNoise);
            volts -= of_a_day(kDipsPerDay) ? kDip : 0;
            if (i == 1 && is(danger, "phase lost")) {
                volts = 4 + noise(0.5);
            } else if (i == 2 && is(danger, "neutral broken")) {
                volts = kOverVoltage + noise(kVoltageNoise);
            } else if (is(danger, "meter freezes")) {
                volts = 219.4;
            }
            out.push_back({names[i], std::round(volts * 10) / 10});
        }
    }
};

/// Adds devices of one kind to a community.
class Builder {
public:
    Builder(Community& to, std::uint64_t seed) : to_(to), seed_(seed) {}

    template <class M, class... More>
    void add(const std::string& name, const char* profile, const char* device_class, double interval,
             const std::string& settings, More... more) {
        to_.configuration += "[[device]]\nname = \"" + name +
                             "\"\nbus = \"line\"\nunit = " + std::to_string(++unit_) + "\nprofile = \"" +
                             profile + "\"\nclass = \"" + device_class + "\"\ninterval = \"" +
                             std::to_string(static_cast<int>(interval * 1000)) + "ms\"\n" + settings;
        to_.models.push_back(std::make_unique<M>(name, interval, Dice(seed_ * 1000 + unit_), more...));
    }
    void rule(const std::string& text) { rules_ += text; }
    void finish() { to_.configuration += rules_; }

private:
    Community& to_;
    std::uint64_t seed_;
    unsigned unit_ = 0;
    std::string rules_;
};

std::string numbered(const char* kind, int i) {
    return std::string(kind) + "-" + std::to_string(i + 1);
}

void add_wells(Builder& builder, int many) {
    const std::string levels =
        "[device.rule.level-high]\nlevels = [{ limit = 2.4, severity = \"moderate\" }, { limit = 2.7, "
        "severity = "
        "\"major\" }, { limit = 3.0, severity = \"critical\" }]\n";
    for (int i = 0; i < many; ++i) {
        builder.add<Well>(numbered("well", i), "qdy30a", "well-level", 10, levels, i % 2 == 0 ? 0.0 : 180.0);
        if (i % 2 == 1) {
            const std::string upper = numbered("well", i - 1);
            builder.rule(
                "[[rule]]\nname = \"blocked-below-" + upper + "\"\nkind = \"all\"\nof = [\"" + upper +
                "/level-climbing\", \"not " + numbered("well", i) +
                "/level-climbing\"]\nwithin = \"20min\"\noff_delay = \"10min\"\nseverity = \"major\"\n");
        }
    }
}

}  // namespace

Community make_community(double scale, std::uint64_t seed) {
    Community community;
    Builder builder(community, seed);
    const auto many = [scale](int of_hundred) {
        return std::max(1, static_cast<int>(std::lround(of_hundred * scale)));
    };
    const auto each = [&](int of_hundred, const auto& add) {
        for (int i = 0; i < many(of_hundred); ++i) {
            add(i);
        }
    };
    const std::string gas = "[device.rule.gas-high]\nlimit = 10\n";
    const std::string night = "[device.rule.night-flow-high]\nlimit = 9\nenabled = true\n";
    each(12,
         [&](int i) { builder.add<Leakage>(numbered("leak", i), "acrel-asj", "electrical-fire", 2, ""); });
    each(6, [&](int i) { builder.add<Cable>(numbered("cable", i), "cet-pmc-53", "electrical-fire", 2, ""); });
    each(12, [&](int i) {
        builder.add<Cover>(numbered("cover", i), "witmotion-wt901c485", "manhole-cover", 1, "");
    });
    each(10, [&](int i) { builder.add<Cover>(numbered("lid", i), "sst810", "manhole-cover", 2, ""); });
    each(8, [&](int i) {
        builder.add<Magnetometer>(numbered("lane", i), "witmotion-wt901c485", "fire-lane", 1, "");
    });
    each(4,
         [&](int i) { builder.add<Gauge>(numbered("gauge", i), "banner-dx80-m-gage", "fire-lane", 1, ""); });
    add_wells(builder, std::max(2, many(12) / 2 * 2));
    each(6, [&](int i) { builder.add<Road>(numbered("road", i), "qdy30a", "road-flood", 5, ""); });
    each(4, [&](int i) { builder.add<Main>(numbered("main", i), "kaifeng-xintai", "water-main", 5, ""); });
    each(4, [&](int i) { builder.add<Main>(numbered("flow", i), "kaifeng-xintai", "flow", 5, night); });
    each(4, [&](int i) { builder.add<H2s>(numbered("h2s", i), "seeed-s-h2s-01", "gas-well", 1, ""); });
    each(2, [&](int i) { builder.add<Midas>(numbered("midas", i), "honeywell-midas", "gas-well", 1, gas); });
    each(2, [&](int i) { builder.add<FourGas>(numbered("air", i), "four-gas", "gas-well", 1, ""); });
    each(6, [&](int i) { builder.add<Smoke>(numbered("smoke", i), "calectro-ug3", "smoke", 1, ""); });
    each(8, [&](int i) { builder.add<Meter>(numbered("meter", i), "eastron-sdm630", "power-meter", 5, ""); });
    builder.finish();
    return community;
}

namespace {

/// A kind of danger: at which kind of device, how long, what it must raise and how soon.
struct Kind {
    const char* what;
    const char* device;
    double minutes;
    const char* rule;
    Severity least;
    double promised;
    std::vector<std::string> also;
    double hour = -1;  ///< when it must be, if that matters
};

const std::vector<Kind>& kinds() {
    using enum Severity;
    static const std::vector<Kind> kAll{
        {"insulation fails", "leak", 20, "residual-current-high", kMajor, 30, {}},
        {"insulation gets wet", "leak", 420, "residual-current-high", kModerate, 30, {}},
        {"transformer torn off", "leak", 20, "sensor-fault", kModerate, 15, {}},
        {"joint gets hot", "cable", 30, "cable-temperature-high", kMajor, 30, {"cable-temperature-rising"}},
        {"joint gets hot", "cable", 30, "cable-temperature-rising", kModerate, 0, {"cable-temperature-high"}},
        {"opened", "cover", 10, "cover-moved", kMajor, 30, {}},
        {"eased up slowly", "cover", 60, "cover-moved", kMajor, 30, {}},
        {"overturned", "lid", 10, "cover-moved", kCritical, 30, {}},
        {"eased up slowly", "lid", 60, "cover-moved", kMajor, 30, {}},
        {"stolen", "cover", 10, "silent", kModerate, 45, {}},
        {"vehicle parks", "lane", 40, "lane-field", kModerate, 210, {}},
        {"vehicle stays", "lane", 200, "lane-field", kMajor, 1860, {}},
        {"vehicle parks", "gauge", 40, "lane-blocked", kModerate, 210, {}},
        {"cloudburst", "well", 50, "level-high", kModerate, 60, {"blocked-below"}},
        {"pipe blocked", "well", 60, "blocked-below", kMajor, 2400, {"level-high"}},
        {"road floods", "road", 30, "road-flooded", kCritical, 30, {"water-rising"}},
        {"main bursts", "main", 20, "burst", kMajor, 120, {"pressure-falling", "pressure-low"}},
        {"hidden leak", "flow", 270, "night-flow-high", kMinor, 2100, {}, 0.5},
        {"flows backwards", "flow", 40, "flow-reverse", kMinor, 660, {}, 7},
        {"meter turned round", "flow", 40, "total-backwards", kMinor, 720, {}, 10},
        {"meter hangs", "flow", 200, "meter-frozen", kMinor, 7500, {}, 13},
        {"hydrogen sulphide", "h2s", 20, "h2s-high", kCritical, 15, {}},
        {"toxic gas", "midas", 20, "gas-high", kCritical, 15, {}, 8},
        {"left inhibited", "midas", 60, "not-protecting", kModerate, 660, {"no-gas"}, 12},
        {"methane", "air", 20, "combustible-high", kCritical, 15, {}, 4},
        {"oxygen displaced", "air", 20, "oxygen-low", kCritical, 15, {}, 8},
        {"oxygen leaks in", "air", 20, "oxygen-high", kMajor, 15, {}, 12},
        {"smoke", "smoke", 5, "smoke-detected", kCritical, 10, {}},
        {"head taken off", "smoke", 5, "detector-removed", kModerate, 20, {}},
        {"cable cut", "smoke", 5, "silent", kModerate, 45, {}},
        {"phase lost", "meter", 10, "phase-lost", kMajor, 20, {"voltage-abnormal"}},
        {"neutral broken", "meter", 10, "over-voltage", kMajor, 20, {"voltage-abnormal"}},
        {"meter freezes", "meter", 420, "reading-frozen", kMinor, 22'700, {}},
    };
    return kAll;
}

std::vector<const Model*> of_kind(const Community& community, const std::string& kind) {
    std::vector<const Model*> found;
    for (const auto& model : community.models) {
        if (model->name().starts_with(kind + "-")) {
            found.push_back(model.get());
        }
    }
    return found;
}

bool clashes(const std::vector<Danger>& dangers, const Danger& with) {
    constexpr double kApart = 3600;
    return std::any_of(dangers.begin(), dangers.end(), [&](const Danger& other) {
        return other.device == with.device && other.from < with.to + kApart && with.from < other.to + kApart;
    });
}

}  // namespace

std::vector<Danger> make_dangers(const Community& community, std::uint64_t seed) {
    std::vector<Danger> dangers;
    Dice dice(seed * 31 + 5);
    for (const Kind& kind : kinds()) {
        Danger danger{.what = kind.what,
                      .device = "",
                      .rule = kind.rule,
                      .least = kind.least,
                      .promised = kind.promised,
                      .also = kind.also};
        if (danger.promised == 0) {
            continue;  // listed beside the one that it comes with
        }
        const std::vector<const Model*> at = of_kind(community, kind.device);
        do {
            std::size_t index = static_cast<std::size_t>(dice.uniform() * static_cast<double>(at.size()));
            if (danger.rule == "blocked-below") {
                index = index / 2 * 2;  // the upper one of a pair
            }
            danger.device = at[index]->name();
            const double latest = 23.5 - kind.minutes / 60;
            danger.from = (kind.hour >= 0 ? kind.hour : dice.between(1, latest)) * 3600 + dice.between(0, 60);
            danger.to = danger.from + kind.minutes * 60;
        } while (clashes(dangers, danger));
        if (danger.rule == "blocked-below") {
            danger.rule += "-" + danger.device;
        }
        dangers.push_back(danger);
    }
    return dangers;
}

}  // namespace gengfu::test
