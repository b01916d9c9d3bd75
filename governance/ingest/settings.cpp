#include "governance/ingest/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "daemon/config/credential.hpp"
#include "daemon/config/parse_toml.hpp"
#include "daemon/config/reader.hpp"
#include "daemon/config/text.hpp"
#include "daemon/core/plain_text.hpp"
#include "daemon/core/read_file.hpp"

namespace gengfu::ingest {
namespace {

using config::At;
using config::in_quotes;
using config::Node;
using config::Reader;
using config::Report;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, config::MqttVersion>, 3> kVersions{
    {{"auto", config::MqttVersion::kAuto},
     {"5", config::MqttVersion::kV5},
     {"3.1.1", config::MqttVersion::kV311}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLanguages{
    {{"zh", "zh"}, {"en", "en"}}};

/// Levels of a topic without wildcards; "$" is the broker's own (MQTT 5.0, 4.7.2).
Result<std::string> parse_root(std::string_view text) {
    const bool fits = !text.empty() && text.size() <= config::kMaxName && text.front() != '/' &&
                      text.back() != '/' && text.front() != '$' &&
                      text.find("//") == std::string_view::npos &&
                      text.find_first_of("+# ") == std::string_view::npos && is_plain(text);
    if (!fits) {
        return fail(Errc::kInvalid, R"(a topic such as "gengfu/v1", without + # $ and slashes at its ends)");
    }
    return std::string(text);
}

/// "440309/440309008012", "440309/+", "+/+": a part of the city.
Result<std::string> parse_community(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto level = [](std::string_view word) {
        return word == "+" || word == "-" ||
               (!word.empty() && word.size() <= config::kMaxName &&
                word.find_first_not_of("0123456789") == std::string_view::npos);
    };
    if (slash == std::string_view::npos || !level(text.substr(0, slash)) || !level(text.substr(slash + 1))) {
        return fail(Errc::kInvalid,
                    R"(division/community_code, each digits, "-" or "+": "440309/440309008012", "440309/+")");
    }
    return std::string(text);
}

/// Client ids of 3.1.1 brokers have at most 23 bytes by the standard; all that matter take more.
Result<std::string> parse_client_id(std::string_view text) {
    constexpr std::size_t kLongest = 40;
    auto name = config::parse_name(text);
    if (!name || name->size() > kLongest) {
        return fail(Errc::kInvalid, "1 to 40 of a-z A-Z 0-9 . _ -, stable and of this instance alone");
    }
    return name;
}

/// A libpq connection string without a secret in it.
Result<std::string> parse_connection(std::string_view text) {
    if (text.empty() || text.size() > config::kMaxText || !is_plain(text)) {
        return fail(Errc::kInvalid, R"(a libpq connection string such as "host=db dbname=governance")");
    }
    const bool secret =
        text.find("password=") != std::string_view::npos || text.find("password =") != std::string_view::npos;
    const std::size_t user = text.find("://");
    const std::size_t at = text.find('@');
    const bool in_uri = user != std::string_view::npos && at != std::string_view::npos &&
                        text.substr(user + 3, at - user - 3).find(':') != std::string_view::npos;
    if (secret || in_uri) {
        return fail(Errc::kInvalid, "without a password: that is the key password = \"credential:NAME\"");
    }
    return std::string(text);
}

void read_brokers(Reader& reader, MqttSettings& mqtt) {
    const Node* const list = reader.list("brokers", config::kMaxBrokers);
    if (list == nullptr || list->items.empty()) {
        if (list != nullptr || !reader.has("brokers")) {
            reader.error("brokers", R"(brokers must name at least one, such as "mqtts://broker-1:8883")");
        }
        return;
    }
    for (const Node& item : list->items) {
        const bool is_text = item.kind == Node::Kind::kString;
        const auto broker = config::parse_broker(is_text ? item.text : "");
        if (!broker) {
            reader.report().error(item.at, fmt::format("{}: a broker must be {}; found {}", reader.subject(),
                                                       broker.error().what, describe(item)));
        } else if (std::find(mqtt.brokers.begin(), mqtt.brokers.end(), *broker) != mqtt.brokers.end()) {
            reader.report().error(item.at, fmt::format("{}: broker {} is listed twice", reader.subject(),
                                                       in_quotes(item.text)));
        } else {
            mqtt.brokers.push_back(*broker);
        }
    }
}

void read_communities(Reader& reader, MqttSettings& mqtt) {
    const Node* const list = reader.list("communities");
    if (list == nullptr) {
        return;
    }
    mqtt.communities.clear();
    for (const Node& item : list->items) {
        const auto community = parse_community(item.kind == Node::Kind::kString ? item.text : "");
        if (community) {
            mqtt.communities.push_back(*community);
        } else {
            reader.report().error(item.at,
                                  fmt::format("{}: a community must be {}; found {}", reader.subject(),
                                              community.error().what, describe(item)));
        }
    }
    if (list->items.empty()) {
        reader.error("communities",
                     R"(communities must not be empty; leave the key out for all of the city)");
    }
}

void read_identity(Reader& reader, config::Credentials credentials, MqttSettings& mqtt) {
    mqtt.ca = read_secret_path(reader, "ca", credentials);
    mqtt.certificate = read_secret_path(reader, "certificate", credentials);
    mqtt.key = read_secret_path(reader, "key", credentials);
    mqtt.username = reader.text("username").value_or("");
    mqtt.password = read_secret(reader, "password", credentials);
    if (reader.has("certificate") != reader.has("key")) {
        reader.error(reader.has("key") ? "key" : "certificate",
                     "certificate and key belong together: give both");
    }
    if (reader.has("password") && !reader.has("username")) {
        reader.error("password", "password without username");
    }
    const bool plain = std::any_of(mqtt.brokers.begin(), mqtt.brokers.end(),
                                   [](const config::Broker& broker) { return !broker.tls; });
    if (reader.has("password") && plain) {
        reader.warning("password", "the password travels readable to a broker without TLS (mqtt://)");
    }
}

MqttSettings read_mqtt(const Node& table, config::Credentials credentials, Report& report) {
    MqttSettings mqtt;
    Reader reader(table, "mqtt", "mqtt", report);
    read_brokers(reader, mqtt);
    mqtt.root = reader.parsed("root", parse_root).value_or(mqtt.root);
    mqtt.version = reader.word("version", kVersions).value_or(mqtt.version);
    reader.require("client_id");
    mqtt.client_id = reader.parsed("client_id", parse_client_id).value_or("");
    mqtt.share = reader.name("share").value_or("");
    read_communities(reader, mqtt);
    mqtt.window = static_cast<std::uint16_t>(reader.integer("window", 10, 65'535).value_or(mqtt.window));
    read_identity(reader, credentials, mqtt);
    if (!mqtt.share.empty() && mqtt.version == config::MqttVersion::kV311) {
        reader.error("share",
                     R"(share needs MQTT 5; with version = "3.1.1" each instance gets its communities)");
    }
    reader.finish();
    return mqtt;
}

DatabaseSettings read_database(const Node& table, config::Credentials credentials, Report& report) {
    DatabaseSettings database;
    Reader reader(table, "database", "database", report);
    database.connection = reader.parsed("connection", parse_connection).value_or("");
    database.password = read_secret(reader, "password", credentials);
    database.distributed = reader.boolean("distributed").value_or(database.distributed);
    reader.finish();
    return database;
}

BatchSettings read_batch(const Node& table, Report& report) {
    BatchSettings batch;
    Reader reader(table, "batch", "batch", report);
    batch.samples = static_cast<std::size_t>(
        reader.integer("samples", 100, 1'000'000).value_or(static_cast<std::int64_t>(batch.samples)));
    batch.linger = reader.duration("linger", milliseconds(1), seconds(10)).value_or(batch.linger);
    reader.finish();
    return batch;
}

Result<config::HostPort> parse_listen(std::string_view text) {
    constexpr std::uint16_t kPort = 8481;
    return config::parse_host_port(text, kPort);
}

bool is_loopback(std::string_view host) {
    return host.starts_with("127.") || host == "::1" || host == "localhost";
}

void read_http(const Node& table, Settings& settings, Report& report) {
    Reader reader(table, "http", "http", report);
    settings.http = reader.parsed("listen", parse_listen);
    if (settings.http && !is_loopback(settings.http->host)) {
        reader.warning(
            "listen",
            fmt::format("whoever reaches {}:{} reads /metrics and /healthz, without TLS and password: "
                        "listen on 127.0.0.1, with a proxy before it if they are wanted elsewhere",
                        settings.http->host, settings.http->port));
    }
    reader.require("listen");
    reader.finish();
}

void read_top(Reader& top, Settings& settings) {
    settings.name = top.name("name").value_or(settings.name);
    if (settings.name == "broker") {
        top.error("name", R"(name must not be "broker": gateways mean the PUBACK by it)");
    }
    settings.language = std::string(top.word("language", kLanguages).value_or("zh"));
    const char* const folder = std::getenv("STATE_DIRECTORY");
    settings.state = top.text("state", config::kMaxPath)
                         .value_or(folder == nullptr ? "" : std::string(folder) + "/database");
    settings.confirm_every =
        top.duration("confirm_every", seconds(1), minutes(5)).value_or(settings.confirm_every);
}

}  // namespace

LoadedSettings parse_settings(const std::string& text, const std::string& name,
                              config::Credentials credentials) {
    Report report({name});
    const Node root = config::parse_toml(text, 0, report);
    Settings settings;
    if (!report.incomplete()) {
        Reader top(root, "", "configuration", report);
        read_top(top, settings);
        top.require("mqtt");
        if (const Node* const table = top.table("mqtt")) {
            settings.mqtt = read_mqtt(*table, credentials, report);
        }
        if (const Node* const table = top.table("database")) {
            settings.database = read_database(*table, credentials, report);
        }
        if (const Node* const table = top.table("batch")) {
            settings.batch = read_batch(*table, report);
        }
        if (const Node* const table = top.table("http")) {
            read_http(*table, settings, report);
        }
        top.finish();
    }
    LoadedSettings loaded;
    loaded.diagnostics = report.diagnostics();
    if (!report.has_errors()) {
        loaded.settings = std::move(settings);
    }
    return loaded;
}

LoadedSettings load_settings(const std::string& file, config::Credentials credentials) {
    const Result<std::string> text = read_file(file, config::kMaxFileBytes + 1);
    if (!text) {
        return {std::nullopt, {{config::Gravity::kError, {file}, text.error().what}}};
    }
    return parse_settings(*text, file, credentials);
}

}  // namespace gengfu::ingest
