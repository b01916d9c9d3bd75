#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// The rule by which the registers of `bench_slave` change. Slave and listener are given the same rule, so
/// whoever sees a value knows to the nanosecond when the register took it, and nothing has to be recorded.
namespace gengfu::bench {

enum class Pattern : std::uint8_t {
    kCount,      ///< the number of the change, modulo 65536
    kAlternate,  ///< the number of the change, and kHigh more at every odd one: crosses a limit of kHigh
};

/// Added at odd changes of kAlternate; numbers of changes must stay below it.
inline constexpr std::uint16_t kHigh = 10000;

/// All registers of all units take a new value every `step`, on CLOCK_MONOTONIC.
struct Change {
    std::chrono::nanoseconds start{};  ///< on the monotonic clock: number 0
    std::chrono::nanoseconds step{1};
    Pattern pattern = Pattern::kCount;

    /// What the registers hold at `now`.
    [[nodiscard]] std::uint16_t value_at(std::chrono::nanoseconds now) const {
        const auto number = static_cast<std::uint64_t>((now - start) / step);
        const bool high = pattern == Pattern::kAlternate && number % 2 == 1;
        return static_cast<std::uint16_t>(number + (high ? kHigh : 0));
    }
    /// Number of the change that gave `value`; none for a value that the rule never gives. Of kCount it is
    /// right for the first 65536 changes.
    [[nodiscard]] std::optional<std::uint64_t> number_of(double value) const {
        if (!(value >= 0 && value <= 65535)) {
            return std::nullopt;
        }
        const auto whole = static_cast<std::uint64_t>(value);
        return pattern == Pattern::kAlternate && whole >= kHigh ? whole - kHigh : whole;
    }
    /// When change `number` happened, on the monotonic clock.
    [[nodiscard]] std::chrono::nanoseconds time_of(std::uint64_t number) const {
        return start + step * static_cast<std::int64_t>(number);
    }
};

inline std::optional<Pattern> pattern_of(std::string_view word) {
    if (word == "count") {
        return Pattern::kCount;
    }
    return word == "alternate" ? std::optional(Pattern::kAlternate) : std::nullopt;
}

inline std::chrono::nanoseconds monotonic_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace gengfu::bench
