#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "daemon/publish/backlog.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/publish/outbox.hpp"
#include "daemon/publish/pace.hpp"
#include "daemon/publish/proof.hpp"
#include "daemon/publish/publisher.hpp"
#include "daemon/publish/range_set.hpp"
#include "daemon/publish/timer.hpp"
#include "daemon/publish/topics.hpp"
#include "daemon/publish/unconfirmed.hpp"
#include "daemon/publish/window.hpp"

namespace gengfu::publish {

/// Brings messages to their PUBACK: order, window, pace, and the way through the store's unconfirmed records.
/// Records that cannot go when they are new are left to the store; nothing is kept here over the end of a
/// connection. On core.
class Delivery : public std::enable_shared_from_this<Delivery> {
public:
    struct Hooks {
        std::function<void(Identity)> delivered;  ///< a record has its PUBACK
        std::function<void(const std::string& topic, const std::string& why)> refused;
        std::function<void()>
            events_drained;           ///< once a connection: no event of an earlier time waits any more
        std::function<void()> again;  ///< what was refused is being tried again
        std::function<void()> stuck;  ///< a PUBACK is overdue: connect anew
        /// What is published there does not come back: the broker's PUBACKs mean nothing.
        std::function<void(const Proof::Overdue&)> unproven;
        std::function<void()> idle;  ///< nothing waits nor is under way but slow telemetry
        std::function<void()> room;  ///< all that is new or unconfirmed is on its way: history may follow
    };

    /// \param store, clock, topics outlive the delivery. \param consumers whose confirmation releases a
    /// record.
    Delivery(const boost::asio::any_io_executor& core, store::Store& store, const Clock& clock,
             const Topics& topics, Epoch epoch, std::uint32_t max_rate,
             const std::vector<std::string>& consumers, const std::map<std::string, Duration>& silences,
             const Tuning& tuning, Hooks hooks);

    void connected(Session& session, const Connected& granted);
    void lost();

    /// What is no record. Forgotten without a connection.
    void send(Outgoing message);
    /// An event that may go: at once, or in its turn behind those of an earlier time.
    void event(const store::Record& record, Volatile is_volatile);
    /// A batch as it comes; without a connection, or when too many wait, it is the store's.
    void live(const store::Record& record);

    /// A record that a consumer has lost: last of all, paced.
    void history(const store::Record& record);
    /// Whether history() may be given more.
    bool has_room() const;

    void acknowledged(std::uint64_t token);
    void refused(std::uint64_t token, const std::string& why);

    /// One of our own topics brought something.
    /// \return whether it need not be subscribed to for now: its record is back.
    bool came(const std::string& topic, const std::string& payload);
    /// Whether PUBACKs of this connection have to be proven by what comes back on the topics of records.
    bool asks_proof() const { return asks_proof_; }

    /// A consumer says what it has: what it lacks though the broker took it long ago is sent again.
    void confirmed(const Confirmation& confirmation);
    /// A consumer starts: all that it has not confirmed is sent again.
    void announced(const std::string& consumer);

    /// The disk has an event only now: should it have its PUBACK already, the store is told again, since it
    /// ignores confirmations of what it does not have.
    void stored(const Identity& identity);

    /// Tells the store what was acknowledged and gathered.
    void note_confirmed();

    bool idle() const;
    void count(PublisherStatus& status) const;
    /// Publisher::silences()
    std::map<std::string, Duration> silences() const;

private:
    struct Progress {
        RangeSet acknowledged;  // by PUBACK, in this process
        RangeSet under_way;     // waiting here or sent on this connection
        RangeSet attempted;     // handed to a session before
    };
    using Key = std::pair<Epoch, Stream>;

    Progress& progress(const Identity& identity);
    Backlog& backlog(Stream stream) { return stream == Stream::kEvent ? events_ : telemetry_; }
    void queue(Lane lane, const std::string& topic, const store::Record& record, Volatile is_volatile);
    void shed_live();
    void pump();
    bool send_head(const Outgoing& head);
    Duration wait_for(Lane lane);
    void landed(const Identity& identity, const std::string& topic);
    void forget_unproven();
    void confirm_soon(const Identity& identity);
    void fetch();
    void fetch(Stream stream);
    void found(Stream stream, std::uint64_t number, Result<store::Pending> answer);
    void take_backlog(Stream stream, const store::Pending& pending);
    void watch();
    void retry_later();

    boost::asio::any_io_executor core_;
    store::Store* store_;
    const Clock* clock_;
    const Topics* topics_;
    Epoch epoch_;
    Tuning tuning_;
    Hooks hooks_;

    Session* session_ = nullptr;
    Connected granted_;
    bool drained_told_ = false;
    std::uint64_t token_ = 0;
    Outbox outbox_;
    Window window_;
    Pace pace_;
    Pace slow_pace_;
    Backlog events_;
    Backlog telemetry_;
    Unconfirmed unconfirmed_;
    std::map<Key, Progress> progress_;
    std::map<Key, RangeSet> to_confirm_;
    Proof proof_;
    bool asks_proof_ = false;
    bool broker_confirms_;                                     ///< its PUBACK releases records
    std::map<std::string, std::map<Key, RangeSet>> unproven_;  ///< acknowledged, by topic
    std::uint64_t published_ = 0, acknowledged_ = 0, refused_ = 0;
    Timer pump_timer_, confirm_timer_, watch_timer_, retry_timer_;
};

}  // namespace gengfu::publish
