#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

/// `aggregate` of a point: in place of its readings the smallest, the mean and the largest value of each
/// window are reported, as three points of their own beside it in catalogue and batches. Rules see the
/// readings.
namespace gengfu::publish {

/// One of the three points of a point that is aggregated.
struct AggregatePoint {
    PointId of;
    const char* suffix = "";  ///< of its name: ".min", ".mean", ".max"
    bool is_mean = false;     ///< no step of the point's scale
};

/// All of a site, in the order of their ids, which follow those of the site's own points. None where no point
/// has `aggregate`.
std::vector<AggregatePoint> aggregate_points(const config::Site& site);
/// "device/point.min"
std::string name_of(const config::Site& site, const AggregatePoint& point);

/// Gathers. Windows begin at multiples of their length on the monotonic clock, so that those of all points
/// end together. Pure; one thread.
class Aggregation {
public:
    /// \param site outlives it.
    explicit Aggregation(const config::Site& site);

    /// A reading, good or bad. Appends to `out` what the window before gave, when the reading is the first
    /// after it: three samples, dated at the window's last value; none when there was no value. They are good
    /// when every reading of the window was, else uncertain.
    void add(const Sample& sample, std::vector<Sample>& out);
    /// Ends all windows that have values.
    void finish(std::vector<Sample>& out);

private:
    struct Window {
        PointId first{};  ///< id of the minimum; mean and maximum follow
        Duration length{};
        std::int64_t number = 0;
        std::size_t values = 0;
        double lowest = 0, sum = 0, highest = 0;
        Monotonic last{};
        bool all_good = true;
    };
    static void end(Window& window, std::vector<Sample>& out);

    static constexpr std::uint32_t kNone = UINT32_MAX;
    std::vector<std::uint32_t> window_of_;  ///< by PointId; empty when there are no windows
    std::vector<Window> windows_;
};

}  // namespace gengfu::publish
