#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gengfu::sim {

/// 1-based position in a scenario file.
struct Place {
    std::uint32_t line = 1, column = 1;
};

/// A mistake in a scenario file.
struct Diagnostic {
    Place place;
    std::string what;
};
using Diagnostics = std::vector<Diagnostic>;

/// "demo.toml:12:5: error: ..." a line each, in the order of the file.
std::string print_diagnostics(std::string_view file, Diagnostics diagnostics);

struct Node;
struct Entry;
using Array = std::vector<Node>;
using Table = std::vector<Entry>;

/// A TOML value with its place: plain data, so that toml++ is compiled in one file only.
struct Node {
    Place place;
    std::variant<std::string, std::int64_t, double, bool, Array, Table> value;
};

struct Entry {
    std::string key;
    Place place;
    Node node;
};

/// Parses TOML text; nothing, and one diagnostic, when it is not TOML. Dates are refused: a scenario has
/// none.
std::optional<Table> parse_toml(std::string_view text, Diagnostics& diagnostics);

}  // namespace gengfu::sim
