#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/store/folder.hpp"
#include "daemon/store/state_file.hpp"

namespace gengfu::store {

/// state.db in its two copies, as named rows. A change goes to the older copy, in one transaction with one
/// synchronisation, and so makes it the newer; the other is not touched meanwhile. What must not fall back by
/// a step is written to both, one after the other. One thread; errors are those of sqlite.hpp.
class State {
public:
    /// Checks both copies, takes the newer good one and mends the other from it. On a disk that takes no
    /// writing the newer good one is only read, and both are opened by the first write that it takes.
    /// \param troubles gets a line for a damaged copy.
    /// \retval Errc::kCorrupt neither copy is good: both have been set aside, a second call begins anew;
    ///         kInvalid written by a newer Gengfu; kIo what is there cannot be read; kFull.
    static Result<State> open(const Folder& folder, std::vector<std::string>& troubles);

    /// The row's value as it was at open(), or nothing; it is given out once.
    std::optional<std::string> take(const std::string& name);
    /// All rows at open() whose names begin so.
    void visit(std::string_view begin,
               const std::function<void(const std::string& name, std::string_view value)>& visit);

    void set(const std::string& name, std::string value);
    void erase(const std::string& name);

    /// Something has been set or erased that no copy has.
    bool changed() const { return version_ > newest_version(); }
    /// A copy lacks something.
    bool behind() const;
    /// Counts set() and erase(): what was changed up to here is in a copy, or in both, when that copy's is
    /// not below.
    std::uint64_t version() const { return version_; }
    /// The version that both copies have reached; nothing while one of them is to be mended.
    std::optional<std::uint64_t> version_in_both() const;

    /// Into the older copy; into the newer when the older cannot be written.
    Result<void> write_older();
    /// Into both, one after the other. \return without error when at least one has it; behind() tells.
    Result<void> write_both();

    /// Carries the write-ahead logs over when they have grown. Not while an event waits.
    Result<void> checkpoint();
    /// Bytes of both copies with their logs, and those that their logs may yet add.
    std::uint64_t bytes(const Folder& folder) const;

private:
    struct Row {
        std::uint64_t hash = 0;            ///< 0: erased
        std::uint64_t version = 0;         ///< of the change
        std::optional<std::string> value;  ///< until both copies have it
    };
    struct Copy {
        std::string name;
        std::optional<StateFile> file;        ///< nothing: to be opened again
        bool stale = false;                   ///< to be made the same as the other one before it is used
        std::uint64_t version = 0;            ///< of the newest change that it has
        std::optional<std::uint64_t> seen{};  ///< content at a start that could only look at it
    };
    explicit State(const Folder& folder);
    Result<void> settle(std::array<Result<StateFile>, 2> opened, std::vector<std::string>& troubles);
    Result<void> settle_in_memory(std::vector<std::string>& troubles);
    Result<void> begin_anew(std::array<Result<StateFile>, 2> opened, std::vector<std::string>& troubles);
    Result<void> keep(Copy& copy, Result<StateFile> opened, const StateFile& good,
                      std::vector<std::string>& troubles);
    Result<void> load(StateFile& good);
    Result<void> write(Copy& copy);
    Result<void> reopen(Copy& copy);
    std::size_t older() const;
    std::uint64_t newest_version() const;
    void drop_written();

    const Folder* folder_;
    std::array<Copy, 2> copies_;
    std::map<std::string, Row> rows_;
    std::uint64_t version_ = 0, generation_ = 0, digest_ = 0;
};

}  // namespace gengfu::store
