#include "tests/sim/pty.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>
#include <utility>

namespace gengfu::sim {
namespace {

int baud_of(speed_t speed) {
    constexpr std::array<std::pair<speed_t, int>, 18> kSpeeds{{{B300, 300},
                                                               {B600, 600},
                                                               {B1200, 1200},
                                                               {B2400, 2400},
                                                               {B4800, 4800},
                                                               {B9600, 9600},
                                                               {B19200, 19200},
                                                               {B38400, 38400},
                                                               {B57600, 57600},
                                                               {B115200, 115200},
                                                               {B230400, 230400},
                                                               {B460800, 460800},
                                                               {B500000, 500000},
                                                               {B921600, 921600},
                                                               {B1000000, 1000000},
                                                               {B2000000, 2000000},
                                                               {B3000000, 3000000},
                                                               {B4000000, 4000000}}};
    for (const auto& [code, baud] : kSpeeds) {
        if (code == speed) {
            return baud;
        }
    }
    return 0;
}

std::string system_error(int code) {
    return std::system_category().message(code);
}

Result<std::string> link_to(const std::string& slave, const std::string& link) {
    std::error_code error;
    if (std::filesystem::is_symlink(link, error)) {
        std::filesystem::remove(link, error);
    }
    std::filesystem::create_symlink(slave, link, error);
    if (error) {
        return fail(Errc::kIo, link + ": " + error.message());
    }
    return link;
}

}  // namespace

Pty::Pty(FileDescriptor master, std::string link, std::string slave)
    : master_(std::move(master)), link_(std::move(link)), slave_(std::move(slave)) {}

Pty::~Pty() {
    if (!master_) {
        return;
    }
    std::error_code error;
    if (std::filesystem::read_symlink(link_, error) == slave_) {
        std::filesystem::remove(link_, error);
    }
}

Result<Pty> Pty::open(const std::string& link) {
    FileDescriptor master(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    std::array<char, PATH_MAX> name{};
    if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
        ::ptsname_r(master.get(), name.data(), name.size()) != 0) {
        return fail(Errc::kIo, link + ": no pseudo-terminal: " + system_error(errno));
    }
    auto linked = link_to(name.data(), link);
    if (!linked) {
        return pass(linked);
    }
    return Pty(std::move(master), link, name.data());
}

std::optional<int> Pty::baud() const {
    termios settings{};
    if (::tcgetattr(master_.get(), &settings) != 0) {
        return std::nullopt;
    }
    const int baud = baud_of(::cfgetospeed(&settings));
    return baud == 0 ? std::nullopt : std::optional(baud);
}

Bytes Pty::read() const {
    Bytes bytes(4096);
    const ssize_t got = ::read(master_.get(), bytes.data(), bytes.size());
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

std::size_t Pty::write(std::span<const std::uint8_t> bytes) const {
    const ssize_t put = ::write(master_.get(), bytes.data(), bytes.size());
    return put > 0 ? static_cast<std::size_t>(put) : 0;
}

}  // namespace gengfu::sim
