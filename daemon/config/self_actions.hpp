#pragma once

#include <string>
#include <vector>

#include "daemon/config/self_lines.hpp"
#include "daemon/config/site.hpp"

/// What the gateway's own device (self_device.hpp) says of each output that actions of rules write to.
namespace gengfu::config {

/// So many tries in a row must fail before the alarm: by then some seconds have passed, and one lost answer
/// is no news.
constexpr unsigned kActionTriesTold = 3;

/// "action_failed.siren-1.coil-0x0002": how many tries in a row have failed, 0 when the output is as it
/// should be.
std::string action_point(const Device& device, Register reg);

/// One for each coil or register that the rules of `site` write to.
std::vector<SelfJudged> self_actions(const Site& site);

}  // namespace gengfu::config
