#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "tests/bench/change.hpp"

namespace gengfu::bench {

/// `--name value` pairs of a command line; all of them are required by who asks.
class Options {
public:
    /// \retval Errc::kInvalid  not in pairs, or a name without dashes.
    static Result<Options> parse(int count, char** words) {
        Options options;
        for (int i = 1; i < count; i += 2) {
            const std::string_view name = words[i];
            if (!name.starts_with("--") || i + 1 >= count) {
                return fail(Errc::kInvalid, "not an option with a value: " + std::string(name));
            }
            options.values_[std::string(name.substr(2))] = words[i + 1];
        }
        return options;
    }
    /// \retval Errc::kInvalid  not given.
    [[nodiscard]] Result<std::string> text(const std::string& name) const {
        const auto found = values_.find(name);
        if (found == values_.end()) {
            return fail(Errc::kInvalid, "--" + name + " is missing");
        }
        return found->second;
    }
    /// \retval Errc::kInvalid  not given, or no number from `lowest` to `highest`.
    [[nodiscard]] Result<std::int64_t> number(const std::string& name, std::int64_t lowest,
                                              std::int64_t highest) const {
        const Result<std::string> word = text(name);
        if (!word) {
            return fail(word.error().code, word.error().what);
        }
        std::int64_t value = 0;
        const char* end = word->data() + word->size();
        const auto [stop, error] = std::from_chars(word->data(), end, value);
        if (error != std::errc() || stop != end || value < lowest || value > highest) {
            return fail(Errc::kInvalid, "--" + name + " " + *word + ": not a number from " +
                                            std::to_string(lowest) + " to " + std::to_string(highest));
        }
        return value;
    }
    /// `--start` and `--step`, in nanoseconds, and `--pattern`.
    /// \retval Errc::kInvalid  one of them is missing or wrong.
    [[nodiscard]] Result<Change> change() const {
        const auto start = number("start", 0, INT64_MAX);
        const auto step = number("step", 1000, INT64_MAX);
        const auto word = text("pattern");
        if (!start || !step || !word) {
            return fail(Errc::kInvalid, "--start, --step and --pattern say how registers change");
        }
        const auto pattern = pattern_of(*word);
        if (!pattern) {
            return fail(Errc::kInvalid, "--pattern " + *word + ": count or alternate");
        }
        return Change{std::chrono::nanoseconds(*start), std::chrono::nanoseconds(*step), *pattern};
    }

private:
    std::map<std::string, std::string> values_;
};

}  // namespace gengfu::bench
