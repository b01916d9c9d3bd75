#pragma once

#include <optional>
#include <string>

#include "daemon/core/time.hpp"

/// Words to systemd. Without systemd they go nowhere.
namespace gengfu::control {

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_reloading();
void notify_stopping();

/// To be called by core at watchdog_pace(): its own progress is what the watchdog watches.
void notify_alive();
/// Half of WatchdogSec; nothing when systemd does not watch.
std::optional<Duration> watchdog_pace();

}  // namespace gengfu::control
