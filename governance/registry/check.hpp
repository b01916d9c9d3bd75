#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/report.hpp"
#include "governance/registry/row.hpp"

/// Judges the rows of an import. Pure: what the database knows is handed in.
namespace gengfu::governance {

/// Columns of a components file, and of a parties file.
const Columns& component_columns();
const Columns& party_columns();

struct KnownRegistry {
    std::set<std::string> classes;             ///< four digits each
    std::set<std::string> parties;             ///< ids
    std::map<std::string, std::string> codes;  ///< of parties: code to id
};

/// Component codes (16 digits, class known, county of a province that exists), place codes, position with
/// datum, parties that are registered; no component twice. Mistakes go to `report`; `datum` stands for rows
/// that give a position without one.
void check_components(std::vector<Row>& rows, const std::string& datum, const KnownRegistry& known,
                      config::Report& report);

/// Ids, names, codes (each of one party), and telephone references that are no numbers.
void check_parties(const std::vector<Row>& rows, const KnownRegistry& known, config::Report& report);

}  // namespace gengfu::governance
