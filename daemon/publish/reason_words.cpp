#include "daemon/publish/reason_words.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace gengfu::publish {

namespace {

constexpr std::array<std::pair<int, const char*>, 34> kReasons{{
    {0x80, "unspecified error"},
    {0x81, "malformed packet"},
    {0x82, "protocol error"},
    {0x83, "the broker does not allow it"},
    {0x84, "the broker does not speak this version of MQTT"},
    {0x85, "the broker does not accept the client id (the gateway's id)"},
    {0x86, "wrong user name or password"},
    {0x87, "not authorised: the broker's access list denies it"},
    {0x88, "the broker is not available"},
    {0x89, "the broker is busy"},
    {0x8A, "banned by the broker"},
    {0x8B, "the broker is shutting down"},
    {0x8C, "wrong method of authentication"},
    {0x8D, "the broker heard nothing within the keep-alive time"},
    {0x8E, "another client connected with the same client id (the gateway's id)"},
    {0x8F, "the broker does not accept the topic filter"},
    {0x90, "the broker does not accept the topic"},
    {0x91, "packet identifier in use"},
    {0x92, "packet identifier not found"},
    {0x93, "more messages under way than the broker takes"},
    {0x94, "topic alias invalid"},
    {0x95, "the packet is larger than the broker takes"},
    {0x96, "more messages a second than the broker takes (mqtt.max_rate)"},
    {0x97, "the broker's quota is exceeded"},
    {0x98, "ended by the broker's administrator"},
    {0x99, "the broker does not accept the payload"},
    {0x9A, "the broker does not keep retained messages"},
    {0x9B, "the broker does not offer QoS 1"},
    {0x9C, "the broker asks to use another one for now"},
    {0x9D, "the broker has moved"},
    {0x9E, "the broker has no shared subscriptions"},
    {0x9F, "too many connections a second"},
    {0xA0, "the longest time of a connection is over"},
    {0xA2, "the broker does not offer subscriptions with wildcards"},
}};

constexpr std::array<const char*, 5> kConnack{"the broker does not speak this version of MQTT",
                                              "the broker does not accept the client id (the gateway's id)",
                                              "the broker is not available", "wrong user name or password",
                                              "not authorised: the broker denies the connection"};

std::string with_code(const char* words, int code) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), " (0x%02X)", static_cast<unsigned>(code) & 0xFFU);
    return std::string(words) + text.data();
}

}  // namespace

std::string reason_words(int reason) {
    for (const auto& [code, words] : kReasons) {
        if (code == reason) {
            return with_code(words, code);
        }
    }
    return with_code("refused by the broker", reason);
}

std::string connack_words(int code) {
    const bool known = code >= 1 && code <= static_cast<int>(kConnack.size());
    return with_code(known ? kConnack[static_cast<std::size_t>(code - 1)] : "refused by the broker", code);
}

bool older_version_may_help(int reason) {
    return reason == 0x84 || reason == 0x01;
}

}  // namespace gengfu::publish
