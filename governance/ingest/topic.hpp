#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gengfu::ingest {

/// What a topic below a gateway carries (docs/feed.md, Topics).
enum class Kind : std::uint8_t { kBirth, kState, kCatalogue, kTelemetry, kHistory, kEvent, kReply, kOther };

/// A topic of the feed, taken apart: {root}/{division}/{community_code}/{gateway}/{kind}...
struct Topic {
    std::string_view base;  ///< up to and with the gateway, without a slash at its end
    std::string_view division;
    std::string_view community;
    std::string_view gateway;
    Kind kind = Kind::kOther;
};

/// The parts of `topic`, which must outlive the result; nothing when it does not lie below `root` or has no
/// gateway and kind. Pure.
std::optional<Topic> parse_topic(std::string_view root, std::string_view topic);

/// Whether `id` may be a gateway's: a-z 0-9 -, 1 to 32 (the configuration's rule).
bool is_gateway_id(std::string_view id);

}  // namespace gengfu::ingest
