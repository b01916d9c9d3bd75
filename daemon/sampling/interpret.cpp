#include "daemon/sampling/interpret.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/core/decimal.hpp"
#include "daemon/core/units.hpp"

namespace gengfu::sampling {
namespace {

/// More decimals than a double has digits: the register holds something else.
constexpr double kMostDecimals = 15;

void make_bad(Sample& sample, Reason reason) {
    if (sample.quality != Quality::kBad) {
        sample.quality = Quality::kBad;
        sample.reason = reason;
    }
}

void make_uncertain(Sample& sample, Reason reason) {
    if (sample.quality == Quality::kGood) {
        sample.quality = Quality::kUncertain;
        sample.reason = reason;
    }
}

bool contains(const std::vector<double>& values, double value) {
    return std::any_of(values.begin(), values.end(), [&](double one) { return is_at(value, one); });
}

bool holds(const config::Range& range, double value) {
    return is_at_least(value, range.low) && is_at_most(value, range.high);
}

bool holds(const config::GoodWhen& condition, double value) {
    return (condition.equals.empty() || contains(condition.equals, value)) &&
           (!condition.at_least || is_at_least(value, *condition.at_least)) &&
           (!condition.at_most || is_at_most(value, *condition.at_most));
}

}  // namespace

Interpreter::Interpreter(const config::Profile& profile, PointId first_point)
    : profile_(&profile), first_point_(first_point), known_(profile.points.size()) {
    std::vector<std::string> names;
    for (const config::PointSpec& spec : profile.points) {
        names.push_back(spec.name);
    }
    for (std::size_t i = 0; i < profile.points.size(); ++i) {
        if (!profile.points[i].is_virtual()) {
            continue;
        }
        // The configuration was accepted with it: it can be parsed.
        if (auto parsed = config::Expression::parse(profile.points[i].expression, names)) {
            virtual_.push_back({static_cast<config::PointRef>(i), std::move(*parsed)});
        }
    }
    if (!virtual_.empty()) {
        latest_.resize(profile.points.size());
    }
}

void Interpreter::interpret(std::span<const Reading> readings, std::vector<Sample>& out) {
    // Points that others lean on first: a scaled value may need another point of the same poll.
    for (const Reading& reading : readings) {
        note(reading);
    }
    follow_states(readings);
    for (const Reading& reading : readings) {
        out.push_back(measure(reading));
        if (!latest_.empty()) {
            latest_[reading.point] = out.back();
        }
    }
    for (const Virtual& one : virtual_) {
        work_out(one, readings, out);
    }
}

void Interpreter::work_out(const Virtual& one, std::span<const Reading> readings, std::vector<Sample>& out) {
    const config::PointSpec& spec = profile_->points[one.point];
    const auto is_input = [&](const Reading& reading) {
        return std::binary_search(spec.inputs.begin(), spec.inputs.end(), reading.point);
    };
    if (std::none_of(readings.begin(), readings.end(), is_input)) {
        return;
    }
    Sample sample;
    sample.point = PointId{first_point_.value + one.point};
    sample.quality = Quality::kGood;
    inputs_.clear();
    for (const config::PointRef input : spec.inputs) {
        const Sample& of = latest_[input];
        if (of.taken == Monotonic{}) {
            make_bad(sample, Reason::kNotGoodWhen);  // not read yet
        } else if (of.quality == Quality::kBad) {
            make_bad(sample, of.reason);
            sample.exception = sample.reason == of.reason ? of.exception : sample.exception;
        } else if (of.quality == Quality::kUncertain) {
            make_uncertain(sample, of.reason);
        }
        inputs_.push_back(of.value);
        sample.taken = std::max(sample.taken, of.taken);
    }
    if (sample.quality != Quality::kBad) {
        const double value = as_written(one.expression.value(inputs_));
        if (!std::isfinite(value)) {
            make_bad(sample, Reason::kNotANumber);
        } else {
            sample.value = spec.zero_below && is_below(std::abs(value), *spec.zero_below) ? 0.0 : value;
            if (spec.range && !holds(*spec.range, value)) {
                make_bad(sample, Reason::kOutOfRange);
            }
        }
    }
    out.push_back(sample);
}

void Interpreter::note(const Reading& reading) {
    Known& known = known_[reading.point];
    known.value.reset();
    known.failed = reading.reason;
    if (!reading.raw) {
        return;
    }
    const config::PointSpec& spec = profile_->points[reading.point];
    if (reading.raw->not_a_number) {
        known.failed = Reason::kNotANumber;
    } else if (reading.raw->sentinel) {
        known.failed = Reason::kSentinel;
    } else {
        known.value = reading.raw->value * spec.scale + spec.offset;
    }
}

void Interpreter::follow_states(std::span<const Reading> readings) {
    for (const Reading& reading : readings) {
        const std::optional<double> value = known_[reading.point].value;
        if (!value) {
            continue;
        }
        if (profile_->protecting && profile_->protecting->point == reading.point) {
            if (!contains(profile_->protecting->in, *value)) {
                protecting_since_.reset();
                was_unprotected_ = true;
            } else if (!protecting_since_) {
                protecting_since_ = reading.taken;
            }
        }
        if (profile_->alive && profile_->alive->toggles_within && profile_->alive->point == reading.point &&
            heartbeat_ != value) {
            heartbeat_ = value;
            heartbeat_changed_ = reading.taken;
        }
    }
}

std::optional<double> Interpreter::scaled(const config::PointSpec& spec, double raw, Reason& why) const {
    double value = raw * spec.scale;
    if (spec.decimals_from) {
        const Known& decimals = known_[*spec.decimals_from];
        if (!decimals.value || *decimals.value < 0 || *decimals.value > kMostDecimals) {
            why = decimals.failed == Reason::kNone ? Reason::kOutOfRange : decimals.failed;
            return std::nullopt;
        }
        value /= std::pow(10.0, *decimals.value);
    }
    if (spec.unit_from) {
        const Known& code = known_[spec.unit_from->point];
        if (!code.value) {
            why = code.failed == Reason::kNone ? Reason::kNotGoodWhen : code.failed;
            return std::nullopt;
        }
        const auto word = spec.unit_from->map.find(static_cast<std::int64_t>(*code.value));
        const auto factor = unit_factor(
            word == spec.unit_from->map.end() ? spec.unit_from->otherwise : word->second, spec.unit);
        if (!factor) {
            why = Reason::kNotGoodWhen;
            return std::nullopt;
        }
        value *= *factor;
    }
    // Not rounded to what a person would write: telemetry carries it as a number of steps, and gives back
    // exactly this. Whatever compares it does so as decimal numbers (core/decimal).
    return value + spec.offset;
}

Sample Interpreter::measure(const Reading& reading) const {
    const config::PointSpec& spec = profile_->points[reading.point];
    Sample sample;
    sample.point = PointId{first_point_.value + reading.point};
    sample.taken = reading.taken;
    if (!reading.raw) {
        sample.reason = reading.reason;
        sample.exception = reading.exception;
        return sample;
    }
    if (reading.raw->not_a_number) {
        sample.reason = Reason::kNotANumber;
        return sample;
    }
    if (reading.raw->sentinel) {
        sample.reason = Reason::kSentinel;
        return sample;
    }
    sample.quality = Quality::kGood;
    if (spec.type == config::Type::kString) {
        sample.text = reading.raw->text;
    } else {
        Reason why = Reason::kNone;
        const std::optional<double> value = scaled(spec, reading.raw->value, why);
        if (!value || !std::isfinite(*value)) {
            sample.quality = Quality::kBad;
            sample.reason = value ? Reason::kNotANumber : why;
            return sample;
        }
        sample.value = spec.zero_below && is_below(std::abs(*value), *spec.zero_below) ? 0.0 : *value;
        if (spec.range && !holds(*spec.range, sample.value)) {
            make_bad(sample, Reason::kOutOfRange);
        }
    }
    qualify(spec, reading.point, sample);
    return sample;
}

void Interpreter::qualify(const config::PointSpec& spec, config::PointRef ref, Sample& sample) const {
    // The state itself must stay readable in every state, and so must the heartbeat.
    const bool tells_state = (profile_->protecting && profile_->protecting->point == ref) ||
                             (profile_->alive && profile_->alive->point == ref);
    if (!tells_state) {
        if (!protecting(sample.taken)) {
            make_bad(sample, Reason::kNotProtecting);
        }
        if (stale(sample.taken)) {
            make_bad(sample, Reason::kStaleAtDevice);
        }
    }
    for (const config::GoodWhen& condition : spec.good_when) {
        const Known& other = known_[condition.point];
        if (!other.value) {
            // What would qualify the value could not be read: it may be right.
            make_uncertain(sample, Reason::kNotGoodWhen);
        } else if (!holds(condition, *other.value)) {
            condition.otherwise_uncertain ? make_uncertain(sample, Reason::kNotGoodWhen)
                                          : make_bad(sample, Reason::kNotGoodWhen);
        }
    }
}

bool Interpreter::protecting(Monotonic now) const {
    if (!profile_->protecting) {
        return true;
    }
    if (!known_[profile_->protecting->point].value || !protecting_since_) {
        return false;  // unknown is not "protects"
    }
    return !was_unprotected_ || now - *protecting_since_ >= profile_->protecting->settle;
}

bool Interpreter::stale(Monotonic now) const {
    if (!profile_->alive) {
        return false;
    }
    const config::Alive& alive = *profile_->alive;
    const std::optional<double> value = known_[alive.point].value;
    if (!value) {
        return true;
    }
    return (alive.at_most && is_above(*value, *alive.at_most)) ||
           (alive.toggles_within && now - heartbeat_changed_ > *alive.toggles_within);
}

}  // namespace gengfu::sampling
