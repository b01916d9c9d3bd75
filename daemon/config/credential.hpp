#pragma once

#include <string>
#include <string_view>

#include "daemon/config/load.hpp"
#include "daemon/config/reader.hpp"

namespace gengfu::config {

/// A key that names a file, or `credential:NAME` for one that systemd hands over (LoadCredential=).
/// \return the file's path; empty when the key is absent or wrong.
std::string read_secret_path(Reader& reader, std::string_view key, Credentials credentials);

/// A key that names a file in the same way whose first line is a secret. \return the secret.
std::string read_secret(Reader& reader, std::string_view key, Credentials credentials);

}  // namespace gengfu::config
