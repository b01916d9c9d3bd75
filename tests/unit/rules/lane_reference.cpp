#include "tests/unit/rules/lane_reference.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::rules::test {
namespace {

double distance_between(const LaneReference::Field& a, const LaneReference::Field& b) {
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace

template <class Get>
double LaneReference::mean(Share share, Get get) const {
    double sum = 0;
    double left = 1;
    for (std::size_t i = values_.size(); i-- > 0 && left > 0;) {
        const double of_it = values_[i].*share;
        if (of_it > 0) {
            sum += left * of_it * get(values_[i]);
            left *= 1 - of_it;
        }
    }
    return sum;
}

LaneReference::Field LaneReference::mean_field(Share share) const {
    Field field{};
    for (std::size_t axis = 0; axis < field.size(); ++axis) {
        field[axis] = mean(share, [axis](const Value& value) { return value.field[axis]; });
    }
    return field;
}

/// Of one axis, over five minutes; a step of more than three sigmas is a vehicle and counts as three.
double LaneReference::variance() const {
    double variance = 0;
    for (const Value& value : values_) {
        const double most = 9 * std::max(variance, 0.25);
        variance = (1 - value.noise) * variance + value.noise * std::min(value.step, most);
    }
    return variance;
}

/// Over a day: of an axis with the temperature, or of the temperature itself.
double LaneReference::spread(std::optional<std::size_t> axis) const {
    return mean(&Value::covered, [axis](const Value& value) {
        return (1 - value.covered) * value.warmer * (axis ? value.off[*axis] : value.warmer);
    });
}

LaneReference::Field LaneReference::expected(std::optional<double> temperature) const {
    Field field = mean_field(&Value::base);
    const double warmth = spread(std::nullopt);
    if (!temperature || !warm_known_ || warmth < 2) {
        return field;
    }
    const double warmer = *temperature - mean(&Value::warm, [](const Value& v) { return *v.temperature; });
    for (std::size_t axis = 0; axis < field.size(); ++axis) {
        field[axis] += std::clamp(spread(axis) / warmth, -10.0, 10.0) * warmer;
    }
    return field;
}

void LaneReference::learn(Value& value, double seconds, bool between) {
    const double plain = seconds / (learned_ + seconds + 1);  // the first value stands for a second
    const bool settled = calibrated_ || learned_ >= 30;
    value.base = settled ? std::min(1.0, seconds / 300 * (between ? 0.1 : 1)) : plain;
    if (value.temperature) {
        value.warm = warm_known_ ? value.base : 1;
        if (day_known_) {
            value.mean = value.covered = std::max(seconds / 86'400, plain);
            const Field usual = mean_field(&Value::mean);
            value.warmer =
                *value.temperature - mean(&Value::mean, [](const Value& v) { return *v.temperature; });
            for (std::size_t axis = 0; axis < usual.size(); ++axis) {
                value.off[axis] = value.field[axis] - usual[axis];
            }
        } else {
            value.mean = 1;
            day_known_ = true;
        }
    }
    warm_known_ = value.temperature.has_value();
    learned_ += seconds;
}

void LaneReference::begin(Value& value) {
    value.base = value.recent = 1;
    known_ = true;
    warm_known_ = day_known_ = false;
}

/// Time counts between two values that speak for it.
void LaneReference::count(Duration stretch, bool speaks) {
    waiting_ += waits_ ? stretch : Duration::zero();
    waits_ = speaks;
    if (speaks) {
        taken_ += waiting_;
        waiting_ = {};
    }
}

void LaneReference::not_good(Duration stretch) {
    count(stretch, false);
}

LaneReference::Judged LaneReference::suspect(Value& value, Duration stretch) {
    stage_ = Stage::kSuspect;
    distance_ = value.base == 1 ? 0 : distance_between(value.field, mean_field(&Value::base));
    in_a_row_ = distance_ >= enter_ ? in_a_row_ + 1 : 0;
    if (in_a_row_ < 3) {
        values_.push_back(value);
        count(stretch, true);
        return said();
    }
    begin(value);
    values_.push_back(value);
    suspect_ = occupied_ = false;
    in_a_row_ = 0;
    taken_ = waiting_ = {};
    waits_ = false;
    return said();
}

LaneReference::Judged LaneReference::good(const Field& field, std::optional<double> temperature,
                                          Duration stretch) {
    const double seconds = std::chrono::duration<double>(stretch).count();
    Value value{.field = field, .temperature = temperature};
    value.recent = std::min(1.0, seconds / 10);
    const bool active = active_at_start_.value_or(false);
    if (!known_) {
        begin(value);
        suspect_ = active;
    }
    occupied_ = occupied_ || active;
    active_at_start_.reset();
    if (suspect_) {
        return suspect(value, stretch);
    }
    // The baseline as it was before this value; one that begins with it is the value itself.
    const Field before = value.base == 1 ? field : expected(temperature);
    const double sigma = std::sqrt(variance());
    const double enter = std::clamp(8 * sigma, enter_, 2 * enter_);
    const double leave = std::clamp(4 * sigma, leave_, 2 * leave_);
    distance_ = distance_between(field, before);
    const bool near = distance_ < leave;
    const bool far = distance_ >= enter;

    const bool was = occupied_;
    in_a_row_ = (was ? near : far) ? in_a_row_ + 1 : 0;
    if (in_a_row_ == (was ? 3 : 2)) {
        occupied_ = !was;
        in_a_row_ = 0;
        taken_ = waiting_ = {};
        waits_ = occupied_;
    } else if (was) {
        count(stretch, !near);
    }

    if (!occupied_ && !far) {
        if (near) {
            const Field lately = value.recent == 1 && value.base == 1 ? field : mean_field(&Value::recent);
            value.step = std::pow(distance_between(field, lately), 2) / 3;
            value.noise = std::min(0.5, seconds / 300);
        }
        if (value.base == 1) {  // teaches what it is itself
            value.base = 0;
            learn(value, seconds, !near);
            value.base = 1;
        } else {
            learn(value, seconds, !near);
        }
    }
    stage_ = occupied_                       ? (near ? Stage::kLeaving : Stage::kOccupied)
             : far                           ? Stage::kEntering
             : !near                         ? Stage::kBetween
             : learned_ < 30 && !calibrated_ ? Stage::kLearning
                                             : Stage::kFree;
    values_.push_back(value);
    return said();
}

void LaneReference::restart(bool active, bool forgotten) {
    active_at_start_ = active;
    in_a_row_ = 0;
    waiting_ = {};
    waits_ = false;
    taken_ = occupied_ && !suspect_ ? taken_ : Duration::zero();
    occupied_ = occupied_ && !suspect_;
    if (forgotten) {
        values_.clear();
        learned_ = 0;
        known_ = calibrated_ = suspect_ = warm_known_ = day_known_ = false;
    } else if (known_) {  // the mean of the last seconds begins with the baseline
        values_.push_back({.field = mean_field(&Value::base), .recent = 1});
    }
}

void LaneReference::calibrate(const Field& field) {
    values_.push_back({.field = field, .base = 1});
    known_ = true;
    calibrated_ = true;
    warm_known_ = day_known_ = false;
    suspect_ = occupied_ = false;
    in_a_row_ = 0;
    taken_ = waiting_ = {};
    waits_ = false;
}

}  // namespace gengfu::rules::test
