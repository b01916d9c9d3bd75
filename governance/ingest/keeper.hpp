#pragma once

#include <atomic>

#include "governance/ingest/settings.hpp"

namespace gengfu::ingest {

/// Calls governance.maintain() once a minute: partitions ahead, compaction, retention. It takes as long as it
/// takes, on a connection of its own. Runs in a thread of its own until `stop`.
void keep(const Settings& settings, const std::atomic<bool>& stop);

}  // namespace gengfu::ingest
