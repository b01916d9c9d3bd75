#pragma once

#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "daemon/config/profiles.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "drivers/bus.hpp"

/// The line that a tool works on by itself, with the daemon out of the way.
namespace gengfu::cli {

/// What of the configuration the tools use. A configuration with mistakes, or none, still has profiles.
struct Knowledge {
    std::vector<config::KnownProfile> profiles;
    std::optional<config::Site> site;
    std::string trouble;      ///< why there is no site
    std::string no_profiles;  ///< where there are none: where they were looked for, and what to do
};
Knowledge gather_knowledge(const Common& common);

/// The bus of that name in the configuration, or a serial port by its path: "/dev/ttyUSB0" has the settings
/// of the configured bus whose port it is, else 9600 8N1 and its own path for a name.
/// \retval Errc::kNotFound  says which buses there are
Result<config::Bus> find_bus(const Knowledge& knowledge, const std::string& bus_or_port);

/// "9600 8N1", "19200-8E1". \retval Errc::kInvalid
Result<config::Serial> parse_settings(const std::string& text, config::Serial serial);

/// The bus with the line settings that the user gave instead of its own; empty: its own.
/// \retval Errc::kNotFound, kInvalid
Result<config::Bus> find_bus(const Knowledge& knowledge, const std::string& bus_or_port,
                             const std::string& settings);
std::string settings_text(const config::Serial& serial);

class Line {
public:
    /// Opens it. \retval Errc::kIo  busy, missing; a daemon uses it and it may not be borrowed
    static Result<std::unique_ptr<Line>> take(const Common& common, const config::Bus& bus, Taking taking);
    ~Line();  ///< gives it back
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    /// Opens the port anew with other settings. \retval Errc::kIo, kInvalid
    Result<void> use(const config::Serial& serial);

    /// Asks on the line, and renews the loan when it is time. \retval as Bus::transact(); Errc::kStale: the
    /// daemon wants its line back
    Result<drivers::Answer> ask(const drivers::Request& request);

    drivers::Bus& bus() { return *bus_; }
    bool is_borrowed() const { return borrowed_; }

private:
    Line(const Common& common, config::Bus settings) : common_(common), settings_(std::move(settings)) {}
    Result<void> renew();

    Common common_;
    config::Bus settings_;
    SystemClock clock_;
    std::unique_ptr<drivers::Bus> bus_;
    bool borrowed_ = false;
    Monotonic renewed_{};
};

/// True from the first SIGINT or SIGTERM on: a tool ends by itself, and gives its line back.
bool is_stopped();
void stop_on_signals();

}  // namespace gengfu::cli
