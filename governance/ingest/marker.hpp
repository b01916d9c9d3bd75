#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gengfu::ingest {

/// What is remembered of the database outside of it, to notice that it was restored from a backup, replaced,
/// or taken over by a standby that lacked the last commits.
struct Marker {
    std::uint64_t system = 0;  ///< pg_control_system(): another cluster has another
    /// Of the log that is written now, not of the last checkpoint, which a promoted standby makes minutes
    /// later: one higher after each recovery to a point in time and each promotion.
    std::uint64_t timeline = 0;
    std::uint64_t database = 0;  ///< oid: a database that was created anew has another
    std::uint64_t ledger = 0;    ///< oid of the table: pg_restore makes it anew
    std::uint64_t position = 0;  ///< of the write-ahead log: never goes back but by a copy of the files
    std::uint64_t confirmations =
        0;                           ///< that this instance has counted in governance.ingest: never goes back
    std::int64_t owed_until_us = 0;  ///< wall time until which gateways are asked again; 0: they are not
};

/// Whether `now` is a database that may lack what `before` had.
bool is_restored(const Marker& before, const Marker& now);

/// "gengfu-ingest 2\nsystem 7...\n": one line each, for a small file.
std::string to_text(const Marker& marker);
/// \return nothing when the text is not what to_text() writes, or wrote before confirmations were counted
std::optional<Marker> parse_marker(std::string_view text);

/// The query whose one row is a marker: system, timeline, database, ledger, position, confirmations of the
/// instance $1.
extern const char* const kMarkerQuery;

}  // namespace gengfu::ingest
