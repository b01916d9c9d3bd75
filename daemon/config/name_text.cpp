#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/limits.hpp"
#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

template <class Allowed>
bool made_of(std::string_view text, Allowed allowed) {
    return std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

Result<std::string> parse_name(std::string_view text) {
    const bool fits =
        made_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
    if (text.empty() || text.size() > kMaxName || text.starts_with('.') || !fits) {
        return fail(
            Errc::kInvalid,
            fmt::format("1 to {} of the characters a-z A-Z 0-9 . _ - and not begin with a dot", kMaxName));
    }
    return std::string(text);
}

Result<std::string> parse_gateway_id(std::string_view text) {
    const bool fits = made_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
    if (text.empty() || text.size() > kMaxGatewayId || !fits) {
        return fail(Errc::kInvalid, fmt::format("1 to {} of the characters a-z 0-9 -", kMaxGatewayId));
    }
    return std::string(text);
}

Result<std::string> parse_role(std::string_view text) {
    constexpr std::size_t kMaxRole = 32;
    const bool fits = made_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
    if (text.empty() || text.size() > kMaxRole || !is_lower(text.front()) || !fits) {
        return fail(Errc::kInvalid,
                    fmt::format("1 to {} of the characters a-z 0-9 _ and begin with a letter", kMaxRole));
    }
    return std::string(text);
}

Result<std::string> parse_code(std::string_view text, std::size_t digits) {
    if (text.size() != digits || !made_of(text, is_digit)) {
        return fail(Errc::kInvalid, fmt::format("{} digits", digits));
    }
    return std::string(text);
}

std::string doubt_component(std::string_view code, std::string_view division) {
    constexpr std::size_t kCounty = 6;
    const std::string_view county = code.substr(0, kCounty);
    const std::string_view major = code.substr(kCounty, 2);
    if (!division.empty() && county != division) {
        return fmt::format("component {} begins with county {}, the place's division is {}", in_quotes(code),
                           county, division);
    }
    // GB/T 30428.2: 01 public utilities, 02 roads, 03 environment, 04 greening, 05 housing, 06 other; 21 and
    // above are local extensions.
    const bool known = (major >= "01" && major <= "06") || major >= "21";
    if (!known) {
        return fmt::format(
            "component {} has class {}; GB/T 30428.2 knows 01 to 06, and 21 to 99 for local ones",
            in_quotes(code), major);
    }
    return "";
}

}  // namespace gengfu::config
