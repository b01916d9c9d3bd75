#include "governance/ingest/sql_text.hpp"

#include <google/protobuf/util/json_util.h>

#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/sample_rows.hpp"

namespace gengfu::ingest {

std::int64_t signed_of(std::uint64_t bits) {
    return static_cast<std::int64_t>(bits);
}

std::string json_of(const google::protobuf::Message& message) {
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_enums_as_ints = true;
    std::string out;
    // Text that is no UTF-8 does not get through the parser, so this does not fail.
    return google::protobuf::util::MessageToJsonString(message, &out, options).ok() ? out : "{}";
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "\\x";
    out.reserve(2 + bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
    return out;
}

std::string unhex(std::string_view text) {
    std::string out;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
        out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    }
    return out;
}

std::string uuid_text(const v1::Time& time) {
    return hex(boot_bytes(time)).substr(2);
}

}  // namespace gengfu::ingest
