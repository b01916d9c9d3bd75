#pragma once

#include "daemon/console/exposition.hpp"
#include "daemon/control/desk.hpp"

namespace gengfu::console {

/// The figures of all lines and of the devices on them.
void add_buses(Exposition& out, const control::Daemon& daemon);

}  // namespace gengfu::console
