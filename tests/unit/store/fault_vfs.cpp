#include "tests/unit/store/fault_vfs.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <string_view>

namespace gengfu::store::test {
namespace {

constexpr std::int64_t kSector = 512;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
using Sector = std::array<char, kSector>;

// What a file was when it was last synchronised, as far as it has changed since.
struct Unsynced {
    int fd = -1;  // of our own: follows a rename
    std::int64_t size = 0;
    std::map<std::int64_t, Sector> sectors;
};

std::int64_t size_of(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? status.st_size : 0;
}

}  // namespace

struct FaultVfs::Disk {
    sqlite3_vfs* real = nullptr;
    sqlite3_vfs vfs{};
    std::mutex mutex;
    Fault fault = Fault::kNone;
    std::string only;  // files that the fault is for; empty: all
    Syncs honesty = Syncs::kHonest;
    std::uint64_t room = kNever;
    std::uint64_t operations_left = kNever;
    std::uint64_t syncs = 0, bytes_written = 0;
    std::map<ino_t, Unsynced> files;

    bool powerless() const { return operations_left == 0; }

    // One operation of the power's last ones. \return an error code when it cannot be done.
    int spend(const std::string& name, Fault failing, int code) {
        if (powerless()) {
            return SQLITE_IOERR;
        }
        if (operations_left != kNever && --operations_left == 0) {
            return SQLITE_IOERR;
        }
        const bool meant = only.empty() || name.find(only) != std::string::npos;
        return meant && fault == failing ? code : SQLITE_OK;
    }

    int may_write(const std::string& name) {
        const bool meant = only.empty() || name.find(only) != std::string::npos;
        if (meant && fault == Fault::kFull) {
            return SQLITE_FULL;
        }
        return spend(name, Fault::kWriteError, SQLITE_IOERR_WRITE);
    }
};

namespace {

struct File {
    sqlite3_file base;
    FaultVfs::Disk* disk;
    std::string* name;
    int fd;  // of the same file, for what it was before
    sqlite3_file* real;
};

File* self(sqlite3_file* file) {
    return static_cast<File*>(static_cast<void*>(file));
}

// Keeps what the sectors of a range were before they change for the first time since the last
// synchronisation.
void remember(File* file, std::int64_t from, std::int64_t to) {
    struct stat status {};
    if (file->fd < 0 || ::fstat(file->fd, &status) != 0) {
        return;
    }
    auto [at, first] = file->disk->files.try_emplace(status.st_ino);
    if (first) {
        at->second.fd = ::fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
        at->second.size = status.st_size;
    }
    for (std::int64_t sector = from / kSector; sector * kSector < to; ++sector) {
        auto [kept, fresh] = at->second.sectors.try_emplace(sector, Sector{});
        if (fresh && ::pread(file->fd, kept->second.data(), kSector, sector * kSector) < 0) {
            kept->second = {};
        }
    }
}

void forget(File* file) {
    struct stat status {};
    if (::fstat(file->fd, &status) != 0) {
        return;
    }
    const auto at = file->disk->files.find(status.st_ino);
    if (at != file->disk->files.end()) {
        ::close(at->second.fd);
        file->disk->files.erase(at);
    }
}

int vfs_close(sqlite3_file* base) {
    File* file = self(base);
    const int code = file->real->pMethods != nullptr ? file->real->pMethods->xClose(file->real) : SQLITE_OK;
    if (file->fd >= 0) {
        ::close(file->fd);
    }
    delete file->name;
    return code;
}

int vfs_read(sqlite3_file* base, void* data, int count, sqlite3_int64 at) {
    return self(base)->real->pMethods->xRead(self(base)->real, data, count, at);
}

int vfs_write(sqlite3_file* base, const void* data, int count, sqlite3_int64 at) {
    File* file = self(base);
    const std::lock_guard lock(file->disk->mutex);
    if (const int code = file->disk->may_write(*file->name); code != SQLITE_OK) {
        return code;
    }
    const std::int64_t growth = std::max<std::int64_t>(0, at + count - size_of(file->fd));
    if (file->disk->room != kNever && static_cast<std::uint64_t>(growth) > file->disk->room) {
        return SQLITE_FULL;
    }
    if (file->disk->room != kNever) {
        file->disk->room -= static_cast<std::uint64_t>(growth);
    }
    remember(file, at, at + count);
    file->disk->bytes_written += static_cast<std::uint64_t>(count);
    return file->real->pMethods->xWrite(file->real, data, count, at);
}

int vfs_truncate(sqlite3_file* base, sqlite3_int64 size) {
    File* file = self(base);
    const std::lock_guard lock(file->disk->mutex);
    if (const int code = file->disk->may_write(*file->name); code != SQLITE_OK) {
        return code;
    }
    remember(file, size, size_of(file->fd));
    return file->real->pMethods->xTruncate(file->real, size);
}

int vfs_sync(sqlite3_file* base, int flags) {
    File* file = self(base);
    const std::lock_guard lock(file->disk->mutex);
    if (const int code = file->disk->spend(*file->name, FaultVfs::Fault::kSyncError, SQLITE_IOERR_FSYNC);
        code != SQLITE_OK) {
        return code;
    }
    ++file->disk->syncs;
    if (file->disk->honesty == FaultVfs::Syncs::kDropped) {
        return SQLITE_OK;
    }
    forget(file);
    // The power of this disk is ours: the real one need not be waited for.
    static_cast<void>(flags);
    return SQLITE_OK;
}

int vfs_size(sqlite3_file* base, sqlite3_int64* size) {
    return self(base)->real->pMethods->xFileSize(self(base)->real, size);
}
int vfs_lock(sqlite3_file* base, int level) {
    return self(base)->real->pMethods->xLock(self(base)->real, level);
}
int vfs_unlock(sqlite3_file* base, int level) {
    return self(base)->real->pMethods->xUnlock(self(base)->real, level);
}
int vfs_check(sqlite3_file* base, int* held) {
    return self(base)->real->pMethods->xCheckReservedLock(self(base)->real, held);
}
int vfs_control(sqlite3_file* base, int operation, void* argument) {
    return self(base)->real->pMethods->xFileControl(self(base)->real, operation, argument);
}
int vfs_sector(sqlite3_file* base) {
    return self(base)->real->pMethods->xSectorSize(self(base)->real);
}
int vfs_traits(sqlite3_file* base) {
    return self(base)->real->pMethods->xDeviceCharacteristics(self(base)->real);
}

// Version 1: no shared memory. The store must do without (locking_mode = EXCLUSIVE before anything).
constexpr sqlite3_io_methods kMethods = {1,           vfs_close,  vfs_read,   vfs_write,  vfs_truncate,
                                         vfs_sync,    vfs_size,   vfs_lock,   vfs_unlock, vfs_check,
                                         vfs_control, vfs_sector, vfs_traits, nullptr,    nullptr,
                                         nullptr,     nullptr,    nullptr,    nullptr};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* base, int flags, int* out) {
    auto* disk = static_cast<FaultVfs::Disk*>(vfs->pAppData);
    File* file = self(base);
    file->base.pMethods = nullptr;
    file->disk = disk;
    file->real = static_cast<sqlite3_file*>(static_cast<void*>(file + 1));
    {
        const std::lock_guard lock(disk->mutex);
        if (disk->powerless()) {
            return SQLITE_CANTOPEN;
        }
    }
    const int code = disk->real->xOpen(disk->real, name, file->real, flags, out);
    if (code == SQLITE_OK) {
        file->name = new std::string(name != nullptr ? name : "");
        file->fd = name != nullptr ? ::open(name, O_RDWR | O_CLOEXEC) : -1;
        file->base.pMethods = &kMethods;
    }
    return code;
}

int vfs_delete(sqlite3_vfs* vfs, const char* name, int /*sync*/) {
    auto* disk = static_cast<FaultVfs::Disk*>(vfs->pAppData);
    const std::lock_guard lock(disk->mutex);
    return disk->powerless() ? SQLITE_IOERR_DELETE : disk->real->xDelete(disk->real, name, 0);
}

}  // namespace

FaultVfs::FaultVfs() : disk_(std::make_unique<Disk>()) {
    disk_->real = sqlite3_vfs_find(nullptr);
    disk_->vfs = *disk_->real;
    disk_->vfs.zName = "fault";
    disk_->vfs.pAppData = disk_.get();
    disk_->vfs.szOsFile = static_cast<int>(sizeof(File)) + disk_->real->szOsFile;
    disk_->vfs.xOpen = vfs_open;
    disk_->vfs.xDelete = vfs_delete;
    sqlite3_vfs_register(&disk_->vfs, 1);
}

FaultVfs::~FaultVfs() {
    sqlite3_vfs_unregister(&disk_->vfs);
    sqlite3_vfs_register(disk_->real, 1);
    for (auto& [inode, file] : disk_->files) {
        ::close(file.fd);
    }
}

void FaultVfs::set(Fault fault) {
    set(fault, "");
}

void FaultVfs::set(Fault fault, const std::string& name) {
    const std::lock_guard lock(disk_->mutex);
    disk_->fault = fault;
    disk_->only = name;
}

void FaultVfs::set_room(std::uint64_t bytes) {
    const std::lock_guard lock(disk_->mutex);
    disk_->room = bytes;
}

void FaultVfs::set(Syncs syncs) {
    const std::lock_guard lock(disk_->mutex);
    disk_->honesty = syncs;
}

void FaultVfs::lose_power_after(std::uint64_t operations) {
    const std::lock_guard lock(disk_->mutex);
    disk_->operations_left = operations;
}

bool FaultVfs::powerless() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->powerless();
}

void FaultVfs::restore_power(std::uint64_t seed) {
    const std::lock_guard lock(disk_->mutex);
    std::mt19937_64 random(seed);
    for (auto& [inode, file] : disk_->files) {
        const std::uint64_t mood = random() % 4;  // all lost, all kept, or by lot
        const std::int64_t now = size_of(file.fd);
        const bool size_kept = mood == 0 ? false : mood == 1 ? true : random() % 2 == 0;
        for (const auto& [sector, before] : file.sectors) {
            const bool kept = mood == 0 ? false : mood == 1 ? true : random() % 2 == 0;
            if (!kept && ::pwrite(file.fd, before.data(), kSector, sector * kSector) != kSector) {
                std::abort();
            }
        }
        if (::ftruncate(file.fd, size_kept ? now : file.size) != 0) {
            std::abort();
        }
        ::close(file.fd);
    }
    disk_->files.clear();
    disk_->operations_left = kNever;
    disk_->room = kNever;
    disk_->fault = Fault::kNone;
    disk_->honesty = Syncs::kHonest;
}

std::uint64_t FaultVfs::syncs() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->syncs;
}

std::uint64_t FaultVfs::bytes_written() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->bytes_written;
}

}  // namespace gengfu::store::test
