#include "governance/ingest/topic.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gengfu::ingest {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 7> kKinds{{{"birth", Kind::kBirth},
                                                                   {"state", Kind::kState},
                                                                   {"catalogue", Kind::kCatalogue},
                                                                   {"tele", Kind::kTelemetry},
                                                                   {"hist", Kind::kHistory},
                                                                   {"event", Kind::kEvent},
                                                                   {"reply", Kind::kReply}}};

Kind kind_of(std::string_view word) {
    const auto* const found =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& kind) { return kind.first == word; });
    return found == kKinds.end() ? Kind::kOther : found->second;
}

std::string_view take_level(std::string_view& rest) {
    const std::string_view level = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), level.size() + 1));
    return level;
}

}  // namespace

bool is_gateway_id(std::string_view id) {
    constexpr std::size_t kLongest = 32;
    return !id.empty() && id.size() <= kLongest && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

std::optional<Topic> parse_topic(std::string_view root, std::string_view topic) {
    if (topic.size() <= root.size() + 1 || !topic.starts_with(root) || topic[root.size()] != '/') {
        return std::nullopt;
    }
    std::string_view rest = topic.substr(root.size() + 1);
    Topic out;
    out.division = take_level(rest);
    out.community = take_level(rest);
    out.gateway = take_level(rest);
    if (!is_gateway_id(out.gateway) || rest.empty()) {
        return std::nullopt;
    }
    out.base = topic.substr(0, topic.size() - rest.size() - 1);
    out.kind = kind_of(take_level(rest));
    return out;
}

}  // namespace gengfu::ingest
