#include "drivers/line/rs485.hpp"

#include <sys/ioctl.h>

#include <cerrno>
#include <string>

#include "drivers/line/system_error.hpp"

namespace gengfu::drivers {

namespace {

constexpr std::uint32_t kPolarity = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND | SER_RS485_RTS_AFTER_SEND;

std::uint32_t whole_milliseconds(Duration duration) {
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace

serial_rs485 rs485_settings(const config::Serial& serial) {
    serial_rs485 settings{};
    settings.flags = SER_RS485_ENABLED;
    settings.flags |=
        static_cast<std::uint32_t>(serial.rts_on_send ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND);
    settings.delay_rts_before_send = whole_milliseconds(serial.rts_before);
    settings.delay_rts_after_send = whole_milliseconds(serial.rts_after);
    return settings;
}

int kernel_rs485_ioctl(int fd, unsigned long request, serial_rs485* settings) {
    return ::ioctl(fd, request, settings);
}

Result<void> set_rs485(int fd, const config::Serial& serial, const Rs485Ioctl& ioctl) {
    if (!serial.rs485) {
        return {};
    }
    const serial_rs485 wish = rs485_settings(serial);
    serial_rs485 taken = wish;
    if (ioctl(fd, TIOCSRS485, &taken) < 0) {
        const int error = errno;
        const bool lacking = error == ENOTTY || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
        return fail(Errc::kIo,
                    "port " + serial.port +
                        (lacking ? ": its driver cannot switch an RS-485 line's direction; most USB adapters "
                                   "do it by themselves: then set rs485 = false ("
                                 : ": cannot set RS-485 direction (") +
                        describe_errno(error) + ")");
    }
    // Drivers round what they cannot do and say so only in what they hand back; delays may differ, polarity
    // not.
    serial_rs485 now = taken;
    if (ioctl(fd, TIOCGRS485, &now) == 0 && (now.flags & kPolarity) != (wish.flags & kPolarity)) {
        return fail(Errc::kIo,
                    "port " + serial.port +
                        ": its driver does not take this RS-485 polarity; try the other rts_on_send");
    }
    return {};
}

}  // namespace gengfu::drivers
