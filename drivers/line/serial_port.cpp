#include "drivers/line/serial_port.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "drivers/line/system_error.hpp"

namespace gengfu::drivers {

namespace {

struct Speed {
    std::uint32_t baud;
    speed_t code;
};

constexpr Speed kSpeeds[] = {
    {300, B300},         {600, B600},         {1200, B1200},       {1800, B1800},       {2400, B2400},
    {4800, B4800},       {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
    {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},   {576000, B576000},
    {921600, B921600},   {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000},
    {2500000, B2500000}, {3000000, B3000000}, {3500000, B3500000}, {4000000, B4000000},
};

/// Linux, admin-guide/devices: majors of UNIX98 pty slaves.
constexpr unsigned kFirstPtyMajor = 136, kLastPtyMajor = 143;

std::string port(const config::Serial& serial) {
    return "port " + serial.port;
}

tl::unexpected<Error> cannot_open(const config::Serial& serial, int error) {
    switch (error) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
            return fail(Errc::kIo, port(serial) + " is missing: no such device, or it is unplugged");
        case EACCES:
        case EPERM:
            return fail(Errc::kIo, port(serial) + " may not be opened: put the user into the group dialout");
        case EBUSY:
            return fail(Errc::kIo, port(serial) + " is busy: another program has opened it");
        default:
            return fail(Errc::kIo, port(serial) + " cannot be opened: " + describe_errno(error));
    }
}

bool is_pty(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && major(status.st_rdev) >= kFirstPtyMajor &&
           major(status.st_rdev) <= kLastPtyMajor;
}

/// TIOCEXCL keeps others from opening it, but not root, nor who opened it before: flock does among those who
/// ask.
Result<void> claim(int fd, const config::Serial& serial) {
    if (::flock(fd, LOCK_EX | LOCK_NB) < 0) {
        return cannot_open(serial, errno == EWOULDBLOCK ? EBUSY : errno);
    }
    if (::ioctl(fd, TIOCEXCL) < 0) {
        return fail(Errc::kIo, port(serial) + " cannot be claimed: " + describe_errno(errno));
    }
    return {};
}

Result<void> set_up(int fd, const config::Serial& serial, const termios& wish) {
    // Fails with EINVAL when nothing changed and something could not be had, such as a pty's parity on its
    // second opening; what counts is what is read back.
    if (::tcsetattr(fd, TCSANOW, &wish) < 0 && errno != EINVAL) {
        return fail(Errc::kIo, port(serial) + " does not take its settings: " + describe_errno(errno));
    }
    termios taken{};
    if (::tcgetattr(fd, &taken) < 0) {
        return fail(Errc::kIo, port(serial) + " does not tell its settings: " + describe_errno(errno));
    }
    if (::cfgetospeed(&taken) != ::cfgetospeed(&wish) || ::cfgetispeed(&taken) != ::cfgetispeed(&wish)) {
        return fail(Errc::kIo, port(serial) + " does not run at " + std::to_string(serial.baud) + " baud");
    }
    const tcflag_t parity = PARENB | PARODD;
    const tcflag_t must_match = CSIZE | CSTOPB | CREAD | CLOCAL | CRTSCTS | (is_pty(fd) ? 0U : parity);
    const bool raw = (taken.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (taken.c_oflag & OPOST) == 0;
    if ((taken.c_cflag & must_match) != (wish.c_cflag & must_match) || !raw) {
        return fail(Errc::kIo, port(serial) + " does not take its parity, stop bits or raw mode");
    }
    return {};
}

}  // namespace

std::vector<std::uint32_t> known_bauds() {
    std::vector<std::uint32_t> bauds;
    for (const Speed& speed : kSpeeds) {
        bauds.push_back(speed.baud);
    }
    return bauds;
}

Result<termios> raw_settings(const config::Serial& serial) {
    const auto* const speed = std::ranges::find(kSpeeds, serial.baud, &Speed::baud);
    if (speed == std::end(kSpeeds)) {
        return fail(Errc::kInvalid,
                    port(serial) + ": no serial port runs at " + std::to_string(serial.baud) + " baud");
    }
    if (serial.stop_bits != 1 && serial.stop_bits != 2) {
        return fail(Errc::kInvalid, port(serial) + ": stop bits are 1 or 2");
    }
    termios settings{};
    ::cfmakeraw(&settings);
    ::cfsetispeed(&settings, speed->code);
    ::cfsetospeed(&settings, speed->code);
    settings.c_cflag |= CREAD | CLOCAL;
    settings.c_cflag |= serial.stop_bits == 2 ? CSTOPB : 0U;
    // A break is what an idle line without bias looks like while nobody drives it: no byte was sent.
    settings.c_iflag |= IGNBRK;
    if (serial.parity != config::Parity::kNone) {
        settings.c_cflag |= PARENB | (serial.parity == config::Parity::kOdd ? PARODD : 0U);
        settings.c_iflag |= INPCK;
    }
    // With O_NONBLOCK: EAGAIN when there is nothing, so that 0 means hung up and nothing else.
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    return settings;
}

Result<UniqueFd> open_serial_port(const config::Serial& serial, const Rs485Ioctl& ioctl) {
    const Result<termios> settings = raw_settings(serial);
    if (!settings) {
        return fail(settings.error().code, settings.error().what);
    }
    UniqueFd fd(::open(serial.port.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) {
        return cannot_open(serial, errno);
    }
    if (::isatty(fd.get()) == 0) {
        return fail(Errc::kIo, port(serial) + " is no serial port");
    }
    if (Result<void> claimed = claim(fd.get(), serial); !claimed) {
        return pass(claimed);
    }
    if (Result<void> set = set_up(fd.get(), serial, *settings); !set) {
        return pass(set);
    }
    if (Result<void> set = set_rs485(fd.get(), serial, ioctl); !set) {
        return pass(set);
    }
    ::tcflush(fd.get(), TCIOFLUSH);
    return fd;
}

}  // namespace gengfu::drivers
