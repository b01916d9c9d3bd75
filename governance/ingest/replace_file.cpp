#include "governance/ingest/replace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gengfu::ingest {

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
    if (good && std::rename(beside.c_str(), path.c_str()) != 0) {
        good = false;
        error = errno;
    }
    return good ? Result<void>{} : fail(Errc::kIo, path + ": " + std::strerror(error));
}

}  // namespace gengfu::ingest
