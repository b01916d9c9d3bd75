#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "governance/ingest/offenders.hpp"
#include "governance/ingest/turned_away.hpp"

namespace gengfu::ingest {

/// The connections to the feed; each has a connection to the database and transactions of its own.
enum class LaneKind : std::uint8_t {
    kEvents,     ///< topic event
    kTelemetry,  ///< topics tele and hist
    kPresence,   ///< topics birth, state, catalogue and reply; and what is said to gateways
};
constexpr std::array<const char*, 3> kLaneNames{"events", "telemetry", "presence"};

/// A text that one thread says and others read.
class Words {
public:
    void set(std::string text) {
        const std::lock_guard lock(mutex_);
        text_ = std::move(text);
    }
    std::string get() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

/// What one lane has done and how it stands. Written by its thread, read by any.
struct LaneFigures {
    std::atomic<std::uint64_t> messages{0};      ///< received
    std::atomic<std::uint64_t> records{0};       ///< committed for the first time
    std::atomic<std::uint64_t> duplicates{0};    ///< came again and were left out
    std::atomic<std::uint64_t> samples{0};       ///< committed
    std::atomic<std::uint64_t> transitions{0};   ///< committed
    std::atomic<std::uint64_t> quarantined{0};   ///< could not be stored; kept with the reason, or counted
    std::atomic<std::uint64_t> only_counted{0};  ///< of them: no room was left to keep them
    std::atomic<std::uint64_t> parked{0};        ///< wait for their catalogue
    std::atomic<std::uint64_t> turned_away{0};   ///< no room to wait: the gateway keeps them
    std::atomic<std::uint64_t> unparked{0};      ///< were put in place when it came
    std::atomic<std::uint64_t> transactions{0};  ///< committed
    std::atomic<std::uint64_t> failures{0};      ///< transactions that failed and were tried again
    std::atomic<std::uint64_t> commit_us{0};     ///< spent from BEGIN to COMMIT, in sum
    std::atomic<bool> broker_up{false};
    std::atomic<bool> database_up{false};
    Words broker_trouble;                     ///< why there is none
    Words database_trouble;                   ///< why it does not take anything
    std::atomic<std::int64_t> alive_us{0};    ///< steady time of the thread's last turn
    std::atomic<std::int64_t> writing_us{0};  ///< steady time since which it is in a transaction; 0: in none
    std::atomic<std::int64_t> waiting_us{
        0};  ///< steady time since which it holds back for the database; 0: no
};

struct Figures {
    std::array<LaneFigures, kLaneNames.size()> lanes;
    std::atomic<std::uint64_t> confirms{0};    ///< published
    std::atomic<std::uint64_t> rebirths{0};    ///< asked
    std::atomic<std::uint64_t> resends{0};     ///< asked
    std::atomic<std::uint64_t> superseded{0};  ///< alarms closed because a birth no longer lists them
    std::atomic<std::int64_t> silent{0};       ///< gateways without a word, as last counted

    Words name_trouble;                    ///< another instance has our name
    Offenders offenders;                   ///< who sends what cannot be stored
    TurnedAway turned_away;                ///< whose batches wait without room
    std::atomic<bool> can_remember{true};  ///< the state file can be written; else nothing is confirmed

    LaneFigures& of(LaneKind kind) { return lanes[static_cast<std::size_t>(kind)]; }
};

/// Prometheus' text format 0.0.4.
std::string to_prometheus(const Figures& figures);

/// "ok\n", or one line for each thing that is wrong; then one for each offender of the last hour and for
/// each gateway whose batches were turned away in it, of which the service itself is well.
struct Health {
    bool good = true;
    std::string text;
};
/// \param now_us  steady time
Health health_of(const Figures& figures, std::int64_t now_us);

/// Whether all lanes move. One that waits for the database does, by its own account: a restart would not
/// bring the database back.
bool all_move(const Figures& figures, std::int64_t now_us);

/// Steady time in microseconds, as the figures keep it.
std::int64_t steady_us();

}  // namespace gengfu::ingest
