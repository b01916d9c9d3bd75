#pragma once

#include <google/protobuf/arena.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "governance/ingest/clerk.hpp"
#include "governance/ingest/conversation.hpp"
#include "governance/ingest/figures.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/mqtt_link.hpp"
#include "governance/ingest/quarantine_news.hpp"
#include "governance/ingest/settings.hpp"
#include "governance/ingest/turned_away_news.hpp"
#include "governance/ingest/writer.hpp"

namespace gengfu::ingest {

/// One connection to the feed with one to the database: receives, writes a transaction, acknowledges, for
/// ever. While the database is away it reads nothing more, so that the broker and the gateways keep what
/// comes. Has a thread of its own, in which run() is called.
class Lane {
public:
    Lane(const Settings& settings, LaneKind kind, Figures& figures, Conversation& conversation);

    /// Until `stop`; what is received and not committed then stays with the broker.
    void run(const std::atomic<bool>& stop);

private:
    void gather(const std::atomic<bool>& stop);
    bool is_full() const;
    void take_new();
    /// \return false when it was stopped before the database took it
    bool store(const std::atomic<bool>& stop);
    bool ensure_database();
    void settle(const Written& written);
    void after_failure(const Error& error, const std::atomic<bool>& stop);
    void chores();
    void unpark();
    void pause(Duration how_long, const std::atomic<bool>& stop) const;
    void waits(const std::string& why);
    void works();
    void tell_link();
    void note(const Quarantined& quarantined);
    void forget_messages();

    const Settings& settings_;
    LaneKind kind_;
    LaneFigures& figures_;
    Conversation& conversation_;
    MqttLink link_;
    std::optional<Database> database_;
    CatalogueCache catalogues_;
    Writer writer_;
    std::optional<Clerk> clerk_;
    std::deque<Message> messages_;
    std::size_t taken_ = 0;  // of messages_, into intake_
    std::unique_ptr<google::protobuf::Arena> arena_;
    Intake intake_;
    QuarantineNews quarantine_news_;
    TurnedAwayNews turned_away_news_;
    Monotonic unparked_{};
    std::string waiting_for_;  // what was told last
};

}  // namespace gengfu::ingest
