#pragma once

#include <string>

#include "cli/client.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/time_zone.hpp"

namespace gengfu::cli {

/// Times for people: those of the clock on the gateway's wall, with how far it is ahead of UTC, so that
/// nobody has to guess. What programs read (--json) stays UTC.
class LocalTime {
public:
    /// UTC, and says so.
    LocalTime() = default;
    /// \param zone  as `gateway.time_zone`; one that this machine does not know: UTC
    explicit LocalTime(const std::string& zone);

    /// "2026-11-22 09:45:21 +08:00"; "2026-11-22 01:45:21 UTC"
    std::string of(Wall when) const;
    /// The same of a time as to_iso8601() writes it; anything else stays as it is.
    std::string of(const std::string& utc) const;

private:
    TimeZone zone_;
    bool known_ = false;
};

/// That of the daemon that runs, else that of the configuration; UTC where neither is to be had.
LocalTime time_of_gateway(const Common& common);

}  // namespace gengfu::cli
