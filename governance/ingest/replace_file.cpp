#include "governance/ingest/replace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gengfu::ingest {
namespace {

/// The new name, too, must outlive a power cut.
bool sync_folder(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder =
        slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) {
        return false;
    }
    const bool good =
        ::fsync(opened) == 0 || errno == EINVAL;  // EINVAL: a file system that has none for folders
    const int error = errno;
    ::close(opened);
    errno = error;
    return good;
}

}  // namespace

Result<void> replace_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool good = file >= 0;
    good = good && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    good = good && ::fsync(file) == 0;
    int error = good ? 0 : errno;
    if (file >= 0) {
        ::close(file);
    }
    if (good && (std::rename(beside.c_str(), path.c_str()) != 0 || !sync_folder(path))) {
        good = false;
        error = errno;
    }
    return good ? Result<void>{} : fail(Errc::kIo, path + ": " + std::strerror(error));
}

}  // namespace gengfu::ingest
