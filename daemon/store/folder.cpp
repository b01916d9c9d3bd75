#include "daemon/store/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "daemon/core/plain_text.hpp"

namespace gengfu::store {
namespace {

constexpr std::size_t kMostFiles = 10000;  // 27 years of days; a folder with more is not ours
constexpr std::string_view kDamaged = ".damaged-";
constexpr std::array kTails{"-wal", "-journal", "-shm"};  // what SQLite may leave beside a database

std::uint64_t size_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool lacks_room(int why) {
    return why == ENOSPC || why == EDQUOT;
}

/// \return errno, or 0
int make(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) {
        return 0;
    }
    return errno == ENOENT && error ? error.value() : errno;
}

Result<void> cannot_make(const std::string& path, int why) {
    return fail(lacks_room(why) ? Errc::kFull : Errc::kIo,
                fmt::format("store {}: cannot be made: {}", path, std::strerror(why)));
}

std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(path, error), end;
         !error && at != end && names.size() < kMostFiles; at.increment(error)) {
        names.push_back(at->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// Whether a file of this name can be one of a store, of this release or another.
bool may_be_ours(const std::string& name) {
    return name.starts_with("state.db") || name.starts_with("events.db") || name.starts_with("telemetry-");
}

/// Why a folder is not for us, or "". The store's folder is closed to everybody else: /tmp or /var/lib,
/// closed by a slip in the configuration of a daemon that runs as root, would be the end of the machine.
std::string whose(const struct stat& status, const std::string& path) {
    if ((status.st_mode & S_ISVTX) != 0) {
        return "everybody keeps files there";
    }
    const std::vector<std::string> names = names_in(path);
    if (std::any_of(names.begin(), names.end(), may_be_ours)) {
        return "";
    }
    // A disk of its own has this one from the beginning.
    const auto other = std::find_if(names.begin(), names.end(),
                                    [](const std::string& name) { return name != "lost+found"; });
    return other == names.end() ? ""
                                : fmt::format("is no store of a gateway: \"{}\" is in it", to_plain(*other));
}

std::string refusal(const std::string& path, const std::string& why) {
    return fmt::format("store {}: {}; give the store a folder of its own", path, why);
}

}  // namespace

std::string mistake_in_folder(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return "";  // it is made at the start
    }
    const std::string why = S_ISDIR(status.st_mode) ? whose(status, path) : "is no folder";
    return why.empty() ? "" : refusal(path, why);
}

Result<Folder> Folder::open(const std::string& path) {
    Folder folder(path, -1);
    const int made = make(path);
    if (made == EROFS || lacks_room(made)) {
        return folder;  // a gateway that stands still watches nobody
    }
    if (Result<void> entered = made == 0 ? folder.enter() : cannot_make(path, made); !entered) {
        return pass(entered);
    }
    return folder;
}

Result<void> Folder::ensure() {
    if (fd_ >= 0) {
        return {};
    }
    const int made = make(path_);
    return made == 0 ? enter() : cannot_make(path_, made);
}

Result<void> Folder::enter() {
    std::error_code error;
    const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        const std::string target = std::filesystem::read_symlink(path_, error).string();
        return fail(Errc::kIo, fmt::format("store {}: is a link to {}, which is not there", path_, target));
    }
    if (fd < 0) {
        return fail(Errc::kIo, fmt::format("store {}: cannot be opened: {}", path_, std::strerror(errno)));
    }
    // The folder itself is locked, not a file in it: that works on a card that has turned read-only too.
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        auto failed =
            fail(Errc::kIo, errno == EWOULDBLOCK
                                ? fmt::format("store {}: another gengfud runs on it", path_)
                                : fmt::format("store {}: cannot be locked: {}", path_, std::strerror(errno)));
        ::close(fd);
        return failed;
    }
    struct stat status {};
    const std::string why = ::fstat(fd, &status) == 0 ? whose(status, path_) : std::string();
    if (!why.empty()) {
        ::close(fd);
        return fail(Errc::kIo, refusal(path_, why));
    }
    fd_ = fd;
    // SQLite follows no links, lest somebody puts one in place of a file; the folder itself, and what leads
    // to it, may be one: /var/lib on another disk.
    const std::filesystem::path real = std::filesystem::canonical(path_, error);
    path_ = error ? path_ : real.string();
    // Also when it was made beforehand. Not our folder (EPERM) or read-only (EROFS): then what stands,
    // stands.
    static_cast<void>(::fchmod(fd, S_IRWXU));
    return {};
}

Folder::Folder(Folder&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      set_aside_now_(std::move(other.set_aside_now_)) {}

Folder::~Folder() {
    if (fd_ >= 0) {
        ::close(fd_);  // ends the lock
    }
}

bool Folder::has(std::string_view name) const {
    return ::access(path(name).c_str(), F_OK) == 0;
}

std::vector<std::string> Folder::list(std::string_view begin, std::string_view end) const {
    std::vector<std::string> names = names_in(path_);
    std::erase_if(names, [&](const std::string& name) {
        return name.size() < begin.size() + end.size() || !name.starts_with(begin) || !name.ends_with(end);
    });
    return names;
}

std::uint64_t Folder::bytes(std::string_view name) const {
    return size_of(path(name));
}

std::uint64_t Folder::wal_bytes(std::string_view name) const {
    return size_of(path(name) + "-wal");
}

Result<std::string> Folder::set_aside(std::string_view name) const {
    std::string aside;
    for (int n = 1; aside.empty() || has(aside); ++n) {
        aside = fmt::format("{}{}{}", name, kDamaged, n);
    }
    // Log and journal first: SQLite would play one that it finds beside the new file of the old name into
    // that.
    for (const char* tail : kTails) {
        static_cast<void>(::rename((path(name) + tail).c_str(), (path(aside) + tail).c_str()));
    }
    if (::rename(path(name).c_str(), path(aside).c_str()) != 0) {
        return fail(Errc::kIo, fmt::format("{}: damaged, and cannot be set aside: {}", path(name),
                                           std::strerror(errno)));
    }
    synchronise();
    set_aside_now_.push_back(path(aside));
    return aside;
}

std::vector<std::string> Folder::damaged() const {
    std::vector<std::string> names = names_in(path_);
    std::erase_if(names, [](const std::string& name) { return name.find(kDamaged) == std::string::npos; });
    return names;
}

Result<void> Folder::remove(std::string_view name) const {
    for (const char* tail : kTails) {
        static_cast<void>(::unlink((path(name) + tail).c_str()));
    }
    if (::unlink(path(name).c_str()) != 0 && errno != ENOENT) {
        return fail(Errc::kIo, fmt::format("{}: cannot be deleted: {}", path(name), std::strerror(errno)));
    }
    return {};
}

void Folder::synchronise() const {
    if (fd_ >= 0) {
        static_cast<void>(::fsync(fd_));
    }
}

}  // namespace gengfu::store
