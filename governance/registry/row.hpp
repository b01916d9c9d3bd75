#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/node.hpp"

/// What an import file says, before anybody has judged it: rows of named cells, each with its place.
namespace gengfu::governance {

constexpr std::size_t kMaxImportBytes =
    512U << 20U;  ///< a file; a city of 2 million components takes about 300 MiB
constexpr std::size_t kMaxImportRows = 4'000'000;
constexpr std::size_t kMaxCellBytes = 1'000;  ///< as a long text of the configuration

struct Cell {
    std::string text;
    config::At at;
};

/// A column that the file does not have, or a property that a feature does not have, is absent: what is
/// stored stays. An empty cell empties what is stored.
struct Row {
    config::At at;
    std::map<std::string, Cell, std::less<>> cells;

    const Cell* find(std::string_view name) const {
        const auto it = cells.find(name);
        return it == cells.end() ? nullptr : &it->second;
    }
};

using Columns = std::vector<std::string>;

}  // namespace gengfu::governance
