#include "tests/sim/toml_tree.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace gengfu::sim {
namespace {

Place place_of(const toml::source_region& source) {
    return {source.begin.line, source.begin.column};
}

Node convert(const toml::node& from, Diagnostics& diagnostics);

Table convert_table(const toml::table& from, Diagnostics& diagnostics) {
    Table table;
    for (const auto& [key, value] : from) {
        table.push_back({std::string(key.str()), place_of(key.source()), convert(value, diagnostics)});
    }
    return table;
}

Array convert_array(const toml::array& from, Diagnostics& diagnostics) {
    Array array;
    for (const toml::node& item : from) {
        array.push_back(convert(item, diagnostics));
    }
    return array;
}

Node convert(const toml::node& from, Diagnostics& diagnostics) {
    Node node{.place = place_of(from.source()), .value = std::string()};
    if (const auto* table = from.as_table()) {
        node.value = convert_table(*table, diagnostics);
    } else if (const auto* array = from.as_array()) {
        node.value = convert_array(*array, diagnostics);
    } else if (const auto* text = from.as_string()) {
        node.value = text->get();
    } else if (const auto* integer = from.as_integer()) {
        node.value = integer->get();
    } else if (const auto* real = from.as_floating_point()) {
        node.value = real->get();
    } else if (const auto* flag = from.as_boolean()) {
        node.value = flag->get();
    } else {
        diagnostics.push_back({node.place, "a scenario has no dates; times are durations such as \"12.5s\""});
    }
    return node;
}

}  // namespace

std::string print_diagnostics(std::string_view file, Diagnostics diagnostics) {
    std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    std::string out;
    for (const Diagnostic& d : diagnostics) {
        out += std::string(file) + ":" + std::to_string(d.place.line) + ":" + std::to_string(d.place.column) +
               ": error: " + d.what + "\n";
    }
    return out;
}

std::optional<Table> parse_toml(std::string_view text, Diagnostics& diagnostics) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        diagnostics.push_back({place_of(parsed.error().source()), std::string(parsed.error().description())});
        return std::nullopt;
    }
    return convert_table(parsed.table(), diagnostics);
}

}  // namespace gengfu::sim
