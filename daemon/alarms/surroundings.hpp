#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/alarms/alarm.hpp"

namespace gengfu::alarms {

/// How far back the samples reach that go with an event.
constexpr Duration kBefore = std::chrono::seconds(30);
/// Of each point the last so many are kept whatever their pace ...
constexpr std::size_t kRecentSamples = 16;
/// ... and before them so many, thinned out to span kBefore where a point is read faster.
constexpr std::size_t kOlderSamples = 32;
/// Of so many points at most: an event stays some kilobytes. A group may be over hundreds.
constexpr std::size_t kMostPoints = 16;

/// The samples that came before, of each point that a rule with an alarm judges: how it came to the alarm,
/// for people. About 0.8 KiB a point, 0.3 KiB while it is read slowly and says the same all the time. Pure,
/// one thread.
class Surroundings {
public:
    explicit Surroundings(const config::Site& site);

    void observe(const Sample& sample);

    /// What is known of the alarm's points since kBefore before its evidence was taken, oldest first. Of
    /// rules of three axes all three; of points judged together the one that the alarm is about; of rules
    /// over rules what their members judge by (other devices' as "device/point"), of a silent device what is
    /// judged of it; kMostPoints at most.
    std::vector<SampleAround> around(const Alarm& alarm) const;

private:
    /// 16 bytes, for there are 48 a point.
    class Seen {
    public:
        Seen() = default;
        explicit Seen(const Sample& sample);
        std::int64_t taken_us() const { return packed_ >> 12; }  ///< monotonic, 52 bits: 71 years
        double value() const { return value_; }
        Quality quality() const { return static_cast<Quality>(packed_ >> 8 & 0xF); }
        Reason reason() const { return static_cast<Reason>(packed_ & 0xFF); }
        bool says_the_same(const Seen& other) const;

    private:
        std::int64_t packed_ = 0;  ///< time, quality, reason
        double value_ = 0;
    };
    /// Overwrites its oldest.
    template <std::size_t Size>
    struct Ring {
        std::array<Seen, Size> seen{};
        std::uint8_t next = 0, count = 0;
        void push(const Seen& one);
        const Seen& oldest() const { return seen[(next + Size - count) % Size]; }
        const Seen& newest() const { return seen[(next + Size - 1) % Size]; }
    };
    struct Memory {
        Ring<kRecentSamples> recent;
        /// Made when it can tell something: a point that is read so slowly that `recent` reaches back for
        /// kBefore, and that says the same all the time, needs none.
        std::unique_ptr<Ring<kOlderSamples>> older;
    };
    struct Watched {
        PointId point;
        std::string name;  ///< empty: the alarm's own
    };

    static void keep(Memory& memory, const Seen& leaving, const Seen& newest);
    std::vector<Watched> watched(const Alarm& alarm) const;

    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    std::vector<std::uint32_t> place_;  ///< by PointId: index into memory_
    std::vector<Memory> memory_;
    std::map<Key, std::vector<Watched>> watched_;
};

}  // namespace gengfu::alarms
