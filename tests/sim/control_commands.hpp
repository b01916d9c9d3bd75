#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "tests/sim/half_duplex_line.hpp"
#include "tests/sim/plant.hpp"
#include "tests/sim/tcp_server.hpp"
#include "tests/sim/timeline.hpp"

namespace gengfu::sim {

/// What the control socket can do beside the plant's registers and faults.
struct ControlHands {
    std::function<Result<void>(const std::string& endpoint, Plug)> plug;
    std::function<Result<void>()> play;
    std::function<std::map<std::string, LineStats>()> line_stats;
    std::function<std::map<std::string, std::uint64_t>()> baud_mismatches;
    std::function<std::map<std::string, TcpStats>()> tcp_stats;
};

/// Carries out one line of the control protocol (a JSON object, docs/simulator.md) and returns the answer, a
/// JSON object in one line without its newline: {"ok":true,...} or {"ok":false,"error":"..."}.
std::string run_command(std::string_view line, const Scenario& scenario, Plant& plant,
                        const ControlHands& hands);

}  // namespace gengfu::sim
