#pragma once

#include <optional>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/core/sample.hpp"

namespace gengfu::alarms {

/// So many devices of one line that fall silent in the same moments, while others of it go on, are behind one
/// break: two may be chance.
constexpr std::size_t kTogether = 3;

/// Finds devices that are silent together, and what they have in common: a feed, a line, a part of a line.
/// What it finds becomes the value of the gateway's own points (config/self_lines.hpp), which rules judge.
/// Pure.
class CauseWatch {
public:
    /// kSteady waits until a silence cannot be a slow line; kSuspicion when a rule has just found one:
    /// devices that should have been heard meanwhile count.
    enum class Patience : std::uint8_t { kSteady, kSuspicion };

    /// \param site outlives the watch; it has had config::add_self().
    CauseWatch(const config::Site& site, Monotonic start);

    /// A sound is every answer, as for rules of kind `silent`. Whoever was asked in vain since his last sound
    /// may be silent; whoever was not, on a line that answers, waits behind the time-outs of others.
    void observe(const Sample& sample);
    /// The device's silence is known from an earlier run: no news, until it is heard.
    void known_silent(DeviceId device);
    /// The cause that `point` tells of stands from an earlier run, and of what it silenced `behind` is known
    /// to be silent still.
    void known_cause(PointId point, std::vector<DeviceId> behind);
    /// The time up to now was not observed (PauseWatch): it is no silence, and parts nothing that came
    /// together.
    void unobserved(Duration length, Monotonic now);
    /// What is wrong with the line itself, if anything.
    void set_line(BusId bus, bool usable);
    /// Silence on a line that is lent is nobody's fault: nothing is found on it.
    void set_lent(BusId bus, bool lent);
    /// Silence on a line whose worker brings nothing is the worker's: no break is found on it. What stood
    /// before goes on.
    void set_hung(BusId bus, bool hung);
    /// Devices of a line that are silent now.
    std::vector<DeviceId> silent_on(BusId bus, Monotonic now, Patience patience) const;
    std::size_t devices_on(BusId bus) const;
    /// A cause of this kind stands for the line.
    bool stands(BusId bus) const;

    struct Finding {
        PointId point;                 ///< the gateway's own
        std::size_t silent = 0;        ///< devices behind the cause that are silent now; 0: there is no cause
        std::vector<DeviceId> behind;  ///< who fell silent by it and has not come back since
        std::size_t of = 0;            ///< devices on the line or feed, silent or not
        bool changed = false;          ///< `behind` is not what the last look found
        bool anew = false;             ///< a failure of its own: devices that worked when the cause stood
    };
    /// One finding for each line and feed of which anything can be said yet.
    std::vector<Finding> look(Monotonic now, Patience patience);

private:
    struct Heard {
        Monotonic last{};
        Monotonic since{};  ///< first sound after its last silence
        bool ever = false;
        bool known_silent = false;
        bool in_vain = false;  ///< asked since its last sound
        Duration patience{}, suspicion{};
    };
    struct Group {
        PointId point;
        std::optional<BusId> bus;  ///< a line; else a feed
        std::vector<DeviceId> devices;
        std::vector<DeviceId> behind;     ///< not empty while a cause stands: all that it silenced
        std::vector<DeviceId> explained;  ///< of those the ones that have not come back since
        std::optional<Monotonic> fell{};  ///< when the last of them was last heard; none: in an earlier run
        std::optional<Monotonic>
            half{};         ///< since when half of what is behind it has been heard again, or more
        Monotonic ended{};  ///< when the cause did not stand any more
        /// Of a line: when devices that had been heard before failed for the first time, one after the other:
        /// the first and the last of them. Such a wave ends when for a round nobody new has failed.
        std::optional<Monotonic> wave{};
        Monotonic wave_last{};
        Monotonic heard{};  ///< of a line: its last sound
        Duration round{};   ///< of a line: a time-out of each of its devices
        bool usable = true, lent = false, hung = false;
        bool changed = false, anew = false;  ///< by the last look
    };

    bool quiet(DeviceId device, Monotonic now, Patience patience) const;
    bool line_answers(DeviceId device) const;
    bool gone(DeviceId device, Monotonic now) const;
    bool is_back(DeviceId device, Monotonic now) const;
    /// Whoever fell silent within this of the device is behind the same break.
    Duration together(DeviceId device) const;
    bool fell_before(const std::vector<DeviceId>& devices, const std::vector<DeviceId>& fed) const;
    bool all_quiet(const std::vector<DeviceId>& devices, Monotonic now, Patience patience) const;
    bool is_news(const std::vector<DeviceId>& devices) const;
    std::vector<DeviceId> feed_behind(const Group& feed, Monotonic now, Patience patience) const;
    std::vector<DeviceId> line_behind(const Group& line, Monotonic now, Patience patience) const;
    bool explained_by_feed(DeviceId device) const;
    bool can_tell(const Group& group, Monotonic now) const;
    void adopt(Group& group, const std::vector<DeviceId>& found) const;
    void update(Group& group, const std::vector<DeviceId>& found, Monotonic now) const;

    const config::Site* site_;
    std::vector<Heard> heard_;  ///< by DeviceId
    std::vector<Group> lines_, feeds_;
};

}  // namespace gengfu::alarms
