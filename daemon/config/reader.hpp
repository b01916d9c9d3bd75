#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/limits.hpp"
#include "daemon/config/node.hpp"
#include "daemon/config/report.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::config {

/// Reads one table: every key is asked for by name and kind, a wrong value is reported with what was expected
/// and found, and finish() reports the keys that nobody asked for. A key that is absent or wrong gives
/// nothing; what then holds is the caller's default, and the report keeps the configuration from being used.
class Reader {
public:
    /// \param table    a kTable that outlives the reader
    /// \param schema   kind of table in the documentation: "device", "profile.point"
    /// \param subject  begins each message: "device "manhole-017""
    Reader(const Node& table, std::string schema, std::string subject, Report& report);

    const std::string& subject() const { return subject_; }
    void set_subject(std::string subject) { subject_ = std::move(subject); }
    At at() const { return table_.at; }
    Report& report() { return report_; }

    bool has(std::string_view key) const { return table_.find(key) != nullptr; }
    /// Place of a key's value, of the table when the key is absent.
    At at(std::string_view key) const;

    /// Place of the first of these keys that stands in the same file as the table: where settings were laid
    /// over those of other files, what the uppermost layer says. Else of the first that is there, else of the
    /// table.
    At uppermost(std::initializer_list<std::string_view> keys) const;

    /// Any value; null when absent.
    const Node* any(std::string_view key);
    /// Reports when the key is absent. \return whether it is there.
    bool require(std::string_view key);

    /// Free UTF-8 text of one line without control characters and the like (is_plain()), at most `limit`
    /// bytes.
    std::optional<std::string> text(std::string_view key, std::size_t limit = kMaxTitle);
    std::optional<std::string> name(std::string_view key) { return parsed(key, parse_name); }
    std::optional<bool> boolean(std::string_view key);
    std::optional<double> number(std::string_view key, double low, double high);
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
    std::optional<Duration> duration(std::string_view key, Duration low, Duration high);
    std::optional<std::uint64_t> size(std::string_view key, std::uint64_t low, std::uint64_t high);

    /// One of a few words.
    template <class Value, std::size_t Count>
    std::optional<Value> word(std::string_view key,
                              const std::array<std::pair<std::string_view, Value>, Count>& words);

    /// A string in a small language of values.hpp: `parse` is string_view → Result<Value>.
    template <class Parse>
    auto parsed(std::string_view key, Parse parse)
        -> std::optional<typename decltype(parse(std::string_view{}))::value_type>;

    /// A table or inline table; null when absent or something else (then reported).
    const Node* table(std::string_view key);
    /// [[key]] or a list of inline tables, at most `limit`; empty when absent or something else (then
    /// reported).
    std::vector<const Node*> tables(std::string_view key, std::size_t limit);
    /// A list of at most `limit`; null when absent or something else (then reported).
    const Node* list(std::string_view key, std::size_t limit = kMaxListItems);
    /// A list of free texts, or of names.
    std::vector<std::string> texts(std::string_view key, std::size_t limit);
    /// A list of numbers, or one number.
    std::vector<double> numbers(std::string_view key);

    /// "SUBJECT: KEY must be EXPECTED; found …" at the key's value.
    void wrong(std::string_view key, std::string_view expected);
    /// "SUBJECT: MESSAGE" at the key's value, or at the table.
    void error(std::string_view key, std::string_view message);
    /// The same where several keys do not go together: at the uppermost() of them.
    void error(std::initializer_list<std::string_view> keys, std::string_view message);
    void warning(std::string_view key, std::string_view message);

    /// Reports unknown keys, with what may have been meant. Call it once, last.
    void finish();

private:
    void wrong(const Node& node, std::string_view key, std::string_view expected);
    void wrong_word(const Node& node, std::string_view key, const std::vector<std::string>& known);

    const Node& table_;
    std::string schema_;
    std::string subject_;
    Report& report_;
    std::vector<std::string> known_;
};

template <class Value, std::size_t Count>
std::optional<Value> Reader::word(std::string_view key,
                                  const std::array<std::pair<std::string_view, Value>, Count>& words) {
    const Node* const node = any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> known;
    for (const auto& [word, value] : words) {
        if (node->kind == Node::Kind::kString && node->text == word) {
            return value;
        }
        known.emplace_back(word);
    }
    wrong_word(*node, key, known);
    return std::nullopt;
}

template <class Parse>
auto Reader::parsed(std::string_view key, Parse parse)
    -> std::optional<typename decltype(parse(std::string_view{}))::value_type> {
    const Node* const node = any(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    const bool is_text = node->kind == Node::Kind::kString;
    auto value = parse(is_text ? std::string_view(node->text) : std::string_view{});
    if (is_text && value) {
        return std::move(*value);
    }
    // The parsers say what they want of any text that they cannot read, so they do of the empty one.
    wrong(*node, key, value ? "a string" : std::string_view(value.error().what));
    return std::nullopt;
}

}  // namespace gengfu::config
