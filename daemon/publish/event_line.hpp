#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/store/record.hpp"

namespace gengfu::publish {

/// The retained message that goes with an event.
struct AlarmUpdate {
    std::string topic;
    /// Empty: over. Nothing: as the alarm is when the event goes, since it may have changed meanwhile.
    std::optional<std::string> payload;
};

/// Events of this run between their making and the moment when the disk has them: in order of their sequence,
/// each until it is committed or, with a connection, its time is over. Pure.
class EventLine {
public:
    /// More than these are not kept while neither disk nor broker takes them: the oldest are given up, and
    /// counted.
    static constexpr std::size_t kMost = 10000;

    explicit EventLine(Duration volatile_after) : volatile_after_(volatile_after) {}

    void add(store::Record record, std::optional<AlarmUpdate> update, Monotonic now);

    /// The disk has it.
    void committed(std::uint64_t sequence);
    /// The disk will not have it: it goes out as volatile, at once or when there is a connection.
    void failed(std::uint64_t sequence);

    struct Ready {
        store::Record record;
        std::optional<AlarmUpdate> update;
        Volatile is_volatile = Volatile::kNo;
    };
    /// With a connection: what may go now, in order.
    std::vector<Ready> take(Monotonic now);
    /// Without one: forgets what is committed, which the store gives back later. \return true when there was
    /// some.
    bool leave_to_store();

    /// When take() will have something that waits for its time.
    std::optional<Monotonic> deadline() const;

    /// A volatile one has its PUBACK, or was given up.
    void delivered(std::uint64_t sequence);
    /// The connection is gone: volatile ones without PUBACK that the disk lacks wait again.
    void lost();

    /// Whether an event that goes with `topic` has neither disk nor broker yet: what is retained there must
    /// not tell of it before, or a crash would leave an alarm at the broker that nobody knows.
    bool holds_back(const std::string& topic) const;

    std::size_t size() const { return waiting_.size(); }
    std::uint64_t given_up() const { return given_up_; }

private:
    enum class Stage : std::uint8_t { kWaiting, kSent };
    struct Entry {
        store::Record record{};
        std::optional<AlarmUpdate> update{};
        Monotonic deadline{};
        Stage stage = Stage::kWaiting;
        bool committed = false;
        bool failed = false;
    };
    Duration volatile_after_;
    std::map<std::uint64_t, Entry> waiting_;
    std::uint64_t given_up_ = 0;
};

}  // namespace gengfu::publish
