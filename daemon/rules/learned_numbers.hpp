#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "daemon/core/time.hpp"

/// What rules have learned, as the numbers of Learned. Inside of Judge.
namespace gengfu::rules {

/// Reads numbers one after the other; those that an older release did not write are what they were.
class In {
public:
    explicit In(std::span<const double> numbers) : numbers_(numbers) {}
    /// Whether each of them was one that its place can hold.
    bool sound() const { return sound_; }

    template <class T>
    void operator()(T& to) {
        if (next_ < numbers_.size()) {
            const double number = numbers_[next_];
            const bool whole = !std::is_integral_v<T> || number == std::trunc(number);
            const bool holds = number >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
                               number <= static_cast<double>(std::numeric_limits<T>::max());
            if (whole && holds) {
                to = static_cast<T>(number);
            } else {
                sound_ = false;
            }
        }
        ++next_;
    }
    void operator()(bool& to) {
        double number = to ? 1 : 0;
        (*this)(number);
        to = number != 0;
    }
    void operator()(Duration& to) {
        double seconds = 0;
        (*this)(seconds);
        constexpr double kMost = 10.0 * 365 * 86'400;
        to = std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(std::clamp(seconds, 0.0, kMost)));
    }

private:
    std::span<const double> numbers_;
    std::size_t next_ = 0;
    bool sound_ = true;
};

class Out {
public:
    explicit Out(std::vector<double>& numbers) : numbers_(numbers) {}
    template <class T>
    void operator()(const T& from) {
        numbers_.push_back(static_cast<double>(from));
    }
    void operator()(const Duration& from) { (*this)(std::chrono::duration<double>(from).count()); }

private:
    std::vector<double>& numbers_;
};

/// The order of the numbers of each kind. New ones go to the end.
template <class Visit, class State>
void each_of_moved(Visit& visit, State& state) {
    for (std::size_t i = 0; i < 3; ++i) {
        visit(state.home.at(i));
    }
    for (std::size_t i = 0; i < 3; ++i) {
        visit(state.reference.at(i));
    }
    visit(state.settled_s);
    visit(state.knocks);
}

template <class Visit, class State>
void each_of_occupied(Visit& visit, State& state) {
    for (std::size_t i = 0; i < 3; ++i) {
        visit(state.base.at(i));
        visit(state.mean.at(i));
        visit(state.together.at(i));
    }
    visit(state.mean_warm);
    visit(state.warm_variance);
    visit(state.warm);
    visit(state.variance);
    visit(state.learned_s);
    bool occupied = false;  // older releases kept these here; now they are with the timers, which are younger
    Duration taken{};
    visit(occupied);
    visit(state.reversed);
    visit(taken);
    visit(state.warm_known);
    visit(state.mean_known);
}

template <class Visit, class State>
void each_of_growth(Visit& visit, State& state) {
    visit(state.day_count);
    visit(state.next_day);
    visit(state.value_count);
    visit(state.of_day);
    visit(state.latest);
    visit(state.usual);
    for (std::size_t i = 0; i < state.days.size(); ++i) {
        visit(state.days.at(i));
    }
    for (std::size_t i = 0; i < state.values.size(); ++i) {
        visit(state.values.at(i));
    }
}

}  // namespace gengfu::rules
