#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/store/day.hpp"

namespace gengfu::store {

/// A telemetry file as retention sees it.
struct FileView {
    std::uint64_t bytes = 0;
    bool released = false;   ///< every required consumer has all its records: it is history
    std::optional<Day> day;  ///< by its name; nothing with the clock unknown
};

/// The store as retention sees it. Bytes of a file that is being written count with what its log may yet add.
struct StoreView {
    std::uint64_t limit = 0;
    std::uint64_t state_bytes = 0, events_bytes = 0, damaged_bytes = 0;
    std::vector<FileView> files;        ///< oldest first
    std::uint64_t incoming_events = 0;  ///< bytes about to be written
    std::uint64_t incoming_telemetry = 0;
    std::optional<Day> today;
    Day history_days = 0;
    bool has_released_events = false;  ///< that the book covers, so that nothing needs them
};

enum class Sacrifice : std::uint8_t {
    kNothing,      ///< all fits, nothing is too old
    kDamagedFile,  ///< the oldest file set aside
    kHistory,      ///< telemetry file `file`, which everyone has
    kUnsent,       ///< telemetry file `file`, whose records are then abandoned
    kEvents,       ///< the oldest events that everyone has
    kRefuse,       ///< there is nothing left to give up for what is about to be written
};

struct Decision {
    Sacrifice what = Sacrifice::kNothing;
    std::size_t file = 0;
};

/// What to give up next, in the order of the product contract (Operations): history beyond its time; then,
/// for as long as something does not fit, damaged files, history (oldest first), unsent telemetry (oldest
/// first), events that everyone has. Telemetry never takes the quarter of the limit that is kept for events.
/// Pure.
Decision decide(const StoreView& view);

/// Telemetry's share of a size limit.
std::uint64_t telemetry_share(std::uint64_t limit);

/// A telemetry file that has reached this size is followed by another part, so that giving one up costs an
/// eighth.
std::uint64_t part_limit(std::uint64_t limit);

}  // namespace gengfu::store
