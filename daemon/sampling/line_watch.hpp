#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/core/time.hpp"

/// What is wrong with a line, told so that a line that comes and goes does not fill the log. Pure: time comes
/// in as an argument.
namespace gengfu::sampling {

/// What kind of trouble a line is in; what exactly is wrong with it is said in words beside.
enum class LineTrouble : std::uint8_t {
    kNone,        ///< it is open, or was not tried yet
    kCannotOpen,  ///< the port is missing or busy, the connection is refused
    kBreaks,      ///< it opens, and ends or brings what is no answer of the protocol
};

/// A line that breaks and can be opened again is no news, unless it breaks again within this: many devices
/// close connections, and adapters that were pulled are told by their missing port.
constexpr Duration kBreaksAgainWithin = std::chrono::minutes(1);
/// A line that was given up again within this of having recovered is one that comes and goes …
constexpr Duration kUnsteadyWithin = std::chrono::hours(1);
/// … and has recovered only when it has held for this long.
constexpr Duration kUnsteadySettles = std::chrono::minutes(5);

class LineWatch {
public:
    /// The line could not be opened, or had to be given up. \param why  in a user's words
    void lost(LineTrouble kind, std::string why, Monotonic now);
    /// A device has answered. That the line could be opened proves nothing: a peer that takes the connection
    /// and ends it can be opened any number of times.
    void answered(Monotonic now);

    /// Changes at most once for each kind while the trouble lasts, and once more when it is over.
    LineTrouble trouble() const { return trouble_; }
    /// Of the last time that it was lost, always current; empty when the trouble is over.
    const std::string& why() const { return why_; }

private:
    LineTrouble trouble_ = LineTrouble::kNone;
    std::string why_;
    std::uint8_t seen_ = 0;  ///< kinds, as bits, since the trouble began
    Duration settles_{};
    Monotonic lost_at_{};
    std::optional<Monotonic> broke_at_, recovered_at_;
};

}  // namespace gengfu::sampling
