#include "daemon/core/plain_text.hpp"

#include <cstddef>

namespace gengfu {
namespace {

bool within(std::string_view text, std::size_t at, unsigned char low, unsigned char high) {
    return at < text.size() && static_cast<unsigned char>(text[at]) >= low &&
           static_cast<unsigned char>(text[at]) <= high;
}

/// Bytes of the character at `at` that has no place in a plain text; 0 for any other. In UTF-8 these
/// sequences stand nowhere but at the beginning of a character.
std::size_t unwanted(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x20U || first == 0x7FU) {
        return 1;
    }
    if (first == 0xC2U && within(text, at + 1, 0x80, 0x9F)) {
        return 2;
    }
    const bool general = first == 0xE2U && within(text, at + 1, 0x80, 0x80) &&
                         within(text, at + 2, 0xA8, 0xAE);  // U+2028 to U+202E
    const bool isolate = first == 0xE2U && within(text, at + 1, 0x81, 0x81) &&
                         within(text, at + 2, 0xA6, 0xA9);  // U+2066 to U+2069
    return general || isolate ? 3 : 0;
}

}  // namespace

bool is_plain(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (unwanted(text, at) != 0) {
            return false;
        }
    }
    return true;
}

std::string to_plain(std::string_view text, char replacement) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = unwanted(text, at);
        plain += bytes == 0 ? text[at] : replacement;
        at += bytes == 0 ? 1 : bytes;
    }
    return plain;
}

}  // namespace gengfu
