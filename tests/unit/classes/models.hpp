#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/core/severity.hpp"

/// Simulated places: what their sensors say at any moment of a day, and what dangers look like there. All
/// numbers are those of parameters.hpp.
namespace gengfu::test {

/// Chance by a seed, the same on every machine.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    double uniform() { return static_cast<double>(random_() >> 11U) * 0x1p-53; }
    double between(double low, double high) { return low + (high - low) * uniform(); }
    double normal(double sigma) {
        // Sum of uniforms: close to the bell up to three sigmas and no further, without a library's own ways.
        double sum = 0;
        for (int i = 0; i < 12; ++i) {
            sum += uniform();
        }
        return sigma * (sum - 6);
    }
    bool chance(double share) { return uniform() < share; }

private:
    std::mt19937_64 random_;
};

/// Something dangerous at one device, and what must come of it.
struct Danger {
    std::string what;
    std::string device;
    double from = 0, to = 0;  ///< seconds of the day
    std::string rule;         ///< that must raise; empty: nothing may
    Severity least = Severity::kMinor;
    double promised = 0;            ///< seconds from `crossed` to the alarm
    std::vector<std::string> also;  ///< how the names of rules begin that may raise beside it
    double crossed = -1;            ///< when the danger was there, without noise; by the model
    double found = -1;              ///< by the judge
};

/// What the whole community shares.
struct Weather {
    explicit Weather(std::uint64_t seed);
    double temperature(double t) const;  ///< °C
    double humidity(double t) const;     ///< 0 to 1
    double use(double t) const;          ///< of water and power, 0 to 1
    double rain(double t) const;         ///< share of an ordinary shower's height
    std::vector<double> showers;         ///< when they are at their height
    double warmer = 0;
};

struct Value {
    const char* point;
    double value;
    bool not_protecting = false;
};

/// One device.
class Model {
public:
    Model(std::string name, double interval, Dice dice)
        : name_(std::move(name)), interval_(interval), dice_(dice) {}
    virtual ~Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const std::string& name() const { return name_; }
    double interval() const { return interval_; }
    /// \param danger  under way at `t`, or null; the model notes in it when it was there
    virtual void read(double t, const Weather& weather, Danger* danger, std::vector<Value>& out) = 0;
    /// No answer comes: a cut cable, a stolen sensor.
    virtual bool gone(const Danger* danger) const;
    Dice& dice() { return dice_; }

protected:
    double noise(double sigma) { return dice_.normal(sigma); }
    /// One of so many a day falls on this sample.
    bool of_a_day(double times) { return dice_.chance(times * interval_ / 86'400); }
    static bool is(const Danger* danger, const char* what);
    static void cross(Danger* danger, double t, bool there);

private:
    std::string name_;
    double interval_;
    Dice dice_;
};

/// A community of `scale` × 100 devices: its configuration and its models.
struct Community {
    std::string configuration;
    std::vector<std::unique_ptr<Model>> models;
};
Community make_community(double scale, std::uint64_t seed);

/// Every danger that there is, each at a device of its kind, spread over the day.
std::vector<Danger> make_dangers(const Community& community, std::uint64_t seed);

}  // namespace gengfu::test
