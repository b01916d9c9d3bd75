#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/local_time.hpp"

/// What the daemon answered, for people. Each returns lines, the last one ended too.
namespace gengfu::cli {

std::string show_status(const nlohmann::json& status);

/// \param alarms  a list in the order of by_severity()
std::string show_alarms(const nlohmann::json& alarms, const LocalTime& time);

/// The gravest first; among equals the order of the daemon: the oldest raise first.
nlohmann::json by_severity(nlohmann::json alarms);

/// What `gengfu read` got.
std::string show_samples(const nlohmann::json& answer);

/// A reading as few digits as tell it: rounded to `decimals` where the point's steps are known, else (-1) as
/// short as the number it was made from allows. 0.30000000000000004 → "0.3"
std::string show_number(double value, int decimals);

}  // namespace gengfu::cli
