#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/rules/detectors/codebook.hpp"
#include "daemon/rules/detectors/drift.hpp"
#include "daemon/rules/detectors/finding.hpp"
#include "daemon/rules/detectors/location.hpp"
#include "daemon/rules/detectors/onset.hpp"
#include "daemon/rules/detectors/parameters.hpp"
#include "daemon/rules/detectors/rank.hpp"
#include "daemon/rules/detectors/season.hpp"
#include "daemon/rules/detectors/sequence.hpp"
#include "daemon/rules/detectors/stillness.hpp"

namespace gengfu::rules::detectors {

/// Learns what is normal for one point, one sample at a time, and says how unlike it each sample is.
///
/// Pure: no clock, no allocation, no file; time is the sample's own and used only for the time of day. At
/// most 4 KiB and about a microsecond a sample. docs/anomaly.md explains the method. One thread at a time.
class PointDetector {
public:
    /// \param parameters  outlives the detector
    explicit PointDetector(const Parameters& parameters = kDefaultParameters) : parameters_(&parameters) {}

    /// Judges a sample, then learns it (slowly while it is unlike before).
    ///
    /// \param time   since the epoch; may repeat or go back. Nothing while the clock is not known: then the
    /// season
    ///               is neither looked at nor learnt
    /// \param value  unit of the point; NaN and infinity are not judged and change nothing
    Finding observe(std::optional<std::chrono::seconds> time, double value);

    /// What was usual for the last judged sample; all 0 before the first.
    Usual usual() const;

    /// Samples judged so far.
    std::uint32_t samples() const { return samples_; }

    /// Size in bytes of every saved state of this version.
    static std::size_t state_size();
    /// Writes the state. \param bytes  exactly state_size() long
    void save(std::span<std::uint8_t> bytes) const;
    /// The detector that wrote `bytes`, bit for bit; one of version 1 without its drift. Nothing when they
    /// are of another version or length, or damaged.
    static std::optional<PointDetector> restore(std::span<const std::uint8_t> bytes,
                                                const Parameters& parameters = kDefaultParameters);

private:
    using Places = std::array<float, kFeatures>;  ///< of all features, on Rank's scale

    void start(float normalised);
    Places measure(const Season::Seen& season, float normalised);
    void measure_levels(Places& places, float normalised) const;
    void move_averages(float normalised, float change);
    float sum_decades(const Places& places);
    Aspect foremost() const;
    void note_usual(const Season::Seen& season);
    float judge_drift(std::chrono::seconds time, double value, float normalised);
    float learning_rate() const;
    bool plausible() const;
    template <class Archive>
    void visit(Archive& archive, std::uint32_t version);
    static std::size_t size_of(std::uint32_t version);

    const Parameters* parameters_;
    std::uint32_t samples_ = 0;
    Location location_;
    Season season_;
    Sequence sequence_;
    Codebook codebook_;
    Onset onset_;
    Stillness stillness_;
    Drift drift_;
    Rank::Age age_;
    std::array<Rank, kFeatures> rank_{};
    std::array<float, 6> mean_{};      ///< of 2, 4, 8, 32, 64 and 256 samples, normalised
    std::array<float, 4> loudness_{};  ///< mean change over 8, 32, 64 and 256 samples
    float last_ = 0;
    float season_12_ = 0;
    float season_64_ = 0;
    float bits_ = 0;
    float rareness_ = 0;
    float highest_ = 0;
    float lowest_ = 0;
    float surprise_ = 0;                ///< of the last sample
    std::array<float, 5> by_aspect_{};  ///< decades of the last sample: level, shape, spread, season, silence
    std::array<float, 3> usual_{};      ///< expected, low, high of the last sample, normalised
};

static_assert(sizeof(PointDetector) <= 4096, "the budget of a point: 4 KiB");

}  // namespace gengfu::rules::detectors
