#pragma once

#include <string>
#include <string_view>

#include "daemon/alarms/alarm.hpp"

/// Why the gateway itself did something. A reason is one text for readers of both languages: "已到时限 / its
/// time is over".
namespace gengfu::alarms {

inline constexpr std::string_view kBetweenLanguages = " / ";

inline Actor gateway_because(std::string_view zh, std::string_view en) {
    return {ActorKind::kGateway, {}, {}, std::string(zh) + std::string(kBetweenLanguages) + std::string(en)};
}

inline Actor time_is_over() {
    return gateway_because("已到时限", "its time is over");
}

/// The reason for a text of each language; what people wrote stands in both.
inline config::Text reason_of(const Actor& actor) {
    const std::size_t cut = actor.reason.find(kBetweenLanguages);
    if (actor.kind != ActorKind::kGateway || cut == std::string::npos) {
        return {actor.reason, actor.reason};
    }
    return {actor.reason.substr(0, cut), actor.reason.substr(cut + kBetweenLanguages.size())};
}

}  // namespace gengfu::alarms
