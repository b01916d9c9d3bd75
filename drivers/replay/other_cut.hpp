#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "drivers/bus.hpp"
#include "drivers/replay/transcript.hpp"

namespace gengfu::drivers::replay {

/// Answers to a read that does not stand in a transcript as such, because the line that was recorded was
/// asked for the same registers by requests that were cut otherwise: how they are merged depends on the
/// line's speed, and on what else is due. Pure: no clock but the one handed in. One thread.
///
/// The exchanges of the same unit and function are gone through in the order of the file, and what each
/// register gave is kept. An answer is what is known when a register that was read since the last answer is
/// read once more; at the end of the file the last one stands for ever. Nothing is made up: where some of the
/// registers were not read, or did not all fare alike, the request is refused with exception 02, upon which
/// the reader asks for its parts.
class OtherCut {
public:
    /// \param read  function 1 to 4, as modbus::encode() takes it
    explicit OtherCut(const Request& read);

    /// \param exchanges  of the whole transcript, the same every time
    /// \retval Errc::kTimeout      none of the registers stands in the file, or none was answered
    /// \retval Errc::kUnsupported  see above
    /// \retval Errc::kBadFrame, kRefused, kBusy  all of them were answered so
    Result<Answer> next(std::span<const Exchange> exchanges, Protocol protocol, const std::string& who,
                        Monotonic now);

private:
    enum class Fared : std::uint8_t { kNotRead, kRead, kFailed };
    struct Register {
        Fared fared = Fared::kNotRead;
        bool is_fresh = false;    ///< read since the last answer
        std::uint16_t value = 0;  ///< of kRead
        std::size_t failure = 0;  ///< of kFailed: which of failures_
    };

    /// Goes on to the next answer; at the end of the file nothing changes.
    void go_on(std::span<const Exchange> exchanges, Protocol protocol, const std::string& who, Monotonic now);
    void keep(std::span<Register> part, std::size_t offset, const Result<Answer>& answer);
    std::size_t index_of(const Error& error);

    Request read_;
    std::vector<Register> registers_;
    std::vector<Error> failures_;  ///< different ones, by code
    std::size_t position_ = 0;     ///< the exchange that comes next
};

}  // namespace gengfu::drivers::replay
