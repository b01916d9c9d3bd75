#include "daemon/config/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/config/text.hpp"

namespace gengfu::config {

const Entry* find_entry(const std::vector<Entry>& entries, std::string_view key) {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

const Entry* Node::find(std::string_view key) const {
    return find_entry(entries, key);
}

Entry* Node::find(std::string_view key) {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

std::string describe(const Node& node) {
    switch (node.kind) {
        case Node::Kind::kString:
            return "the string " + in_quotes(node.text);
        case Node::Kind::kInteger:
            return fmt::format("the integer {}", node.integer);
        case Node::Kind::kFloat:
            // 80.0 and not 80, which would be right where a whole number is wanted.
            return std::abs(node.number) < 1e15 && node.number == std::trunc(node.number)
                       ? fmt::format("the number {:.1f}", node.number)
                       : fmt::format("the number {}", node.number);
        case Node::Kind::kBoolean:
            return node.flag ? "true" : "false";
        case Node::Kind::kTime:
            return "a date or time";
        case Node::Kind::kList:
            return "a list";
        case Node::Kind::kTable:
            return "a table";
    }
    return "something else";
}

void overlay(Node& below, const Node& above) {
    for (const Entry& entry : above.entries) {
        Entry* const existing = below.find(entry.key);
        if (existing == nullptr) {
            below.entries.push_back(entry);
        } else if (existing->value.kind == Node::Kind::kTable && entry.value.kind == Node::Kind::kTable) {
            overlay(existing->value, entry.value);
        } else {
            *existing = entry;
        }
    }
}

}  // namespace gengfu::config
