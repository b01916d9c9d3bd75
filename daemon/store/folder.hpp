#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace gengfu::store {

/// Why the folder of this path cannot be a store's: it is no folder, sticky like /tmp, or has files of others
/// in it and none of a store. Empty when it can, or is yet to be made. Changes nothing.
std::string mistake_in_folder(const std::string& path);

/// The store's folder: made for our user alone (0700) and locked for as long as this object lives.
class Folder {
public:
    /// Where a full or read-only disk does not let it be made, it is made and locked by ensure().
    /// \retval Errc::kIo cannot be made or opened, another daemon runs on it, or it is a folder of others:
    /// sticky like /tmp, or with files of others and none of a store.
    static Result<Folder> open(const std::string& path);
    /// Before writing: makes what open() could not. \retval Errc::kIo, kFull
    Result<void> ensure();
    ~Folder();
    Folder(Folder&& other) noexcept;
    Folder& operator=(Folder&&) = delete;

    std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
    const std::string& path() const { return path_; }  ///< without symbolic links

    bool has(std::string_view name) const;
    /// Names that begin and end so, sorted; at most 10,000.
    std::vector<std::string> list(std::string_view begin, std::string_view end) const;

    /// A database's file alone, and its write-ahead log alone, in bytes; 0 when there is none.
    std::uint64_t bytes(std::string_view name) const;
    std::uint64_t wal_bytes(std::string_view name) const;

    /// Renames a damaged database to NAME.damaged-N, its log likewise, and opens the way for a new one.
    /// \return the new name. \retval Errc::kIo
    Result<std::string> set_aside(std::string_view name) const;
    /// What set_aside() made, oldest name first.
    std::vector<std::string> damaged() const;
    /// Paths that set_aside() has made since the folder was opened, in their order.
    const std::vector<std::string>& set_aside_now() const { return set_aside_now_; }

    /// Deletes a database with its log. \retval Errc::kIo
    Result<void> remove(std::string_view name) const;

    /// Makes creations, renames and deletions last.
    void synchronise() const;

private:
    Folder(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    Result<void> enter();
    std::string path_;
    int fd_ = -1;
    mutable std::vector<std::string> set_aside_now_;
};

}  // namespace gengfu::store
