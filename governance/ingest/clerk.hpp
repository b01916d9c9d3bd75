#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "daemon/core/result.hpp"
#include "governance/ingest/conversation.hpp"
#include "governance/ingest/database.hpp"
#include "governance/ingest/database_memory.hpp"
#include "governance/ingest/figures.hpp"
#include "governance/ingest/mqtt_link.hpp"
#include "governance/ingest/settings.hpp"
#include "governance/ingest/sole_name.hpp"

namespace gengfu::ingest {

/// Talks to gateways as this consumer: announces itself, confirms what is committed, asks for births and
/// catalogues; and counts the silent. Works within the presence lane, in its thread.
class Clerk {
public:
    Clerk(const Settings& settings, Figures& figures, Conversation& conversation)
        : settings_(settings),
          figures_(figures),
          conversation_(conversation),
          memory_(settings),
          name_(settings.mqtt.client_id) {}

    /// Whether the message is for the clerk alone (the topic `confirm`): another instance speaks.
    bool hears(const Message& message);

    /// A gateway has connected: it may have missed what was said to it.
    void born(const std::string& gateway, const std::string& base);

    /// The connection to the database is another one: the database may be another one, too.
    void reconnected() {
        checked_ = false;
        name_.reconnected();
    }

    /// Whether nobody else uses our name. Also without a broker. \retval as Database
    Result<void> look_around(Database& database);

    /// What is due now. Only while connected to both. \retval as Database
    Result<void> work(Database& database, MqttLink& link);

    void superseded(std::size_t alarms) { figures_.superseded += alarms; }

private:
    Result<void> announce(Database& database);
    void lacking();
    void say(MqttLink& link, const ConfirmPace::Due& to, const std::vector<Committed>& committed);
    Result<void> confirm(Database& database, MqttLink& link);
    void ask(MqttLink& link);
    Result<void> note_heard(Database& database);
    Result<void> count_silent(Database& database);
    Result<void> look_for_offenders(Database& database);
    Result<void> look_after_turned_away(Database& database);
    std::map<std::string, std::string> bases_of(const Rows& rows) const;
    std::string next_id();

    const Settings& settings_;
    Figures& figures_;
    Conversation& conversation_;
    bool announced_ = false;
    bool checked_ = false;
    DatabaseMemory memory_;
    SoleName name_;
    std::set<std::string> asked_owed_;   ///< that were, and the database does not know yet
    std::set<std::string> owed_;         ///< gateways to be asked for what was turned away
    std::set<std::string> asked_again_;  ///< gateways that were asked for what the database lost
    Monotonic counted_{};
    Monotonic noted_{};
    std::uint64_t ids_ = 0;
};

}  // namespace gengfu::ingest
