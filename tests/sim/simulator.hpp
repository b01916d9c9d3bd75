#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "tests/sim/control_socket.hpp"
#include "tests/sim/plant.hpp"
#include "tests/sim/serial_line.hpp"
#include "tests/sim/tcp_server.hpp"
#include "tests/sim/timeline.hpp"

namespace gengfu::sim {

enum class Start : std::uint8_t { kAtOnce, kOnCommand };

struct SimulatorOptions {
    std::string directory;  ///< where the lines' symlinks go; made if it is missing
    std::string control;    ///< path of the control socket; empty: none
    double speed = 1.0;     ///< of the timeline; lines keep theirs
    std::optional<std::uint64_t> seed;
    Start start = Start::kAtOnce;  ///< kOnCommand: the play waits for {"do":"play"}
};

/// A whole simulated community: lines on threads of their own, TCP servers, the control socket and the
/// timeline in the thread that calls `run`.
class Simulator {
public:
    /// Opens all that the scenario names. `scenario` must outlive the simulator.
    /// \retval Errc::kIo  a pty, port, folder or socket is not to be had.
    static Result<std::unique_ptr<Simulator>> open(const Scenario& scenario, const SimulatorOptions& options);

    /// Reports readiness and serves until `stop_fd` becomes readable.
    void run(int stop_fd);

private:
    Simulator(const Scenario& scenario, const SimulatorOptions& options, std::uint64_t seed);
    Result<void> open_endpoints(const SimulatorOptions& options);
    Result<void> open_control(const std::string& path);
    TimelineHands timeline_hands();
    Result<void> play();
    Result<void> plug(const std::string& endpoint, Plug plug);
    void announce() const;
    [[nodiscard]] Nanoseconds played(TimePoint now) const;
    [[nodiscard]] std::optional<TimePoint> next() const;

    const Scenario& scenario_;
    const double speed_;
    const Start start_;
    const std::uint64_t seed_;
    Plant plant_;
    std::vector<std::unique_ptr<SerialLine>> lines_;
    std::vector<TcpServer> tcp_;
    std::optional<ControlSocket> control_;
    Timeline timeline_;
    std::optional<TimePoint> started_;
};

}  // namespace gengfu::sim
