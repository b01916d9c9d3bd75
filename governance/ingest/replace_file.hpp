#pragma once

#include <string>

#include "daemon/core/result.hpp"

namespace gengfu::ingest {

/// Writes a small file whole or not at all: beside it, to the disk, then in its place, the folder
/// to the disk, too.
/// \retval Errc::kIo  "PATH: why"
Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace gengfu::ingest
