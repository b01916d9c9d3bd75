#pragma once

#include <map>
#include <string>

#include "tests/sim/timeline.hpp"

/// What the simulator says on its standard output: one JSON object a line. Every function may be called from
/// any thread. docs/simulator.md lists the lines.
namespace gengfu::sim {

/// {"ready":true,...}: paths of the lines' symlinks and ports of the TCP servers.
void report_ready(const std::string& scenario, const std::map<std::string, std::string>& lines,
                  const std::map<std::string, int>& tcp);
/// {"play":true,...}: the timeline's zero.
void report_play();
void report_happening(const Happening& happening);
/// {"event":"baud-mismatch",...}, {"event":"line-opened",...} and the like.
void report_event(const std::string& event, const std::string& endpoint, const std::string& detail);

}  // namespace gengfu::sim
