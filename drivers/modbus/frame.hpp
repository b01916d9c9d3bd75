#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "drivers/bus.hpp"

/// Requests to bytes and answers from bytes, without the wrapping that RTU (CRC) and TCP (MBAP) put around.
/// After the Modbus Application Protocol V1.1b3. Pure; any thread.
namespace gengfu::drivers::modbus {

constexpr std::uint8_t kBroadcast = 0;
/// Unit and the longest protocol data unit (253 bytes).
constexpr std::size_t kMessageMax = 254;
constexpr std::uint8_t kExceptionFlag = 0x80;

/// Unit, function and data: what stands between RTU's frame start and CRC, and behind MBAP's length.
struct Message {
    std::array<std::uint8_t, kMessageMax> bytes{};
    std::size_t size = 0;

    std::span<const std::uint8_t> view() const { return std::span(bytes).first(size); }
};

/// CRC-16 of Modbus over Serial Line V1.02, 6.2.2 (polynomial 0xA001 reflected, start 0xFFFF); its low byte
/// goes over the line first.
std::uint16_t crc16(std::span<const std::uint8_t> bytes);
/// Its size, behind every RTU frame.
constexpr std::size_t kCrcBytes = 2;

bool is_write(std::uint8_t function);

/// Checks a request and lays it out.
/// \retval Errc::kInvalid  a function other than 1 to 6, 15, 16; a count of 0, above 2000 bits, 125
/// registers,
///         1968 bits or 123 registers to write, other than 1 for 5 and 6, beyond address 65535, or other than
///         `values`; a bit other than 0 and 1.
Result<Message> encode(const Request& request);

/// Bytes of a good answer to `request`, unit included, CRC not.
std::size_t answer_size(const Request& request);

/// How a message relates to a request.
enum class Fit : std::uint8_t {
    kAnswer,     ///< what was asked for
    kException,  ///< the unit refuses what was asked for; code in the last byte
    kOther,      ///< another unit's, another function's or count's: not an answer to this request
};

/// Judges a whole message: unit, function, byte count, and of a write the echoed address, count or value.
Fit fit(const Request& request, std::span<const std::uint8_t> message);

/// What is wrong with a message of the unit that is Fit::kOther: "answers with function 4 where 3 was asked
/// for".
std::string misfit(const Request& request, std::span<const std::uint8_t> message);

/// Registers, or bits as 0 and 1, of a message that is Fit::kAnswer; empty of a write.
std::vector<std::uint16_t> values(const Request& request, std::span<const std::uint8_t> message);

/// An exception code as the error that says what to do about it.
/// 01, 02 kUnsupported; 05, 06 kBusy; 0A, 0B kTimeout (a gateway says that the unit did not answer it: the
/// unit itself is silent); 03, 04 and all others kRefused.
Error exception_error(std::uint8_t code, const std::string& who);

}  // namespace gengfu::drivers::modbus
