#pragma once

#include <string_view>

namespace gengfu::config {

/// Whether the shipped profiles or classes use the role. Roles are free words; a word of this list is no
/// misspelling of another.
bool is_known_role(std::string_view role);

}  // namespace gengfu::config
