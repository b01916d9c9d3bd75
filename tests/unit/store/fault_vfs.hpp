#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace gengfu::store::test {

/// A disk that fails on demand: while one lives, SQLite's default file layer runs through it. It can refuse
/// writes and synchronisations, fill up, and lose its power: then every 512-byte sector that was written
/// after the last synchronisation of its file has, by lot, its new or its old content. Calls from any thread.
class FaultVfs {
public:
    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    enum class Fault : std::uint8_t { kNone, kFull, kWriteError, kSyncError };
    void set(Fault fault);
    /// Only in files whose name contains `name`.
    void set(Fault fault, const std::string& name);

    /// Files together may grow by so many more bytes.
    void set_room(std::uint64_t bytes);

    enum class Syncs : std::uint8_t { kHonest, kDropped };
    /// Dropped: a synchronisation says it is done and does nothing, as with synchronisation switched off.
    void set(Syncs syncs);

    /// After so many more writes and synchronisations everything fails: the power is gone.
    void lose_power_after(std::uint64_t operations);
    bool powerless() const;
    /// Leaves on the real files what a power cut would have, and ends all faults. No file may be open.
    void restore_power(std::uint64_t seed);

    std::uint64_t syncs() const;
    std::uint64_t bytes_written() const;

    struct Disk;

private:
    std::unique_ptr<Disk> disk_;
};

}  // namespace gengfu::store::test
