#include "daemon/rules/detectors/point_detector.hpp"

#include <algorithm>
#include <cmath>

namespace gengfu::rules::detectors {
namespace {

constexpr std::array<float, 6> kMeanSpan{2, 4, 8, 32, 64, 256};
constexpr std::array<float, 4> kLoudnessSpan{8, 32, 64, 256};
enum Mean : std::size_t { k2, k4, k8, k32, k64, k256 };
enum Loudness : std::size_t { kLoud8, kLoud32, kLoud64, kLoud256 };

/// Samples that a feature leans on: twice that passes before its history counts.
constexpr std::array<float, kFeatures> kSpan{4,   0,   64,  16,  64, 256, 64, 256,
                                             288, 300, 400, 288, 64, 32,  32, 64};

constexpr std::array<Aspect, kFeatures> kAspect{
    Aspect::kShape,  Aspect::kLevel,   Aspect::kShape,  Aspect::kShape,  Aspect::kLevel,  Aspect::kLevel,
    Aspect::kSpread, Aspect::kSilence, Aspect::kSeason, Aspect::kSeason, Aspect::kSeason, Aspect::kSeason,
    Aspect::kShape,  Aspect::kLevel,   Aspect::kLevel,  Aspect::kShape};

constexpr float kLevelFeatures = 5;  ///< of them

constexpr std::size_t index(Feature feature) {
    return static_cast<std::size_t>(feature);
}

}  // namespace

void PointDetector::start(float normalised) {
    mean_.fill(normalised);
    last_ = normalised;
}

float PointDetector::learning_rate() const {
    const float over = std::max(0.0F, surprise_ - parameters_->slow_above);
    return 1 / (1 + over * over);
}

void PointDetector::measure_levels(Places& places, float normalised) const {
    const float change = std::fabs(normalised - last_);
    const auto set = [&places](Feature feature, float value) {
        places[index(feature)] = Rank::place(std::fabs(value));
    };
    set(Feature::kSpike, normalised - mean_[k4]);
    set(Feature::kExtreme, normalised);
    set(Feature::kStep, change / (0.05F + loudness_[kLoud256]));
    const float record = normalised > 0 ? std::max(0.0F, normalised - highest_ * 0.999F)
                                        : std::max(0.0F, lowest_ * 0.999F - normalised);
    set(Feature::kRecord, record);
}

void PointDetector::move_averages(float normalised, float change) {
    const auto seen = static_cast<float>(samples_);
    const float rate = learning_rate();
    for (std::size_t i = 0; i < mean_.size(); ++i) {
        const float slowed = kMeanSpan[i] >= 256 ? rate : 1.0F;  // the short ones must see the event itself
        mean_[i] += (normalised - mean_[i]) / std::min(seen, kMeanSpan[i]) * slowed;
    }
    for (std::size_t i = 0; i < loudness_.size(); ++i) {
        loudness_[i] += (change - loudness_[i]) / std::min(seen, kLoudnessSpan[i]);
    }
}

PointDetector::Places PointDetector::measure(const Season::Seen& season, float normalised) {
    Places places{};
    measure_levels(places, normalised);
    const float change = std::fabs(normalised - last_);
    move_averages(normalised, change);
    season_12_ += (season.residual - season_12_) / 12;
    season_64_ += (season.residual - season_64_) / 64;
    const float pattern =
        codebook_.observe({normalised, mean_[k8], mean_[k64], 0.5F * fast_log2(loudness_[kLoud8] + 0.02F),
                           0.5F * fast_log2(loudness_[kLoud256] + 0.02F)});
    const Sequence::Bits bits = sequence_.observe(normalised);
    bits_ += (bits.given_past - bits_) / 32;
    rareness_ += (bits.alone - rareness_) / 16;
    const auto set = [&places](Feature feature, float value) {
        places[index(feature)] = Rank::place(std::fabs(value));
    };
    set(Feature::kLevel2, mean_[k2] - mean_[k32]);
    set(Feature::kLevel8, (mean_[k8] - mean_[k64]) / (0.05F + loudness_[kLoud64]));
    set(Feature::kLevel32, mean_[k32] - mean_[k256]);
    set(Feature::kLouder, loudness_[kLoud8] / (0.02F + loudness_[kLoud256]));
    set(Feature::kQuieter, (loudness_[kLoud256] + 0.002F) / (loudness_[kLoud32] + 0.002F));
    set(Feature::kSeason1, season.residual);
    set(Feature::kSeason12, season_12_);
    set(Feature::kSeason64, season_64_);
    set(Feature::kEnvelope, season.outside);
    set(Feature::kSequence, bits_);
    set(Feature::kRareValue, rareness_);
    set(Feature::kPattern, pattern);
    return places;
}

float PointDetector::sum_decades(const Places& places) {
    const auto seen = static_cast<float>(samples_);
    if (samples_ % Rank::kBlock == 1) {
        age_ = Rank::Age::of(samples_, *parameters_);
    }
    float sum = 0;
    by_aspect_.fill(0);
    for (std::size_t i = 0; i < kFeatures; ++i) {
        const float decades = parameters_->weight[i] * rank_[i].decades(places[i], age_, *parameters_);
        sum += decades;
        by_aspect_[static_cast<std::size_t>(kAspect[i]) - 1] += decades;
        if (seen > 17 + parameters_->settle_factor * kSpan[i]) {
            rank_[i].add(places[i]);
        }
    }
    return sum;
}

Aspect PointDetector::foremost() const {
    // A part with more features must not win by number.
    constexpr std::array<float, 5> kShare{1 / kLevelFeatures, 1.0F / 5, 1, 1.0F / 4, 1};
    std::size_t most = 0;
    for (std::size_t i = 1; i < by_aspect_.size(); ++i) {
        if (by_aspect_[i] * kShare[i] > by_aspect_[most] * kShare[most]) {
            most = i;
        }
    }
    return by_aspect_[most] > 0 ? static_cast<Aspect>(most + 1) : Aspect::kNone;
}

void PointDetector::note_usual(const Season::Seen& season) {
    const float around = 4 * loudness_[kLoud256] + 0.01F;
    usual_ = {mean_[k64], mean_[k64] - around, mean_[k64] + around};
    if (season.known) {
        usual_ = {0.5F * (season.low + season.high), season.low, season.high};
    }
}

Usual PointDetector::usual() const {
    return {.expected = location_.restore(usual_[0]),
            .low = location_.restore(usual_[1]),
            .high = location_.restore(usual_[2])};
}

/// Of the day that has ended with the one before this sample's.
float PointDetector::judge_drift(std::chrono::seconds time, double value, float normalised) {
    constexpr float kWild = 4;  // some 27 spreads: what is further off is no drift
    const bool wild = std::fabs(normalised) > kWild;
    const float decades =
        drift_.observe(time, wild ? location_.restore(std::clamp(normalised, -kWild, kWild)) : value);
    if (drift_.told() > 0) {
        usual_ = {location_.normalise(drift_.usual()), location_.normalise(drift_.usual() - drift_.widest()),
                  location_.normalise(drift_.usual() + drift_.widest())};
    }
    return decades;
}

Finding PointDetector::observe(std::optional<std::chrono::seconds> time, double value) {
    Finding finding;
    if (!std::isfinite(value)) {
        return finding;
    }
    // Far beyond any sensor, and the arithmetic below stays finite.
    value = std::clamp(value, -1e150, 1e150);
    samples_ = std::min<std::uint32_t>(samples_ + 1, 1000000000);
    const bool warming = samples_ <= Location::kFirst;
    if (warming) {
        location_.learn(value, 1, *parameters_);
    }
    const float normalised = location_.normalise(value);
    if (!warming) {
        location_.learn(value, learning_rate(), *parameters_);
    }
    if (samples_ == 1) {
        start(normalised);
    }
    const Season::Seen season = time ? season_.look(*time, normalised) : Season::Seen{};
    note_usual(season);
    const Places places = measure(season, normalised);
    if (time) {
        season_.learn(*time, normalised, learning_rate());
    }
    if (!warming) {
        highest_ = std::max(highest_ * 0.9999F, normalised);
        lowest_ = std::min(lowest_ * 0.9999F, normalised);
    }
    last_ = normalised;
    const Stillness::Told told = stillness_.observe(value);
    const float drifted = time && !warming ? judge_drift(*time, value, normalised) : 0;
    const float sum = sum_decades(places) + told.still + told.novel + drifted;
    by_aspect_[static_cast<std::size_t>(Aspect::kSilence) - 1] += told.still;
    by_aspect_[static_cast<std::size_t>(Aspect::kShape) - 1] += told.novel;
    by_aspect_[static_cast<std::size_t>(Aspect::kLevel) - 1] += kLevelFeatures * drifted;
    const Onset::News news = onset_.judge(sum, samples_, *parameters_);
    surprise_ = news.surprise;
    if (drifted <= 0 && surprise_ > parameters_->slow_above) {
        drift_.disturb();
    }
    // A drift is news once, and goes on for a day.
    finding.surprise = std::max({0.0F, news.surprise, drift_.told()});
    finding.score = score_of(news.news);
    finding.aspect = warming ? Aspect::kNone : foremost();
    return finding;
}

}  // namespace gengfu::rules::detectors
