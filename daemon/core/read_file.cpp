#include "daemon/core/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace gengfu {
namespace {

std::string describe(const std::string& path, int code) {
    return path + ": " + std::generic_category().message(code);
}

Result<std::string> read_open_file(int fd, const std::string& path, std::size_t most) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) {
        return fail(Errc::kIo, describe(path, errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return fail(Errc::kIo,
                    path + (S_ISDIR(info.st_mode) ? ": is a directory" : ": is not a regular file"));
    }
    std::string text;
    std::array<char, 16'384> piece{};
    while (text.size() < most) {
        const ssize_t count = ::read(fd, piece.data(), std::min(piece.size(), most - text.size()));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return fail(Errc::kIo, describe(path, errno));
        }
        if (count == 0) {
            break;
        }
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return fail(Errc::kIo, describe(path, errno));
    }
    Result<std::string> text = read_open_file(fd, path, most);
    ::close(fd);
    return text;
}

}  // namespace gengfu
