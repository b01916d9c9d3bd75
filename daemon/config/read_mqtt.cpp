#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <set>
#include <utility>

#include "daemon/config/credential.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"
#include "daemon/core/plain_text.hpp"

namespace gengfu::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, MqttVersion>, 3> kVersions{
    {{"auto", MqttVersion::kAuto}, {"5", MqttVersion::kV5}, {"3.1.1", MqttVersion::kV311}}};
constexpr std::array<std::pair<std::string_view, Encoding>, 2> kEncodings{
    {{"protobuf", Encoding::kProtobuf}, {"json", Encoding::kJson}}};

/// Levels of a topic without wildcards; "$" is the broker's own (MQTT 5.0, 4.7.2).
Result<std::string> parse_root(std::string_view text) {
    const bool fits = !text.empty() && text.size() <= kMaxName && text.front() != '/' && text.back() != '/' &&
                      text.front() != '$' && text.find("//") == std::string_view::npos &&
                      text.find_first_of("+# ") == std::string_view::npos && is_plain(text);
    if (!fits) {
        return fail(Errc::kInvalid,
                    fmt::format("a topic of 1 to {} bytes such as \"gengfu/v1\", without + # $ and "
                                "without a slash at its ends",
                                kMaxName));
    }
    return std::string(text);
}

void read_brokers(Reader& reader, Mqtt& mqtt) {
    const Node* const list = reader.list("brokers", kMaxBrokers);
    if (list == nullptr && reader.has("brokers")) {
        return;
    }
    if (list == nullptr || list->items.empty()) {
        reader.warning("brokers", "no brokers: the gateway stores alarms and publishes nowhere");
        return;
    }
    for (const Node& item : list->items) {
        const bool is_text = item.kind == Node::Kind::kString;
        const auto broker = parse_broker(is_text ? item.text : "");
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

void read_identity(Reader& reader, Credentials credentials, Mqtt& mqtt) {
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
    const bool any_plain = std::any_of(mqtt.brokers.begin(), mqtt.brokers.end(),
                                       [](const Broker& broker) { return !broker.tls; });
    if (reader.has("password") && any_plain) {
        reader.warning("password", "the password travels readable to a broker without TLS (mqtt://)");
    }
}

// It stands in the names of rows and in confirmations: one word.
bool consumer_name(const std::string& name) {
    constexpr std::size_t kMost = 64;
    return !name.empty() && name.size() <= kMost && std::all_of(name.begin(), name.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    });
}

}  // namespace

Mqtt read_mqtt(const Node& root, Credentials credentials, Report& report) {
    Mqtt mqtt;
    const Entry* const entry = root.find("mqtt");
    if (entry == nullptr) {
        if (!report.incomplete()) {
            report.warning(root.at, "no [mqtt]: the gateway stores alarms and publishes nowhere");
        }
        return mqtt;
    }
    if (entry->value.kind != Node::Kind::kTable) {
        return mqtt;  // reported: no table
    }
    Reader reader(entry->value, "mqtt", "mqtt", report);
    read_brokers(reader, mqtt);
    mqtt.root = reader.parsed("root", parse_root).value_or(mqtt.root);
    mqtt.version = reader.word("version", kVersions).value_or(mqtt.version);
    mqtt.encoding = reader.word("encoding", kEncodings).value_or(mqtt.encoding);
    mqtt.linger = reader.duration("linger", milliseconds(0), minutes(5)).value_or(mqtt.linger);
    mqtt.heartbeat = reader.duration("heartbeat", seconds(1), hours(1)).value_or(mqtt.heartbeat);
    mqtt.max_rate = static_cast<std::uint32_t>(reader.integer("max_rate", 0, 1'000'000).value_or(0));
    if (const Node* const list = reader.list("confirm")) {
        mqtt.confirm = reader.texts("confirm", kMaxListItems);
        const auto bad = std::find_if_not(mqtt.confirm.begin(), mqtt.confirm.end(), consumer_name);
        if (bad != mqtt.confirm.end()) {
            reader.error(
                "confirm",
                fmt::format("\"{}\" is no name of a consumer: letters, digits, - _ and ., at most 64", *bad));
        }
        if (std::set<std::string>(mqtt.confirm.begin(), mqtt.confirm.end()).size() != mqtt.confirm.size()) {
            reader.error("confirm", "names a consumer twice");
        }
        if (list->items.empty()) {
            reader.error("confirm", R"(confirm must not be empty; ["broker"] trusts the broker's PUBACK)");
        }
    }
    read_identity(reader, credentials, mqtt);
    reader.finish();
    return mqtt;
}

Store read_store(const Node& root, Report& report) {
    Store store;
    const Entry* const entry = root.find("store");
    if (entry == nullptr) {
        return store;
    }
    if (entry->value.kind != Node::Kind::kTable) {
        return store;  // reported: no table
    }
    Reader reader(entry->value, "store", "store", report);
    store.path = reader.text("path", kMaxPath).value_or(store.path);
    if (store.path.empty()) {
        reader.error("path", "path must not be empty");
    }
    store.history = reader.duration("history", hours(1), hours(24) * 3650).value_or(store.history);
    store.size_limit_bytes =
        reader.size("size_limit", 16ULL << 20U, 1ULL << 44U).value_or(store.size_limit_bytes);
    store.flush = reader.duration("flush", milliseconds(100), hours(1)).value_or(store.flush);
    reader.finish();
    return store;
}

}  // namespace gengfu::config
