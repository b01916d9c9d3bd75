#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/alarms/table.hpp"
#include "daemon/config/load.hpp"
#include "daemon/rules/judge.hpp"

namespace gengfu::test {

using Tap = std::function<void(const config::Site&, const Sample&)>;

/// The shipped classes and profiles over devices of a test, with judge and alarm table and a clock of the
/// test's own: what came of samples is in `said()`. Time is in seconds from a Monday, 00:00.
class Stage {
public:
    /// \param devices  [[device]] and [[rule]] tables, as they stand in devices.d
    explicit Stage(const std::string& devices);
    /// The same as a configuration on disk: path below its folder -> text.
    static std::map<std::string, std::string> files(const std::string& devices);

    /// Hears every sample, before it is judged.
    void tap(Tap tap) { tap_ = std::move(tap); }

    /// Why the configuration was refused, or what it was warned of; empty: nothing.
    const std::string& complaints() const { return complaints_; }
    const config::Site& site() const { return site_; }
    DeviceId device(const std::string& name) const;
    PointId point(DeviceId device, const std::string& name) const;

    void good(PointId point, double value, double at);
    void bad(PointId point, Reason reason, double at);
    /// No answer: all points of the device.
    void lost(DeviceId device, double at);
    /// Time goes on without samples.
    void pass(double at);
    /// A new start with what was saved.
    void restart(double at);

    struct Said {
        double at = 0;
        alarms::TransitionKind kind = alarms::TransitionKind::kRaised;
        Severity severity = Severity::kMinor;
        alarms::Key key;
        double value = 0, limit = 0;
    };
    const std::vector<Said>& said() const { return said_; }
    rules::Judge& judge() { return *judge_; }
    std::uint64_t samples() const { return samples_; }

private:
    void begin(double at);
    void observe(const Sample& sample, double at);
    void settle(double at);
    void record(double at, const alarms::Transition& transition);

    Tap tap_;
    std::string complaints_;
    config::Site site_;
    std::unique_ptr<rules::Judge> judge_;
    std::unique_ptr<alarms::Table> table_;
    std::vector<rules::Verdict> verdicts_;
    std::vector<Said> said_;
    std::uint64_t sequence_ = 1, samples_ = 0;
};

}  // namespace gengfu::test
