#pragma once

#include <string_view>

#include "daemon/config/site.hpp"

/// The gateway as a device of its own site: what befalls the gateway itself (a configuration that was
/// refused, a store that cannot write) is a point that rules judge, so that it becomes an alarm like any
/// other: with an id, a place, an acknowledgement, over restarts.
namespace gengfu::config {

/// Name of the device and of the bus it stands on; no other device or bus may have it.
constexpr std::string_view kSelfName = "gateway";

/// How often the gateway looks at itself.
constexpr Duration kSelfInterval = std::chrono::minutes(1);

/// Its points, in the order of the profile: 1 while the trouble lasts, else 0;
/// kRecordsAbandoned counts those of the last interval, kCertificateDays is what is left of the first
/// certificate to expire, kStoreSlow is the length of the longest write since the last look in seconds (0:
/// none took too long), kConsumerSilent the hours without a confirmation of a consumer that must confirm.
enum class SelfPoint : std::uint16_t {
    kConfigurationRefused,
    kStoreTrouble,
    kRecordsAbandoned,
    kClockUnknown,
    kCertificateDays,
    kIdentityInUse,
    kStoreFull,
    kStoreSlow,
    kConsumerSilent,
    kPublishDenied
};

/// Appends the gateway's own bus, profile, device, points and rules. Call once, after load().
void add_self(Site& site);

/// The rule that judges `point`. `site` must have had add_self().
RuleId self_rule(const Site& site, SelfPoint point);
/// The id of a point of the gateway's own device. `site` must have had add_self().
PointId self_point(const Site& site, SelfPoint point);
/// Whether the bus is the gateway's own, which nobody polls.
bool is_self(const Bus& bus);

}  // namespace gengfu::config
