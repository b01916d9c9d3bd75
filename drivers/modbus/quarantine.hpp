#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "daemon/core/time.hpp"
#include "drivers/modbus/telling_read.hpp"

namespace gengfu::drivers::modbus {

/// Units that still owe an answer. An RTU read answer does not say which address it is of: a late one would
/// pass for the answer to the next request of the same function and length. So a unit that owes one is not
/// asked until it must have come: after its longest turnaround, or after what it was late by before, where it
/// does not keep to that. As long as it has not been seen to be later than it may, the first read after a
/// time-out is a *telling* one (telling_read.hpp). Pure.
class Quarantine {
public:
    /// An answer so late is nobody's that can be waited for.
    static constexpr Duration kLatest = std::chrono::seconds(3);
    /// So long after the last answer beyond its longest turnaround a unit counts as one that keeps to it.
    static constexpr Duration kRemembered = std::chrono::minutes(10);
    /// A unit that so often was silent to a telling read and then answered the real one answers no reads but
    /// those it knows: it is asked none any more.
    static constexpr int kDeafToTell = 2;
    /// Shapes of owed answers that are remembered.
    static constexpr std::size_t kMostShapes = 8;

    /// When a frame came: not before the line was looked at without it, nor after it was there.
    struct Came {
        Monotonic earliest{}, latest{};
    };

    /// The unit has not answered, or not so that it could be used. \param request_end  of the request.
    /// \param until  it is not to be asked before
    void owes(std::uint8_t unit, Monotonic request_end, Monotonic until);
    /// Of the same request: an answer of that shape may still come. \param telling  to a telling read
    void owes_shape(std::uint8_t unit, const Shape& shape, bool telling);
    /// A request goes out to it; if it still owes an answer, that may come instead.
    void asked(std::uint8_t unit);
    /// It has answered.
    void paid(std::uint8_t unit, bool telling);
    /// A frame of it came that is of an earlier request. \pre owed(unit)
    void came_late(std::uint8_t unit, const Came& came);

    bool is_owing(std::uint8_t unit) const { return owing_.test(unit); }
    /// It owes an answer, or did when it was last asked.
    bool owed(std::uint8_t unit) const { return is_owing(unit) || in_debt_.test(unit); }
    /// Answers that may still come, the oldest first; empty also where a telling read is to no use.
    std::span<const Shape> shapes_to_tell(std::uint8_t unit) const;
    /// An answer of that shape is owed.
    bool is_owed(std::uint8_t unit, const Shape& shape) const;
    /// It was asked in debt and has been late beyond its longest turnaround before: what comes first may be
    /// of an earlier request.
    bool is_doubtful(std::uint8_t unit) const { return in_debt_.test(unit) && late_.contains(unit); }
    /// Start of time when the unit owes nothing.
    Monotonic until(std::uint8_t unit) const;

private:
    struct Late {
        Monotonic seen{};
        Duration by{};  ///< from the request's end to the answer
    };
    struct Owed {
        std::vector<Shape> shapes;
        bool last_was_telling = false;
    };
    static constexpr std::size_t kUnits = 256;
    std::array<Monotonic, kUnits> until_{};
    std::array<Monotonic, kUnits> request_end_{},
        first_end_{};  ///< of the last unanswered, and of the oldest
    std::bitset<kUnits> owing_, in_debt_;
    std::bitset<kUnits> told_;           ///< a telling read was answered last: what it was for comes next
    std::map<std::uint8_t, Late> late_;  ///< few
    std::map<std::uint8_t, Owed> owed_;
    std::map<std::uint8_t, int> deaf_;  ///< to telling reads, since the last that was answered
};

}  // namespace gengfu::drivers::modbus
