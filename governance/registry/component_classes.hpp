#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/config/report.hpp"
#include "governance/database/database.hpp"

namespace gengfu::governance {

/// One row of the table of GB/T 30428.2.
struct ComponentClass {
    std::string code;  ///< four digits
    std::string zh, en;
    std::string major_zh, major_en;
};

/// Reads a file such as config/components/components.toml; mistakes go to `report`, whose file 0 it is.
std::vector<ComponentClass> read_component_classes(const std::string& toml, config::Report& report);

/// Enters the classes that the program carries and the database lacks; what a city has changed stays.
/// Errors as Database::run.
Result<void> load_shipped_classes(Database& database);

/// Enters classes or changes their names. \return how many were new or changed. Errors as Database::run.
Result<std::size_t> store_classes(Database& database, const std::vector<ComponentClass>& classes);

}  // namespace gengfu::governance
