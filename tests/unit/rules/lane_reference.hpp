#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::rules::test {

/// What rule `occupied` must make of three axes, as docs/rules.md says it and as slowly: every value that was
/// ever heard is kept, and the baseline, the noise and the slope by temperature are worked out from all of
/// them as weighted means each time. Shares no code with the rule. Whether a level is in force is not its
/// business.
class LaneReference {
public:
    using Field = std::array<double, 3>;
    struct Judged {
        bool occupied = false;
        Duration taken{};  ///< occupied for, observed
        bool suspect = false;
    };
    enum class Stage { kLearning, kFree, kBetween, kEntering, kOccupied, kLeaving, kSuspect };

    LaneReference(double enter, double leave) : enter_(enter), leave_(leave) {}

    /// \param stretch  observed since the value before, good or not
    Judged good(const Field& field, std::optional<double> temperature, Duration stretch);
    void not_good(Duration stretch);

    /// \param active  the rule's alarm stands \param forgotten  what was learned is lost
    void restart(bool active, bool forgotten);
    void calibrate(const Field& field);
    /// Sigma of the noise of an axis.
    double sigma() const { return std::sqrt(variance()); }
    bool known() const { return known_; }

    /// Of the last good value.
    Stage stage() const { return stage_; }
    double distance() const { return distance_; }

private:
    /// A good value, and what share of each mean it had when it came: 1 begins one, 0 leaves it alone.
    struct Value {
        Field field{};
        std::optional<double> temperature{};
        double base = 0, warm = 0, mean = 0, noise = 0, recent = 0;
        double covered = 0;  ///< share of the spread by temperature: unlike `mean` never begun anew
        Field off{};         ///< from the means of the day as they were before it
        double warmer = 0;
        double step = 0;  ///< mean square of the axes about the mean of the last seconds
    };
    using Share = double Value::*;

    /// Mean of all values by the share of each: the newest first, each older one has what they left of it.
    template <class Get>
    double mean(Share share, Get get) const;
    Field mean_field(Share share) const;
    double variance() const;
    double spread(std::optional<std::size_t> axis) const;
    Field expected(std::optional<double> temperature) const;
    void learn(Value& value, double seconds, bool between);
    Judged suspect(Value& value, Duration stretch);
    void begin(Value& value);
    void count(Duration stretch, bool speaks);
    Judged said() const { return {occupied_, taken_, suspect_}; }

    double enter_, leave_;
    std::vector<Value> values_;
    double learned_ = 0;  ///< seconds that the baseline has been learned over
    bool known_ = false, calibrated_ = false, suspect_ = false, occupied_ = false;
    bool warm_known_ = false, day_known_ = false;
    std::optional<bool> active_at_start_;  ///< none: a good value has come since
    int in_a_row_ = 0;
    Duration taken_{}, waiting_{};
    bool waits_ = false;
    Stage stage_ = Stage::kLearning;
    double distance_ = 0;
};

}  // namespace gengfu::rules::test
