// Saved states of PointDetector; docs/anomaly.md has the layout.
#include <algorithm>

#include "daemon/rules/detectors/archive.hpp"
#include "daemon/rules/detectors/frame.hpp"
#include "daemon/rules/detectors/point_detector.hpp"

namespace gengfu::rules::detectors {
namespace {

constexpr std::uint32_t kKind = 0x50414647U;  ///< "GFAP"
/// Of the layout: raise it when any `visit` or the meaning of a number changes.
constexpr std::uint32_t kVersion = 2;  ///< 1 has no drift: what it had learnt is taken, days are counted anew

}  // namespace

template <class Archive>
void PointDetector::visit(Archive& archive, std::uint32_t version) {
    archive(samples_);
    location_.visit(archive);
    season_.visit(archive);
    sequence_.visit(archive);
    codebook_.visit(archive);
    onset_.visit(archive);
    stillness_.visit(archive);
    age_.visit(archive);
    for (Rank& rank : rank_) {
        rank.visit(archive);
    }
    archive(mean_);
    archive(loudness_);
    archive(last_);
    archive(season_12_);
    archive(season_64_);
    archive(bits_);
    archive(rareness_);
    archive(highest_);
    archive(lowest_);
    archive(surprise_);
    archive(by_aspect_);
    archive(usual_);
    if (version >= 2) {
        drift_.visit(archive);
    }
}

std::size_t PointDetector::size_of(std::uint32_t version) {
    Sizer sizer;
    PointDetector().visit(sizer, version);
    return sizer.size() + kFrameSize;
}

std::size_t PointDetector::state_size() {
    return size_of(kVersion);
}

void PointDetector::save(std::span<std::uint8_t> bytes) const {
    PointDetector copy = *this;  // a visitor takes its parts by reference, to read as well as to write
    Writer state(bytes.subspan(kFrameSize));
    copy.visit(state, kVersion);
    write_frame(bytes, kKind, kVersion);
}

bool PointDetector::plausible() const {
    return codebook_.plausible() && stillness_.plausible() && drift_.plausible() && sequence_.plausible() &&
           std::all_of(rank_.begin(), rank_.end(), [](const Rank& rank) { return rank.plausible(); });
}

std::optional<PointDetector> PointDetector::restore(std::span<const std::uint8_t> bytes,
                                                    const Parameters& parameters) {
    std::uint32_t version = kVersion;
    while (version > 0 && !(bytes.size() == size_of(version) && frame_is(bytes, kKind, version))) {
        --version;
    }
    if (version == 0) {
        return std::nullopt;
    }
    std::optional<PointDetector> restored{std::in_place, parameters};
    Reader state(bytes.subspan(kFrameSize));
    restored->visit(state, version);
    if (!restored->plausible()) {
        return std::nullopt;
    }
    return restored;
}

}  // namespace gengfu::rules::detectors
