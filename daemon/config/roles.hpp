#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace gengfu::config {

/// Whether the shipped profiles or classes use the role. Roles are free words; a word of this list is no
/// misspelling of another.
bool is_known_role(std::string_view role);
const std::vector<std::string_view>& known_roles();

/// The unit that points of this role have in every profile, since the limits of classes are in it; empty for
/// a state. Nothing: any, the role is a free word or the site sets the limit.
std::optional<std::string_view> unit_of_role(std::string_view role);

/// Whether the role tells how the sensor is, not how what it watches is: a manhole cover whose only rule is
/// for the sensor's battery is watched by nobody.
bool is_helper_role(std::string_view role);

}  // namespace gengfu::config
