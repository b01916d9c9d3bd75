#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace gengfu::sim {

using Bytes = std::vector<std::uint8_t>;

/// The four address spaces of a Modbus device (Modbus Application Protocol V1.1b3, 4.3).
enum class Space : std::uint8_t { kCoil, kDiscrete, kInput, kHolding };

/// Modbus exception codes that a simulated device can answer with.
enum class Exception : std::uint8_t { kFunction = 1, kAddress = 2, kValue = 3, kFailure = 4, kBusy = 6 };

/// The raw 16-bit registers and the bits of one device, by wire address. An address that was never defined
/// does not exist: reading or writing it is answered with exception 02. Not thread-safe.
class RegisterBank {
public:
    /// Defines or overwrites `words` from `first` on; addresses past 0xFFFF are dropped. Bits are words of 0
    /// and 1.
    void define(Space space, std::uint16_t first, std::span<const std::uint16_t> words);
    [[nodiscard]] bool exists(Space space, std::uint16_t first, std::size_t count) const;
    /// The word there, or nothing when the address does not exist.
    [[nodiscard]] std::optional<std::uint16_t> at(Space space, std::uint16_t address) const;

private:
    std::map<std::uint16_t, std::uint16_t> spaces_[4];
};

/// What a device's firmware puts up with.
struct Abilities {
    std::uint16_t max_registers = 125;  ///< more in one request is exception 03
    bool even_only = false;  ///< odd start or odd count of registers is exception 02 (Eastron meters)
    std::vector<std::uint8_t> functions = {1, 2, 3, 4, 5, 6, 15, 16};  ///< any other is exception 01
};

/// Serves one request PDU (function code first, without unit and checksum) and returns the answer PDU, which
/// may be an exception. A PDU that is not as long as its function code says is exception 03. Empty in, empty
/// out.
///
/// Written on its own from Modbus Application Protocol V1.1b3, section 6; it shares nothing with the
/// gateway's codec, so that a mistake there cannot hide behind the same mistake here.
Bytes serve(std::span<const std::uint8_t> pdu, RegisterBank& bank, const Abilities& abilities);

/// The exception answer to a request with this function code.
Bytes exception_pdu(std::uint8_t function, Exception code);

}  // namespace gengfu::sim
