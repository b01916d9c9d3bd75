#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}
namespace gengfu::v1 {
class Time;
}

/// How values of the feed go into statements, and back. Pure.
namespace gengfu::ingest {

/// The same 64 bits as PostgreSQL's int8.
std::int64_t signed_of(std::uint64_t bits);
/// As the functions of the schema read it: the contract's own field names, enums as numbers.
std::string json_of(const google::protobuf::Message& message);
/// A bytea: \x...
std::string hex(std::string_view bytes);
std::string unhex(std::string_view text);
/// The boot id.
std::string uuid_text(const v1::Time& time);

}  // namespace gengfu::ingest
