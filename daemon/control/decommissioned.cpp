#include "daemon/control/decommissioned.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace gengfu::control {

std::string decommissioned_file(const std::string& store_path) {
    return store_path + "/decommissioned";
}

Result<void> mark_decommissioned(const std::string& store_path, const std::string& who) {
    const std::string path = decommissioned_file(store_path);
    const std::string line = who + "\n";
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool whole = fd >= 0 &&
                       ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
    const int why = errno;
    if (fd >= 0) {
        ::close(fd);
    }
    return whole ? Result<void>{} : fail(Errc::kIo, path + ": " + std::strerror(why));
}

std::string decommissioned(const std::string& store_path) {
    std::ifstream in(decommissioned_file(store_path));
    std::string line;
    if (in && !std::getline(in, line)) {
        return "at a time that is not known";  // the mark counts, not what it says
    }
    return line;
}

}  // namespace gengfu::control
