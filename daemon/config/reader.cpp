#include "daemon/config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/config/text.hpp"
#include "daemon/core/plain_text.hpp"

namespace gengfu::config {
namespace {

/// "[[device.channel]]": how the file writes it; profiles and classes are files of their own.
std::string list_header(std::string_view schema, std::string_view key) {
    for (const std::string_view file : {"profile.", "profile", "class"}) {
        if (schema.starts_with(file)) {
            schema.remove_prefix(file.size());
        }
    }
    return fmt::format("[[{}{}{}]]", schema, schema.empty() ? "" : ".", key);
}

/// "60", "0.5", and never "1e+05".
std::string plain(double number) {
    constexpr double kExact = 1e15;
    if (std::abs(number) < kExact && number == std::trunc(number)) {
        return fmt::format("{:.0f}", number);
    }
    return fmt::format("{}", number);
}

/// "a number from 0 to 5", "a number of at least 0", "a number".
std::string number_form(double low, double high) {
    constexpr double kUnbounded = 1e15;
    if (high < kUnbounded) {
        return fmt::format("a number from {} to {}", plain(low), plain(high));
    }
    return low > -kUnbounded ? fmt::format("a number of at least {}", plain(low)) : "a number";
}

std::optional<double> as_number(const Node& node) {
    if (node.kind == Node::Kind::kInteger) {
        return static_cast<double>(node.integer);
    }
    if (node.kind == Node::Kind::kFloat && std::isfinite(node.number)) {
        return node.number;
    }
    return std::nullopt;
}

}  // namespace

Reader::Reader(const Node& table, std::string schema, std::string subject, Report& report)
    : table_(table), schema_(std::move(schema)), subject_(std::move(subject)), report_(report) {}

At Reader::at(std::string_view key) const {
    const Entry* const entry = table_.find(key);
    return entry == nullptr ? table_.at : entry->value.at;
}

At Reader::uppermost(std::initializer_list<std::string_view> keys) const {
    const Entry* first = nullptr;
    for (const std::string_view key : keys) {
        const Entry* const entry = table_.find(key);
        if (entry != nullptr && entry->value.at.file == table_.at.file) {
            return entry->value.at;
        }
        first = first == nullptr ? entry : first;
    }
    return first == nullptr ? table_.at : first->value.at;
}

const Node* Reader::any(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        known_.emplace_back(key);
    }
    const Entry* const entry = table_.find(key);
    return entry == nullptr ? nullptr : &entry->value;
}

bool Reader::require(std::string_view key) {
    if (any(key) != nullptr) {
        return true;
    }
    report_.error(table_.at, fmt::format("{}: {} is missing", subject_, key));
    return false;
}

std::optional<std::string> Reader::text(std::string_view key, std::size_t limit) {
    const Node* const node = any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->kind != Node::Kind::kString) {
        wrong(*node, key, "a string");
        return std::nullopt;
    }
    if (node->text.size() > limit) {
        report_.error(node->at, fmt::format("{}: {} must be at most {} bytes long; it has {}", subject_, key,
                                            limit, node->text.size()));
        return std::nullopt;
    }
    if (!is_plain(node->text)) {
        report_.error(node->at, fmt::format("{}: {} must not contain line ends or other control characters",
                                            subject_, key));
        return std::nullopt;
    }
    return node->text;
}

std::optional<bool> Reader::boolean(std::string_view key) {
    const Node* const node = any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->kind != Node::Kind::kBoolean) {
        wrong(*node, key, "true or false");
        return std::nullopt;
    }
    return node->flag;
}

std::optional<double> Reader::number(std::string_view key, double low, double high) {
    const Node* const node = any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    const std::optional<double> value = as_number(*node);
    if (!value || *value < low || *value > high) {
        wrong(*node, key, number_form(low, high));
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> Reader::integer(std::string_view key, std::int64_t low, std::int64_t high) {
    const Node* const node = any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->kind != Node::Kind::kInteger || node->integer < low || node->integer > high) {
        const bool whole = node->kind == Node::Kind::kFloat && node->number == std::trunc(node->number);
        wrong(*node, key,
              fmt::format("a whole number from {} to {}{}", low, high, whole ? ", without a point" : ""));
        return std::nullopt;
    }
    return node->integer;
}

std::optional<Duration> Reader::duration(std::string_view key, Duration low, Duration high) {
    const std::optional<Duration> value = parsed(key, parse_duration);
    if (value && (*value < low || *value > high)) {
        wrong(key, fmt::format("from {} to {}", to_text(low), to_text(high)));
        return std::nullopt;
    }
    return value;
}

std::optional<std::uint64_t> Reader::size(std::string_view key, std::uint64_t low, std::uint64_t high) {
    const std::optional<std::uint64_t> value = parsed(key, parse_size);
    if (value && (*value < low || *value > high)) {
        wrong(key, fmt::format("from {} to {}", size_to_text(low), size_to_text(high)));
        return std::nullopt;
    }
    return value;
}

const Node* Reader::table(std::string_view key) {
    const Node* const node = any(key);
    if (node != nullptr && node->kind != Node::Kind::kTable) {
        wrong(*node, key, "a table");
        return nullptr;
    }
    return node;
}

std::vector<const Node*> Reader::tables(std::string_view key, std::size_t limit) {
    const Node* const node = any(key);
    std::vector<const Node*> result;
    if (node == nullptr) {
        return result;
    }
    if (node->kind == Node::Kind::kTable) {
        report_.mark_incomplete();
        report_.error(node->at,
                      fmt::format("{}: {} may stand there several times: write {} with two brackets",
                                  subject_, key, list_header(schema_, key)));
        return result;
    }
    if (node->kind != Node::Kind::kList) {
        report_.mark_incomplete();
        wrong(*node, key, fmt::format("tables, each below its {}", list_header(schema_, key)));
        return result;
    }
    if (list(key, limit) == nullptr) {
        return result;
    }
    for (const Node& item : node->items) {
        if (item.kind == Node::Kind::kTable) {
            result.push_back(&item);
        } else {
            wrong(item, key, "a list of tables");
        }
    }
    return result;
}

const Node* Reader::list(std::string_view key, std::size_t limit) {
    const Node* const node = any(key);
    if (node == nullptr) {
        return nullptr;
    }
    if (node->kind != Node::Kind::kList) {
        wrong(*node, key, "a list");
        return nullptr;
    }
    if (node->items.size() > limit) {
        report_.mark_incomplete();
        report_.error(node->at, fmt::format("{}: {} must have at most {} entries; it has {}", subject_, key,
                                            limit, node->items.size()));
        return nullptr;
    }
    return node;
}

std::vector<std::string> Reader::texts(std::string_view key, std::size_t limit) {
    std::vector<std::string> result;
    const Node* const node = list(key, limit);
    for (const Node& item : node == nullptr ? std::vector<Node>{} : node->items) {
        if (item.kind == Node::Kind::kString && item.text.size() <= kMaxTitle && is_plain(item.text)) {
            result.push_back(item.text);
        } else {
            wrong(item, key, "a list of strings");
        }
    }
    return result;
}

std::vector<double> Reader::numbers(std::string_view key) {
    std::vector<double> result;
    const Node* const node = any(key);
    if (node == nullptr) {
        return result;
    }
    if (const std::optional<double> single = as_number(*node)) {
        return {*single};
    }
    if (node->kind != Node::Kind::kList) {
        wrong(*node, key, "a number or a list of numbers");
        return result;
    }
    if (list(key) == nullptr) {
        return result;
    }
    for (const Node& item : node->items) {
        if (const std::optional<double> value = as_number(item)) {
            result.push_back(*value);
        } else {
            wrong(item, key, "a number or a list of numbers");
        }
    }
    if (node->items.empty()) {
        error(key, fmt::format("{} must not be empty", key));
    }
    return result;
}

void Reader::wrong(std::string_view key, std::string_view expected) {
    const Entry* const entry = table_.find(key);
    wrong(entry == nullptr ? table_ : entry->value, key, expected);
}

void Reader::wrong(const Node& node, std::string_view key, std::string_view expected) {
    report_.error(node.at,
                  fmt::format("{}: {} must be {}; found {}", subject_, key, expected, describe(node)));
}

void Reader::wrong_word(const Node& node, std::string_view key, const std::vector<std::string>& known) {
    std::vector<std::string> shown;
    for (const std::string& word : known) {
        shown.push_back(in_quotes(word));
    }
    const std::string hint = node.kind == Node::Kind::kString ? did_you_mean(node.text, known) : "";
    report_.error(node.at, fmt::format("{}: {} must be {}; found {}{}", subject_, key, one_of(shown),
                                       describe(node), hint));
}

void Reader::error(std::initializer_list<std::string_view> keys, std::string_view message) {
    report_.error(uppermost(keys), fmt::format("{}: {}", subject_, message));
}

void Reader::error(std::string_view key, std::string_view message) {
    report_.error(at(key), fmt::format("{}: {}", subject_, message));
}

void Reader::warning(std::string_view key, std::string_view message) {
    report_.warning(at(key), fmt::format("{}: {}", subject_, message));
}

void Reader::finish() {
    report_.note_keys(schema_, known_);
    for (const Entry& entry : table_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) == known_.end()) {
            report_.error(entry.at, fmt::format("{}: unknown key {}{}", subject_, in_quotes(entry.key),
                                                did_you_mean(entry.key, known_)));
        }
    }
}

}  // namespace gengfu::config
