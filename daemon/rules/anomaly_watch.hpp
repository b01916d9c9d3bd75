#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/rules/detectors/device_detector.hpp"
#include "daemon/rules/detectors/point_detector.hpp"
#include "daemon/rules/opinion.hpp"
#include "daemon/rules/verdict.hpp"

namespace gengfu::rules {

/// Seconds since 1970 of a sample; nothing while the clock is not known.
using SampleTime = std::optional<std::chrono::seconds>;

/// A rule of kind `anomaly` at work: what it has learnt, and whether something is unlike before now.
///
/// Gives the detector one good value in `every` (that is what the promised rates of false alarms count in),
/// says nothing during the warm-up and at the first value after a gap, and makes of the detector's news a
/// condition that lasts: it begins when the score reaches the sensitivity's threshold and is over when the
/// surprise falls below half of it. Pure; allocates nothing after its construction. docs/rules.md says what
/// users are told.
class AnomalyWatch {
public:
    /// Both outlive it. \pre rule.kind is kAnomaly
    AnomalyWatch(const config::Site& site, const config::Rule& rule);

    /// A good value of one of the rule's points. \return nothing while nothing can be said: a standing alarm
    /// then stays, and none is raised
    std::optional<Opinion> hear(const Sample& sample, SampleTime time);
    /// An answer of one of the rule's points that cannot be judged: a device's reading need not wait for it.
    void miss(PointId point);
    /// Of `length` before `taken`, observed at one point, what no other point has counted already: the delays
    /// of several points judged together must not run once for each of them.
    Duration count(Monotonic taken, Duration length);

    /// What the event under way, or the last one, is about.
    const Anomaly& found() const { return found_; }
    /// The point that the event under way is about; of a rule about one point, that one.
    PointId decisive() const { return found_.point; }

    /// What was learnt is worth something only with the same points in the same units at the same pace:
    /// states of another fingerprint are not taken up.
    static std::string fingerprint(const config::Site& site, const config::Rule& rule);
    std::size_t state_size() const;
    /// \param bytes  exactly state_size() long
    void save(std::span<std::uint8_t> bytes) const;
    /// \return whether the bytes were such a state; else nothing has changed
    bool restore(std::span<const std::uint8_t> bytes);

private:
    static constexpr std::size_t kMostPoints = detectors::DeviceDetector::kMostPoints;
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

    /// What is saved beside the detector.
    struct Head {
        std::uint32_t judged = 0;  ///< values, or readings of a device, since learning began
        std::uint8_t in_event = 0;
        std::uint8_t aspect = 0;
        std::uint16_t place = 0;  ///< of the decisive point among the rule's
        double expected = 0, low = 0, high = 0, score = 0;
        std::int64_t last_time = kNever;  ///< of the last one judged, in seconds since 1970
        template <class Archive>
        void visit(Archive& archive);
    };

    bool due(Monotonic taken);
    bool after_gap(Monotonic taken, SampleTime time) const;
    void hear_point(const Sample& sample, SampleTime time);
    void hear_device(std::size_t place, const Sample& sample, SampleTime time);
    void judge_reading(Monotonic taken, SampleTime time);
    void note_judged(Monotonic taken, SampleTime time, bool settled);
    std::size_t place_of(PointId point) const;
    PointId point_at(std::size_t place) const;
    Head head() const;

    const config::Rule* rule_;
    std::variant<detectors::PointDetector, detectors::DeviceDetector> detector_;
    Duration slack_{};           ///< a value may come so much early
    Duration pace_{};            ///< between two values judged
    std::uint32_t warm_up_ = 0;  ///< values
    float limit_ = 0;            ///< surprise, or spreads, of the sensitivity

    std::uint32_t judged_ = 0;
    bool in_event_ = false;
    bool settled_ = false;  ///< something can be said now
    Anomaly found_;
    std::int64_t last_time_ = kNever;
    std::optional<Monotonic> last_judged_;       ///< in this run
    Monotonic next_{};                           ///< when a value is due
    std::array<double, kMostPoints> reading_{};  ///< of a device, being gathered; NaN: none
    std::array<double, kMostPoints> shown_{};    ///< last good value of each
    std::uint32_t come_ = 0;                     ///< bits: which points of the reading have answered
    bool gathering_ = false;
    Monotonic counted_ = Monotonic::min();  ///< until then time has been counted towards the delays
};

}  // namespace gengfu::rules
