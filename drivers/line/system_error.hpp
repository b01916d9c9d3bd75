#pragma once

#include <string>

namespace gengfu::drivers {

/// "Permission denied": what an errno means. Any thread.
std::string describe_errno(int error);

}  // namespace gengfu::drivers
