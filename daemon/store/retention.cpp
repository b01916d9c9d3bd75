#include "daemon/store/retention.hpp"

#include <algorithm>

namespace gengfu::store {
namespace {

std::optional<std::size_t> oldest_released(const std::vector<FileView>& files) {
    const auto found =
        std::find_if(files.begin(), files.end(), [](const FileView& file) { return file.released; });
    return found == files.end() ? std::nullopt
                                : std::optional(static_cast<std::size_t>(found - files.begin()));
}

// A file whose day is unknown, or lies in the future because the clock was wrong, is at least as old as any
// later one.
std::optional<std::size_t> oldest_expired(const StoreView& view) {
    std::optional<Day> day;
    std::optional<std::size_t> expired;
    for (std::size_t i = view.files.size(); i-- > 0;) {
        const FileView& file = view.files[i];
        if (file.day) {
            day = day ? std::min(*day, *file.day) : *file.day;
        }
        if (file.released && day && *day < *view.today - view.history_days) {
            expired = i;
        }
    }
    return expired;
}

}  // namespace

std::uint64_t telemetry_share(std::uint64_t limit) {
    return limit - limit / 4;
}

std::uint64_t part_limit(std::uint64_t limit) {
    constexpr std::uint64_t kLeast = 1ULL << 20U;
    return std::max(telemetry_share(limit) / 8, kLeast);
}

Decision decide(const StoreView& view) {
    if (view.today) {
        if (const auto expired = oldest_expired(view)) {
            return {Sacrifice::kHistory, *expired};
        }
    }
    std::uint64_t telemetry = view.incoming_telemetry;
    for (const FileView& file : view.files) {
        telemetry += file.bytes;
    }
    const std::uint64_t all =
        telemetry + view.state_bytes + view.events_bytes + view.damaged_bytes + view.incoming_events;
    const bool over_all = all > view.limit;
    if (!over_all && telemetry <= telemetry_share(view.limit)) {
        return {};
    }
    if (over_all && view.damaged_bytes > 0) {
        return {Sacrifice::kDamagedFile};
    }
    if (const auto history = oldest_released(view.files)) {
        return {Sacrifice::kHistory, *history};
    }
    if (!view.files.empty()) {
        return {Sacrifice::kUnsent, 0};
    }
    if (over_all && view.has_released_events) {
        return {Sacrifice::kEvents};
    }
    return {Sacrifice::kRefuse};
}

}  // namespace gengfu::store
