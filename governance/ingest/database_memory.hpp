#pragma once

#include <optional>
#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/marker.hpp"
#include "governance/ingest/settings.hpp"

namespace gengfu::ingest {

/// Knows the database again, by a small file outside of it: a database that was set back, restored or
/// replaced is noticed, and gateways are asked for what it lacks. One thread.
class DatabaseMemory {
public:
    explicit DatabaseMemory(const Settings& settings) : settings_(settings) {}

    /// Looks whether this is the database that was remembered, and has all that was confirmed.
    /// \return false: it may lack some; from now on gateways are asked. Errors as Database
    Result<bool> recognise(Database& database);

    /// To be called between reading what is committed and saying so to gateways: after it, a database that
    /// lacks any of it will be noticed, whatever fails whenever. Costs a commit and two fsync.
    /// \return false: not now, since the database is another one (recognise() says so next) or the file
    /// cannot be written, which has been logged. Errors as Database
    Result<bool> cover(Database& database);

    /// Notes every few seconds where the database stands. \return as recognise()
    Result<bool> tend(Database& database);

    /// Gateways are still to be asked for what the database lost.
    bool owes() const;
    /// The file could be written, as far as it was tried.
    bool can_write() const { return can_write_; }

private:
    Result<Marker> read_marker(Database& database) const;
    void read_file_once();
    bool write();
    bool owed(Marker now, const char* why_zh, const char* why_en);

    const Settings& settings_;
    bool file_read_ = false;
    bool begin_owing_ = false;  ///< the command line or a damaged file wants everything asked for
    bool can_write_ = true;
    std::optional<Marker> marker_;
    Monotonic tended_{};
};

}  // namespace gengfu::ingest
