#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/result.hpp"
#include "governance/ingest/database.hpp"

namespace gengfu::ingest {

/// Gateways whose batches found no room to wait for their catalogue, as last looked up. One thread sets them,
/// others read.
class TurnedAway {
public:
    struct Gateway {  ///< a row of governance.waiting
        std::string gateway;
        std::uint64_t kept = 0, turned_away = 0;
        std::string last_hash;
        bool is_recent = false;  ///< the last came within the hour
    };

    void set(std::vector<Gateway> all) {
        const std::lock_guard lock(mutex_);
        all_ = std::move(all);
    }
    std::vector<Gateway> get() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Gateway> all_;
};

/// Those of the last day, most first, at most twenty. Errors as Database.
Result<std::vector<TurnedAway::Gateway>> look_for_turned_away(Database& database);

/// Online gateways that are to be asked for what was turned away, since its catalogue has come: rows of
/// gateway, division, community_code. Errors as Database.
Result<Rows> look_for_owed(Database& database);

/// They have been asked. Errors as Database.
Result<void> settle_owed(Database& database, const std::set<std::string>& gateways);

}  // namespace gengfu::ingest
