#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"

/// What the gateway's own device (self_device.hpp) says of each line and each feed of the site.
namespace gengfu::config {

/// Names of the rules that are the causes of silences.
constexpr const char* kBusDown = "bus-down";
constexpr const char* kBusStuck = "bus-stuck";
constexpr const char* kBusAddress = "bus-address";
constexpr const char* kFeedDown = "feed-down";

/// A line that is back has brought every device's sound within this: units that were given up are asked again
/// at least every 20 s. Until then the cause stands, so that nobody is called for devices that come back one
/// by one.
constexpr Duration kDownOffDelay = std::chrono::seconds(60);

enum class LinePoint : std::uint8_t {
    kDown,     ///< how many devices a common cause silences; 0: none
    kLoad,     ///< share of the last minute in which the line was in use, percent
    kStuck,    ///< seconds in which the line's worker brought nothing; 0 while it works
    kLate,     ///< seconds after which a change may be seen, beyond what `gengfu check` promises; 0 while it
               ///< holds
    kAddress,  ///< how many devices share their address with another that answers; 0: none
};

/// "bus_down.rs485-1"
std::string name_of(LinePoint point, const Bus& bus);
/// "feed_down.psu-2": as kDown of a line.
std::string name_of(const Feed& feed);

/// A point of the gateway's own device and the rule that judges it; device and point are filled in by
/// add_self().
struct SelfJudged {
    PointSpec spec;
    Rule rule;
};
/// Of all lines and feeds that `site` has.
std::vector<SelfJudged> self_lines(const Site& site);

/// The rule that judges the gateway's own point of this name. `site` must have had add_self().
std::optional<RuleId> own_rule(const Site& site, const std::string& name);
std::optional<RuleId> own_rule(const Site& site, PointId point);
/// The gateway's own point of this name. `site` must have had add_self().
std::optional<PointId> own_point(const Site& site, const std::string& name);

}  // namespace gengfu::config
