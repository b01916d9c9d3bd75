#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "daemon/core/result.hpp"
#include "governance/ingest/conversation.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/figures.hpp"
#include "governance/ingest/marker.hpp"
#include "governance/ingest/mqtt_link.hpp"
#include "governance/ingest/settings.hpp"

namespace gengfu::ingest {

/// Talks to gateways as this consumer: announces itself, confirms what is committed, asks for births and
/// catalogues; and counts the silent. Works within the presence lane, in its thread.
class Clerk {
public:
    Clerk(const Settings& settings, Figures& figures, Conversation& conversation)
        : settings_(settings), figures_(figures), conversation_(conversation) {}

    /// Whether the message is for the clerk alone (the topic `confirm`): another instance speaks.
    bool hears(const Message& message);

    /// A gateway has connected: it may have missed what was said to it.
    void born(const std::string& gateway, const std::string& base);

    /// The connection to the database is another one: the database may be another one, too.
    void reconnected() { checked_ = false; }

    /// What is due now. Only while connected to both. \retval as Database
    Result<void> work(Database& database, MqttLink& link);

    void superseded(std::size_t alarms) { figures_.superseded += alarms; }

private:
    Result<void> announce(Database& database);
    Result<void> recognise(Database& database);
    Result<void> remember(Database& database);
    void say(MqttLink& link, const ConfirmPace::Due& to, const std::vector<Committed>& committed);
    Result<void> confirm(Database& database, MqttLink& link);
    void ask(MqttLink& link);
    Result<void> note_heard(Database& database);
    Result<void> count_silent(Database& database);
    std::string next_id();

    const Settings& settings_;
    Figures& figures_;
    Conversation& conversation_;
    bool announced_ = false;
    bool checked_ = false;
    std::optional<Marker> marker_;
    std::set<std::string> asked_again_;  ///< gateways that were asked for what the database lost
    Monotonic remembered_{};
    bool marker_checked_once_ = false;
    std::optional<bool> written_;  ///< whether the last writing of the marker worked
    Monotonic counted_{};
    Monotonic noted_{};
    std::uint64_t ids_ = 0;
};

}  // namespace gengfu::ingest
