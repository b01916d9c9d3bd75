#pragma once

#include <optional>
#include <string>

#include "daemon/publish/commands.hpp"

namespace gengfu::v1 {
class Reply;
}

/// Replies to commands as messages. Pure, any thread.
namespace gengfu::publish {

void to_wire(const CommandReply& reply, gengfu::v1::Reply& out);

/// As the store keeps it: without readings and missing ranges.
std::string encode_reply(const CommandReply& reply);
/// \return nothing when `bytes` are no such message
std::optional<CommandReply> decode_reply(const std::string& bytes);

}  // namespace gengfu::publish
