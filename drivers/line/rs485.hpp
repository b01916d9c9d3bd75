#pragma once

#include <linux/serial.h>

#include <functional>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"

namespace gengfu::drivers {

/// What `rs485`, `rts_on_send`, `rts_before` and `rts_after` ask of the kernel (Linux, driver-api/serial/
/// serial-rs485): direction by RTS, its polarity, delays in whole milliseconds rounded up. Nothing received
/// while sending.
serial_rs485 rs485_settings(const config::Serial& serial);

/// ioctl(2) for TIOCSRS485; tests put their own in its place, since no pty has it.
using Rs485Ioctl = std::function<int(int fd, unsigned long request, serial_rs485* settings)>;
int kernel_rs485_ioctl(int fd, unsigned long request, serial_rs485* settings);

/// Has the kernel switch the direction of an RS-485 line. Does nothing unless `serial.rs485`.
/// By our own ioctl: libmodbus 3.1.6 sets ENABLED only, no polarity and no delays.
/// \retval Errc::kIo  the driver has no such control, or took other settings than asked for
Result<void> set_rs485(int fd, const config::Serial& serial, const Rs485Ioctl& ioctl = kernel_rs485_ioctl);

}  // namespace gengfu::drivers
