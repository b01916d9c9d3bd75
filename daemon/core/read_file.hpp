#pragma once

#include <cstddef>
#include <string>

#include "daemon/core/result.hpp"

namespace gengfu {

/// The first `most` bytes of a regular file. Nothing else is opened for long: a pipe would block, a device
/// such as /dev/zero never ends. \retval Errc::kIo  "PATH: why"
Result<std::string> read_file(const std::string& path, std::size_t most);

}  // namespace gengfu
