#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::test {

/// Builds small sites for tests: one bus with a time-out of 500 ms, and devices that are asked every second
/// unless said otherwise. What it returns are ids into site(); references into the site do not outlive the
/// next call.
class SiteBuilder {
public:
    SiteBuilder();

    /// A device of a profile of its own with these points (numbers in "mA").
    DeviceId device(const std::string& name, std::initializer_list<std::string> points,
                    Duration interval = std::chrono::seconds(1));
    PointId point(DeviceId device, const std::string& name) const;
    config::PointSpec& spec(PointId point);

    /// A rule of this kind and name, `major` unless levels say otherwise, with texts. The caller fills in the
    /// rest.
    config::Rule& rule(PointId point, const std::string& name, config::RuleKind kind);
    config::Rule& silent(DeviceId device, const std::string& name, Duration silent_for);

    config::Site& site() { return site_; }

private:
    config::Rule& add(config::Rule rule);

    config::Site site_;
};

/// A level of this limit and severity.
config::Level level(double limit, Severity severity = Severity::kMajor);

Sample good(PointId point, double value, Monotonic taken);
Sample uncertain(PointId point, double value, Monotonic taken);
Sample bad(PointId point, Reason reason, Monotonic taken);

/// So many seconds after an arbitrary beginning.
Monotonic at(double seconds);

}  // namespace gengfu::test
