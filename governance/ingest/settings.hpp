#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/site.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::ingest {

/// [mqtt]: where the feed comes from.
struct MqttSettings {
    std::vector<config::Broker> brokers;
    std::string root = "gengfu/v1";
    config::MqttVersion version = config::MqttVersion::kAuto;
    std::string client_id;  ///< stable and of this instance alone; "-events" and "-telemetry" are appended
    std::string share;      ///< name of the group for $share; empty: plain subscriptions
    std::vector<std::string> communities{"+/+"};  ///< "{division}/{community_code}", "+" for any
    std::string ca, certificate, key;             ///< paths
    std::string username, password;
    std::uint16_t window = 1'000;  ///< messages that the broker may have unacknowledged (receive maximum)
};

/// [database]: where it goes. Never with the password in `connection`.
struct DatabaseSettings {
    /// libpq's connection string or URI; TLS by its sslmode, sslrootcert, sslcert, sslkey. Empty: what
    /// --database, $GENGFU_DATABASE or libpq's own PG* variables say.
    std::string connection;
    std::string password;
    bool distributed =
        false;  ///< tables are spread by gateway (Citus): statements are about one gateway at a time
};

/// [batch]: when a transaction of telemetry is committed.
struct BatchSettings {
    std::size_t samples = 20'000;  ///< 20,000 samples a commit were the fastest way (docs/governance.md)
    Duration linger = std::chrono::milliseconds(200);  ///< after the first message, at the latest
};

/// Everything that ingest.toml says.
struct Settings {
    std::string name = "governance-db";  ///< as a consumer: what gateways list in mqtt.confirm
    std::string language = "zh";
    MqttSettings mqtt;
    DatabaseSettings database;
    BatchSettings batch;
    std::optional<config::HostPort> http;  ///< for /metrics and /healthz; nothing: none
    std::string state;    ///< file in which the database is remembered, to notice a restored one; empty: not
    bool resend = false;  ///< of the command line: as if the database had been restored
    Duration confirm_every = std::chrono::seconds(5);  ///< a gateway, at most
};

struct LoadedSettings {
    std::optional<Settings> settings;  ///< nothing when any diagnostic is an error
    std::vector<config::Diagnostic> diagnostics;
};

/// Reads and checks `file`. All mistakes at once, each with its place.
LoadedSettings load_settings(const std::string& file,
                             config::Credentials credentials = config::Credentials::kRequired);
/// The same of a text. \param name  of the file, for diagnostics
LoadedSettings parse_settings(const std::string& text, const std::string& name,
                              config::Credentials credentials);

}  // namespace gengfu::ingest
