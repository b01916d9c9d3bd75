#pragma once

#include <termios.h>

#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "drivers/line/rs485.hpp"
#include "drivers/line/unique_fd.hpp"

namespace gengfu::drivers {

/// Baud rates that a port can be opened with, rising: those Linux has a constant for.
std::vector<std::uint32_t> known_bauds();

/// The settings of a port in raw 8-bit mode: no echo, no translation, no flow control, modem lines ignored,
/// reads of one byte or more. \retval Errc::kInvalid  a baud rate that is none of known_bauds(), or stop bits
/// other than 1 and 2. (libmodbus
///                         3.1.6 would silently run at 9600 instead.)
Result<termios> raw_settings(const config::Serial& serial);

/// Opens a serial port for this program alone (flock and TIOCEXCL), sets it up, reads the settings back, and
/// throws away what was received before. Does not block: no wait for carrier.
///
/// A pty, which has no parity, is taken without it; a real port that does not take a setting is refused.
/// \retval Errc::kIo       missing, busy, not permitted, no serial port, or it does not take the settings
/// \retval Errc::kInvalid  as raw_settings()
Result<UniqueFd> open_serial_port(const config::Serial& serial, const Rs485Ioctl& ioctl = kernel_rs485_ioctl);

}  // namespace gengfu::drivers
