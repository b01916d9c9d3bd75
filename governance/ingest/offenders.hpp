#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace gengfu::ingest {

/// A gateway that sends what cannot be stored: a row of governance.offender.
struct Offender {
    std::string gateway;  ///< empty: all that are not known
    std::string names;    ///< of those
    std::uint64_t told = 0, only_counted = 0;
    std::string last_reason;
    bool is_recent = false;  ///< the last came within the hour
};

/// The worst offenders as last looked up. One thread sets them, others read.
class Offenders {
public:
    void set(std::vector<Offender> all) {
        const std::lock_guard lock(mutex_);
        all_ = std::move(all);
    }
    std::vector<Offender> get() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Offender> all_;
};

/// Those of the last day, most first, at most twenty: gateway, names, told, only_counted, last_reason,
/// recent.
constexpr const char* kOffendersQuery =
    "SELECT gateway, array_to_string(names, ', '), told, only_counted, last_reason, last_at > now() - "
    "interval '1 hour' FROM governance.offender WHERE last_at > now() - interval '1 day' "
    "ORDER BY told DESC, gateway LIMIT 20";

}  // namespace gengfu::ingest
