#pragma once

#include <string_view>

namespace gengfu::config {

/// Whether the shipped profiles or classes use the role. Roles are free words; a word of this list is no
/// misspelling of another.
bool is_known_role(std::string_view role);

/// Whether the role tells how the sensor is, not how what it watches is: a manhole cover whose only rule is
/// for the sensor's battery is watched by nobody.
bool is_helper_role(std::string_view role);

}  // namespace gengfu::config
