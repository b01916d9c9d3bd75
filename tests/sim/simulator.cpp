#include "tests/sim/simulator.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tests/sim/control_commands.hpp"
#include "tests/sim/report.hpp"

namespace gengfu::sim {

Simulator::Simulator(const Scenario& scenario, const SimulatorOptions& options, std::uint64_t seed)
    : scenario_(scenario),
      speed_(options.speed),
      start_(options.start),
      seed_(seed),
      plant_(scenario, seed),
      timeline_(scenario, seed, timeline_hands()) {}

Result<std::unique_ptr<Simulator>> Simulator::open(const Scenario& scenario,
                                                   const SimulatorOptions& options) {
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error) {
        return fail(Errc::kIo, options.directory + ": " + error.message());
    }
    std::unique_ptr<Simulator> simulator(
        new Simulator(scenario, options, options.seed.value_or(scenario.seed)));
    if (auto opened = simulator->open_endpoints(options); !opened) {
        return pass(opened);
    }
    if (auto opened = simulator->open_control(options.control); !opened) {
        return pass(opened);
    }
    return simulator;
}

Result<void> Simulator::open_endpoints(const SimulatorOptions& options) {
    for (const LineSpec& spec : scenario_.lines) {
        auto line = SerialLine::open(spec, options.directory, plant_, seed_);
        if (!line) {
            return pass(line);
        }
        lines_.push_back(std::move(*line));
    }
    for (const TcpSpec& spec : scenario_.tcp) {
        auto server = TcpServer::open(spec, plant_);
        if (!server) {
            return pass(server);
        }
        tcp_.push_back(std::move(*server));
    }
    return {};
}

Result<void> Simulator::open_control(const std::string& path) {
    if (path.empty()) {
        return {};
    }
    ControlHands hands;
    hands.plug = [this](const std::string& endpoint, Plug how) { return plug(endpoint, how); };
    hands.play = [this] { return play(); };
    hands.line_stats = [this] {
        std::map<std::string, LineStats> out;
        for (const auto& line : lines_) {
            out[line->name()] = line->stats();
        }
        return out;
    };
    hands.baud_mismatches = [this] {
        std::map<std::string, std::uint64_t> out;
        for (const auto& line : lines_) {
            out[line->name()] = line->baud_mismatches();
        }
        return out;
    };
    hands.tcp_stats = [this] {
        std::map<std::string, TcpStats> out;
        for (const TcpServer& server : tcp_) {
            out[server.name()] = server.stats();
        }
        return out;
    };
    auto socket = ControlSocket::open(path, [this, hands = std::move(hands)](std::string_view line) {
        return run_command(line, scenario_, plant_, hands);
    });
    if (!socket) {
        return pass(socket);
    }
    control_.emplace(std::move(*socket));
    return {};
}

TimelineHands Simulator::timeline_hands() {
    TimelineHands hands;
    hands.write = [this](const std::string& device, const RegisterWrite& write) {
        plant_.write(device, write);
    };
    hands.read = [this](const std::string& device, Space space, std::uint16_t first, int words) {
        // The scenario was refused if a motion's registers did not exist.
        return *plant_.read(device, space, first, static_cast<std::size_t>(words));
    };
    hands.add_fault = [this](const std::string& target, const Fault& fault) {
        return plant_.add_fault(target, fault);
    };
    hands.remove_fault = [this](std::uint64_t id) { plant_.remove_fault(id); };
    hands.plug = [this](const std::string& endpoint, Plug how) {
        if (auto plugged = plug(endpoint, how); !plugged) {
            report_event("plug-failed", endpoint, plugged.error().what);
        }
    };
    hands.tell = report_happening;
    return hands;
}

Result<void> Simulator::plug(const std::string& endpoint, Plug how) {
    for (const auto& line : lines_) {
        if (line->name() == endpoint) {
            line->plug(how);
            return {};
        }
    }
    for (TcpServer& server : tcp_) {
        if (server.name() == endpoint) {
            return server.plug(how);
        }
    }
    return fail(Errc::kInvalid, "\"" + endpoint + "\" is no line and no tcp");
}

Result<void> Simulator::play() {
    if (started_) {
        return fail(Errc::kInvalid, "the play has begun already");
    }
    started_ = std::chrono::steady_clock::now();
    report_play();
    return {};
}

Nanoseconds Simulator::played(TimePoint now) const {
    return std::chrono::duration_cast<Nanoseconds>((now - *started_) * speed_);
}

std::optional<TimePoint> Simulator::next() const {
    std::optional<TimePoint> soonest;
    const auto consider = [&soonest](std::optional<TimePoint> at) {
        if (at) {
            soonest = soonest ? std::min(*soonest, *at) : *at;
        }
    };
    if (const auto due = timeline_.next(); started_ && due) {
        consider(*started_ + std::chrono::duration_cast<Nanoseconds>(*due / speed_));
    }
    for (const TcpServer& server : tcp_) {
        consider(server.next());
    }
    return soonest;
}

void Simulator::announce() const {
    std::map<std::string, std::string> lines;
    for (const auto& line : lines_) {
        lines[line->name()] = line->link();
    }
    std::map<std::string, int> tcp;
    for (const TcpServer& server : tcp_) {
        tcp[server.name()] = server.port();
    }
    report_ready(scenario_.name, lines, tcp);
}

void Simulator::run(int stop_fd) {
    announce();
    if (start_ == Start::kAtOnce) {
        static_cast<void>(play());  // cannot have begun yet
    }
    for (std::vector<pollfd> polls;; polls.clear()) {
        polls.push_back({.fd = stop_fd, .events = POLLIN, .revents = 0});
        for (const TcpServer& server : tcp_) {
            server.watch(polls);
        }
        if (control_) {
            control_->watch(polls);
        }
        const std::optional<TimePoint> due = next();
        const Nanoseconds left =
            due ? std::max(Nanoseconds(0), Nanoseconds(*due - std::chrono::steady_clock::now()))
                : Nanoseconds(0);
        const timespec timeout{.tv_sec = static_cast<std::time_t>(left.count() / 1'000'000'000),
                               .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
        ::ppoll(polls.data(), polls.size(), due ? &timeout : nullptr, nullptr);
        if (polls.front().revents != 0) {
            return;
        }
        const TimePoint now = std::chrono::steady_clock::now();
        for (TcpServer& server : tcp_) {
            server.serve(now, polls);
            server.advance(now);
        }
        if (control_) {
            control_->serve(polls);
        }
        if (started_) {
            timeline_.run_until(played(now));
        }
    }
}

}  // namespace gengfu::sim
