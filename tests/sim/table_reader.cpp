#include "tests/sim/table_reader.hpp"

#include <algorithm>
#include <utility>

#include "tests/sim/raw_text.hpp"

namespace gengfu::sim {

std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& candidates) {
    const std::string_view best = nearest(wrong, candidates);
    return best.empty() ? std::string() : "; did you mean \"" + std::string(best) + "\"?";
}

TableReader::TableReader(const Node& node, std::string what, Diagnostics& diagnostics)
    : TableReader(std::get<Table>(node.value), node.place, std::move(what), diagnostics) {}

TableReader::TableReader(const Table& table, Place place, std::string what, Diagnostics& diagnostics)
    : table_(table), place_(place), what_(std::move(what)), diagnostics_(diagnostics) {}

void TableReader::error(Place place, std::string what) {
    diagnostics_.push_back({place, what_.empty() ? std::move(what) : what_ + ": " + what});
}

void TableReader::wrong(const Node& node, std::string_view key, std::string_view wanted) {
    error(node.place, "`" + std::string(key) + "` must be " + std::string(wanted));
}

const Node* TableReader::node(std::string_view key, Need need) {
    asked_.push_back(key);
    const auto it =
        std::find_if(table_.begin(), table_.end(), [key](const Entry& entry) { return entry.key == key; });
    if (it != table_.end()) {
        return &it->node;
    }
    if (need == Need::kRequired) {
        error(place_, "`" + std::string(key) + "` is missing");
    }
    return nullptr;
}

Place TableReader::place_of(std::string_view key) const {
    const auto it =
        std::find_if(table_.begin(), table_.end(), [key](const Entry& entry) { return entry.key == key; });
    return it == table_.end() ? place_ : it->node.place;
}

std::optional<std::string> TableReader::text(std::string_view key, Need need) {
    const Node* found = node(key, need);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* value = std::get_if<std::string>(&found->value);
    if (value == nullptr || value->empty()) {
        wrong(*found, key, "a text");
        return std::nullopt;
    }
    return *value;
}

std::optional<std::string> TableReader::choice(std::string_view key, Need need,
                                               const std::vector<std::string_view>& choices) {
    std::optional<std::string> value = text(key, need);
    if (value && std::find(choices.begin(), choices.end(), *value) == choices.end()) {
        std::string list;
        for (const std::string_view one : choices) {
            list += (list.empty() ? "" : ", ") + std::string(one);
        }
        error(place_of(key), "`" + std::string(key) + "` is \"" + *value + "\", not one of " + list +
                                 did_you_mean(*value, choices));
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, Need need, std::int64_t low,
                                                 std::int64_t high) {
    const Node* found = node(key, need);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* value = std::get_if<std::int64_t>(&found->value);
    if (value == nullptr || *value < low || *value > high) {
        wrong(*found, key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
        return std::nullopt;
    }
    return *value;
}

std::optional<double> TableReader::fraction(std::string_view key, Need need) {
    const Node* found = node(key, need);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* real = std::get_if<double>(&found->value);
    const auto* whole = std::get_if<std::int64_t>(&found->value);
    const double value = real != nullptr ? *real : whole != nullptr ? static_cast<double>(*whole) : -1.0;
    if (!(value >= 0.0 && value <= 1.0)) {
        wrong(*found, key, "a number from 0 to 1");
        return std::nullopt;
    }
    return value;
}

std::optional<bool> TableReader::flag(std::string_view key) {
    const Node* found = node(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* value = std::get_if<bool>(&found->value);
    if (value == nullptr) {
        wrong(*found, key, "true or false");
        return std::nullopt;
    }
    return *value;
}

std::optional<Nanoseconds> TableReader::duration(std::string_view key, Need need) {
    const Node* found = node(key, need);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* value = std::get_if<std::string>(&found->value);
    const auto parsed = value != nullptr ? parse_duration(*value) : std::nullopt;
    if (!parsed) {
        wrong(*found, key, "a duration such as \"12.5s\" or \"20ms\", at most 24h");
    }
    return parsed;
}

std::optional<std::uint16_t> TableReader::address(std::string_view key, Need need) {
    const Node* found = node(key, need);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (const auto* whole = std::get_if<std::int64_t>(&found->value);
        whole != nullptr && *whole >= 0 && *whole <= 0xFFFF) {
        return static_cast<std::uint16_t>(*whole);
    }
    wrong(*found, key, "a wire address such as 0x0034");
    return std::nullopt;
}

std::optional<Space> TableReader::space(std::string_view key) {
    const auto name = choice(key, Need::kRequired, {"coil", "discrete", "input", "holding"});
    return name ? parse_space(*name) : std::nullopt;
}

std::optional<std::vector<std::uint16_t>> TableReader::words(std::string_view key, Need need) {
    const Node* found = node(key, need);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto* value = std::get_if<std::string>(&found->value);
    auto parsed = value != nullptr ? parse_words(*value) : std::nullopt;
    if (!parsed) {
        wrong(*found, key, "words of four hexadecimal digits such as \"41C8 0000\"");
    }
    return parsed;
}

void TableReader::finish() {
    for (const Entry& entry : table_) {
        if (std::find(asked_.begin(), asked_.end(), entry.key) == asked_.end()) {
            error(entry.place,
                  "nothing is called `" + entry.key + "` here" + did_you_mean(entry.key, asked_));
        }
    }
}

}  // namespace gengfu::sim
