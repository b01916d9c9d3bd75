#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/rules/detectors/finding.hpp"

namespace gengfu::rules::detectors {

/// One set for all devices (docs/anomaly.md tells how it was found).
struct DeviceParameters {
    float smooth_samples = 20;    ///< of the mean that is judged
    float memory_samples = 400;   ///< of the normal it is judged against
    float limit_spreads = 3.6F;   ///< beyond this a device is not as usual, and learnt slowly
    float learn_unusual = 0.05F;  ///< share of the normal learning rate while it is not as usual
};
inline constexpr DeviceParameters kDefaultDeviceParameters{};

/// What one set of readings told.
struct DeviceFinding {
    float score = 0;         ///< 0 to below 1; 0.5 at the limit
    std::uint8_t point = 0;  ///< which of the points is furthest from its usual
    float spreads = 0;       ///< how far, in its own usual spreads
};

/// Judges all points of one device together: is the device as it usually is?
///
/// Unlike PointDetector, which tells of news, this tells of a state: the score stays up while any point's
/// short mean is away from its normal, so that "is it still wrong?" has an answer. What the points share is
/// the decision what is learnt: while one is unusual, the normal of all stands nearly still, so that a slow
/// consequence in a second point is not learnt as normal. Pure; bounded state (under 1 KiB for 16 points); no
/// allocation. One thread at a time.
class DeviceDetector {
public:
    static constexpr std::size_t kMostPoints = 16;

    /// \param parameters  outlives the detector
    explicit DeviceDetector(const DeviceParameters& parameters = kDefaultDeviceParameters)
        : parameters_(&parameters) {}

    /// Judges one reading of each point, then learns it.
    ///
    /// \param values  always in the same order; beyond kMostPoints are left out; NaN and infinity leave that
    /// point as
    ///                it was
    DeviceFinding observe(std::span<const double> values);

    /// What is usual for a point, as learnt so far: its mean and where the limit lies around it.
    /// \param limit_spreads  of the sensitivity (device_limit)
    Usual usual(std::size_t point, float limit_spreads) const;

    static std::size_t state_size();
    /// \param bytes  exactly state_size() long
    void save(std::span<std::uint8_t> bytes) const;
    /// Nothing when the bytes are of another version or length, or damaged.
    static std::optional<DeviceDetector> restore(
        std::span<const std::uint8_t> bytes, const DeviceParameters& parameters = kDefaultDeviceParameters);

private:
    struct Normal {
        double smooth = 0;    ///< short mean
        double mean = 0;      ///< of the short mean
        double variance = 0;  ///< of the short mean
        std::uint32_t seen = 0;
        template <class Archive>
        void visit(Archive& archive) {
            archive(smooth);
            archive(mean);
            archive(variance);
            archive(seen);
        }
    };
    void smooth(std::span<const double> values);
    float distance(const Normal& normal) const;
    static double spread_of(const Normal& normal);
    void learn(Normal& normal, float rate) const;
    template <class Archive>
    void visit(Archive& archive);

    const DeviceParameters* parameters_;
    std::array<Normal, kMostPoints> points_{};
};

static_assert(sizeof(DeviceDetector) <= 1024);

}  // namespace gengfu::rules::detectors
