#pragma once

#include <span>
#include <string_view>

/// Files of governance/schema and config/components that the program carries in itself, so that it and its
/// schema cannot be of different versions. Generated when the build is configured.
namespace gengfu::governance {

/// One step of the schema.
struct Migration {
    int number = 0;         ///< 1, 2, 3, ... without gaps
    std::string_view name;  ///< "0001-tables"
    std::string_view up;    ///< SQL
    std::string_view down;  ///< SQL that takes it back
};

/// All of them, in order.
std::span<const Migration> migrations();

/// config/components/components.toml.
std::string_view shipped_component_classes();

}  // namespace gengfu::governance
