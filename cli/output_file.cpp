#include "cli/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "drivers/line/unique_fd.hpp"

namespace gengfu::cli {

namespace fs = std::filesystem;

namespace {

using drivers::UniqueFd;

tl::unexpected<Error> not_written(const std::string& path, int error) {
    return fail(Errc::kIo, path + ": cannot be written: " + std::strerror(error));
}

/// \return 0 or why not
int write_all(int fd, const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t written = ::write(fd, text.data() + at, text.size() - at);
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        at += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
    return 0;
}

/// What any new file of this user may be.
mode_t usual_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path) {
    OutputFile file(path);
    std::error_code unknown;
    const fs::file_status status = fs::status(path, unknown);
    if (fs::is_directory(status)) {
        return fail(Errc::kIo, path + ": is a folder; give the name of a file");
    }
    file.ordinary_ = !fs::exists(status) || fs::is_regular_file(status);
    const fs::path folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
    if (file.ordinary_ && ::access(folder.c_str(), W_OK | X_OK) != 0) {
        return not_written(path, errno);
    }
    return file;
}

Result<void> OutputFile::finish() {
    const std::string text = std::move(text_).str();
    if (!ordinary_) {
        const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
        const int error = fd ? write_all(fd.get(), text) : errno;
        return error == 0 ? Result<void>() : Result<void>(not_written(path_, error));
    }
    std::string beside = path_ + ".XXXXXX";
    const UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));  // new, and no link that somebody put there
    if (!fd) {
        return not_written(path_, errno);
    }
    int error = write_all(fd.get(), text);
    if (error == 0 &&
        (::fchmod(fd.get(), usual_mode()) != 0 || ::rename(beside.c_str(), path_.c_str()) != 0)) {
        error = errno;
    }
    if (error != 0) {
        ::unlink(beside.c_str());
        return not_written(path_, error);
    }
    return {};
}

}  // namespace gengfu::cli
