#pragma once

#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::config {

/// Looks at the files and ports that a sound configuration names: certificates, keys, transcripts that are
/// not there, and ports that are one under two names. For `gengfu check`; load() does not look at them, since
/// a gateway that lost a certificate must go on watching.
///
/// A transcript that is missing or no regular file, and a port that is used twice, are errors. A missing
/// certificate is a warning: the gateway works, its broker is not reached; so is what this user may not read:
/// the service may.
std::vector<Diagnostic> check_files(const Site& site);

}  // namespace gengfu::config
