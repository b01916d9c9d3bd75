#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/line.hpp"
#include "cli/recognise.hpp"
#include "cli/scan_plan.hpp"
#include "daemon/config/profiles.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::cli {

/// A scan under way: where it stands on its line, and what it has found. Reads only.
class ScanWalk {
public:
    /// `profiles` and `line` must outlive it. \param timeout  of each request
    ScanWalk(const std::vector<config::KnownProfile>& profiles, config::Bus bus, ScanPlan plan,
             Duration timeout, Line& line);

    /// Goes on where an interrupted scan of the same plan ended.
    void resume(const nlohmann::json& state);
    nlohmann::json state() const;

    /// Asks the next unit, and examines it when somebody answers.
    /// \retval Errc::kIo, kStale, kInterrupted  the line itself
    Result<void> step();

    std::size_t next() const { return next_; }
    bool done() const { return next_ == plan_.asks.size(); }
    /// "unit", "line", "baud", "as_configured", "several" and "profiles" of each.
    const nlohmann::json& found() const { return found_; }
    /// Addresses at which noise was all that came: "unit" and "line" of each.
    const nlohmann::json& noisy() const { return noisy_; }
    /// Whole frames that came when nobody was being examined: somebody answers after the time-out.
    std::uint64_t late() const { return late_; }
    Duration left() const { return bound(plan_, next_, timeout_); }
    std::size_t size() const { return plan_.asks.size(); }
    /// "9600 8N1 unit 17"
    std::string position() const;

private:
    bool is_known(const Ask& ask) const;
    Result<void> hear_the_last();
    Result<void> use(std::size_t settings);
    Result<Reply> look(const Ask& ask, Duration silence);
    Result<void> examine(const Ask& ask, Reply first);
    Result<bool> is_noisy_now();

    const std::vector<config::KnownProfile>& profiles_;
    config::Bus bus_;
    ScanPlan plan_;
    Duration timeout_;
    Line& line_;
    std::size_t settings_ = 0;
    std::size_t next_ = 0;
    nlohmann::json found_ = nlohmann::json::array();
    nlohmann::json noisy_ = nlohmann::json::array();
    std::uint64_t late_ = 0;
    Monotonic noisy_until_{};
};

}  // namespace gengfu::cli
