#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gengfu::config {

/// Where something stands: index of the file in the bundle (configuration, profiles, classes, in this order),
/// line and column from 1.
struct At {
    std::uint16_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct Entry;

/// A TOML value with its place, free of the TOML library: what the readers work on and what layers of
/// settings (class, profile, device) are merged as.
struct Node {
    enum class Kind : std::uint8_t { kString, kInteger, kFloat, kBoolean, kTime, kList, kTable };

    Kind kind = Kind::kTable;
    bool flag = false;           ///< kBoolean
    At at;                       ///< of the value; of a table, its header or brace
    std::int64_t integer = 0;    ///< kInteger
    double number = 0;           ///< kFloat
    std::string text;            ///< kString
    std::vector<Node> items;     ///< kList
    std::vector<Entry> entries;  ///< kTable, in the order of the file

    const Entry* find(std::string_view key) const;
    Entry* find(std::string_view key);
};

struct Entry {
    std::string key;
    At at;  ///< of the key
    Node value;
};

/// The entry with this key, or null.
const Entry* find_entry(const std::vector<Entry>& entries, std::string_view key);

/// "the string "9600"", "the integer 5", "a list": what was found, for messages. Long strings are cut.
std::string describe(const Node& node);

/// Puts `above` over `below`, key by key: tables are merged, every other value is replaced whole.
void overlay(Node& below, const Node& above);

}  // namespace gengfu::config
