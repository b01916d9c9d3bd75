#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "daemon/store/sqlite.hpp"

namespace gengfu::store {

/// One of the two copies of state.db: named rows under a seal (generation and digest of all rows). One
/// thread.
class StateFile {
public:
    struct Change {
        std::string_view name;
        std::optional<std::string_view> value;  ///< nothing: the row goes
    };
    using Visit = std::function<void(std::string_view name, std::string_view value)>;

    /// Opens or makes one copy and checks it: SQLite's own check, then the digest.
    /// \retval Errc::kCorrupt either check fails; otherwise as open_file().
    static Result<StateFile> open(const std::string& path);
    /// One that is there, for visit() alone, on a disk that takes no writing.
    static Result<StateFile> view(const std::string& path);

    /// 0 when it has just been made.
    std::uint64_t generation() const { return generation_; }
    /// Digest of the rows alone: equal in copies that say the same.
    std::uint64_t content() const { return content_; }

    Result<void> visit(const Visit& visit);

    /// Changes rows and seal in one transaction, on disk when this returns without error.
    Result<void> write(std::span<const Change> changes, std::uint64_t generation, std::uint64_t digest);

    /// Makes this one the same as `other`.
    Result<void> copy_from(StateFile& other);

    /// Bytes of the log that are not carried over yet.
    std::uint64_t log_bytes() const {
        return static_cast<std::uint64_t>(database_->wal_pages()) * page_bytes_;
    }
    Result<void> checkpoint() { return database_->checkpoint(); }

private:
    StateFile() = default;
    Result<void> prepare();
    Result<void> check();
    Result<void> apply(const Change& change);
    Result<void> write_seal(std::uint64_t generation, std::uint64_t digest);
    Result<void> finish(Result<void> done, std::uint64_t generation, std::uint64_t content);

    std::unique_ptr<sql::Database> database_;
    sql::Statement put_, drop_, seal_;
    std::uint64_t generation_ = 0;
    std::uint64_t content_ = 0;
    std::uint64_t page_bytes_ = 4096;
};

}  // namespace gengfu::store
