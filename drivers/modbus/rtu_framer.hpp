#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "drivers/bus.hpp"
#include "drivers/modbus/frame.hpp"

/// Finds the answer to a request in what a serial line brings. Pure; any thread.
///
/// RTU frames have no start mark, and Linux cannot measure the silence of 1.5 characters that parts them: a
/// frame is what has our unit, function, length and CRC. Whole frames of others before it are passed over by
/// their length; where other bytes stand before it, what looks like an answer may lie within a longer frame
/// of somebody else. It is *held* until the line has fallen silent, and taken only if it cannot. Everything
/// else (noise, other units' frames, late answers) is passed over and counted.
namespace gengfu::drivers::modbus {

/// What bytes that were no answer turned out to be.
struct Leftovers {
    std::vector<std::uint8_t> units;  ///< of each whole frame with a good CRC, in order
    std::uint64_t noise_bytes = 0;    ///< in no whole frame
};

/// Sorts bytes into whole frames (answers, exceptions and requests of functions 1 to 6, 15, 16) and noise.
/// \param own  our request, with CRC: as an echo it is neither
Leftovers sort_leftovers(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> own = {});

class RtuFramer {
public:
    /// Forgets all bytes and looks for the answer to `request`, which must outlive the search, from now on.
    /// \param message  the request as sent, without CRC. A line that hears itself brings it first; it is
    /// passed over. \param own_echo  whether that is known to happen. It matters for functions 5 and 6, whose
    /// good answer looks
    ///                 like the request: on such a line the first copy is the echo.
    enum class Echo : std::uint8_t { kUnknown, kExpected };
    void expect(const Request& request, std::span<const std::uint8_t> message, Echo echo);

    /// Forgets all bytes and expects none: everything that comes is left over.
    void expect_nothing();

    /// Where the next bytes are to be read into; never empty.
    std::span<std::uint8_t> room();

    /// A frame that fits the request.
    struct Match {
        Fit fit = Fit::kAnswer;                 ///< kAnswer or kException
        std::span<const std::uint8_t> message;  ///< without CRC; valid until the next call
    };

    /// `count` bytes were read into room(). \return the answer, once it is whole
    std::optional<Match> filled(std::size_t count);

    /// The line has fallen silent. \return the answer that was held, if nothing says that it is within
    /// another frame
    std::optional<Match> settle();

    /// Where the search stands while there is no match.
    struct Progress {
        std::size_t least_missing =
            0;  ///< no answer can be whole before so many bytes more; 0: nothing known
        std::size_t most_missing =
            0;                 ///< a frame that began will be whole after so many at most; 0: none began
        bool begun = false;    ///< unit, function and length of the answer have come
        bool spoiled = false;  ///< and one came to its full length, with a wrong CRC
        bool held = false;     ///< one is there; what follows it says whether it is one: see settle()
    };
    Progress progress() const { return progress_; }

    /// A frame of the unit with a good check sum that is no answer to the request: wrong function, length,
    /// count. Without CRC; valid until the next call; empty: none. To be asked when the deadline has passed.
    std::span<const std::uint8_t> misfit() const;

    bool echoed() const { return echoed_; }
    bool anything_came() const { return came_; }

    /// Ends the search: what was there besides the match and the echo.
    Leftovers finish();

private:
    enum class Found : std::uint8_t { kNothing, kPartial, kMatch };
    struct Look {
        Found found = Found::kNothing;
        Match match;
    };

    std::optional<Match> search();
    std::optional<Match> take(std::size_t begin, const Match& match);
    bool is_within_another(std::size_t begin, std::size_t end) const;
    Look look_at(std::span<const std::uint8_t> bytes);
    void note_partial(std::size_t least, std::size_t most);
    void drop_echo();
    void make_room();
    std::span<const std::uint8_t> own() const { return std::span(echo_).first(own_size_); }

    static constexpr std::size_t kRtuFrame = 256;
    static constexpr std::size_t kCapacity = 4 * kRtuFrame;

    std::array<std::uint8_t, kCapacity> buffer_{};
    std::size_t size_ = 0;
    std::size_t edge_ = 0;  ///< behind the last whole frame of another: here a frame begins
    std::optional<std::size_t> held_begin_;
    std::size_t match_begin_ = 0, match_end_ = 0;
    const Request* request_ = nullptr;
    std::array<std::uint8_t, kRtuFrame> echo_{};
    std::size_t echo_size_ = 0;  ///< 0: none is passed over (any more)
    std::size_t own_size_ =
        0;  ///< of our request last sent, in echo_: it is nobody's frame, whenever it comes
    bool echo_looks_like_answer_ = false;
    Progress progress_;
    Leftovers dropped_;
    bool echoed_ = false;
    bool came_ = false;
};

}  // namespace gengfu::drivers::modbus
