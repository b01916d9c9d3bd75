#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/core/result.hpp"
#include "daemon/store/sqlite.hpp"

/// What stands in the files, and how they are opened. docs/formats.md describes it for readers of other
/// programs.
namespace gengfu::store {

/// PRAGMA user_version of what this release writes; it reads this one only, there being no older.
constexpr std::int64_t kFormatVersion = 1;
/// PRAGMA application_id: "Geng".
constexpr std::int64_t kApplicationId = 0x47656E67;
/// Write-ahead log after which it is carried over, which bounds what a start has to recover.
constexpr std::uint64_t kCheckpointBytes = 1U << 20U;

enum class FileKind : std::uint8_t { kState, kEvents, kTelemetry };

/// Opens `path` for writing and makes it when it is missing or empty: write-ahead log, synchronised at every
/// commit, locked against every other process. \retval Errc::kCorrupt not a database, or not ours; kInvalid
/// written by a newer Gengfu; kFull; kIo, also on a file system that is mounted read-only.
Result<std::unique_ptr<sql::Database>> open_file(const std::string& path, FileKind kind);

/// Opens a sealed telemetry file for reading alone. Errors as above.
Result<std::unique_ptr<sql::Database>> open_sealed(const std::string& path);

/// Opens `path`, sealed or not, for reading alone on a disk that takes no writing. Errors as above.
Result<std::unique_ptr<sql::Database>> open_view(const std::string& path);

/// The disk is at fault and not the file: what it holds may be good.
inline bool of_disk(const Error& error) {
    return error.code == Errc::kIo || error.code == Errc::kFull;
}

/// Turns a file that is not written any more into one without log, which opens without writing anything.
Result<void> seal(sql::Database& database);

}  // namespace gengfu::store
