#include <algorithm>
#include <charconv>

#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::config {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035, in text

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9');
}

/// Letters, digits, dots and hyphens; what looks like an IPv4 address is not checked further: the resolver
/// does.
bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= kMaxHost && is_alnum(text.front()) && is_alnum(text.back()) &&
           text.find("..") == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

bool is_ipv6(std::string_view text) {
    const auto zone = text.find('%');  // fe80::1%eth0
    const std::string_view address = text.substr(0, zone);
    const bool zone_fits =
        zone == std::string_view::npos ||
        (zone + 1 < text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(zone) + 1, text.end(), is_alnum));
    return zone_fits && std::count(address.begin(), address.end(), ':') >= 2 &&
           std::all_of(address.begin(), address.end(),
                       [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    if (read.ec != std::errc{} || read.ptr != end || port == 0) {
        return fail(Errc::kInvalid, "a host with a port from 1 to 65535 after the colon");
    }
    return port;
}

/// Cuts the host, brackets removed, off the front of `text`.
Result<std::string> take_host(std::string_view& text) {
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        const std::string_view inside = text.substr(1, close == std::string_view::npos ? 0 : close - 1);
        if (!is_ipv6(inside)) {
            return fail(Errc::kInvalid, R"(an IPv6 address in brackets such as "[2001:db8::1]")");
        }
        text.remove_prefix(close + 1);
        return std::string(inside);
    }
    if (std::count(text.begin(), text.end(), ':') > 1) {
        return fail(Errc::kInvalid, R"(an IPv6 address in brackets such as "[2001:db8::1]")");
    }
    const std::string_view host = text.substr(0, text.find(':'));
    if (!is_host(host)) {
        return fail(Errc::kInvalid, R"(a host name or address, then ":" and the port)");
    }
    text.remove_prefix(host.size());
    return std::string(host);
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
    auto host = take_host(text);
    if (!host) {
        return pass(host);
    }
    if (text.empty()) {
        return HostPort{*host, default_port};
    }
    if (!text.starts_with(':')) {
        return fail(Errc::kInvalid, R"(a host name or address, then ":" and the port)");
    }
    auto port = parse_port(text.substr(1));
    if (!port) {
        return pass(port);
    }
    return HostPort{*host, *port};
}

Result<Broker> parse_broker(std::string_view url) {
    constexpr std::string_view kPlain = "mqtt://";
    constexpr std::string_view kTls = "mqtts://";
    const bool tls = url.starts_with(kTls);
    if (!tls && !url.starts_with(kPlain)) {
        return fail(Errc::kInvalid,
                    R"(a URL such as "mqtts://broker.city.example:8883" or "mqtt://192.0.2.1")");
    }
    url.remove_prefix(tls ? kTls.size() : kPlain.size());
    if (url.find('@') != std::string_view::npos) {
        return fail(Errc::kInvalid, "without a user in it: `username` and `password` are keys of [mqtt]");
    }
    if (url.find('/') != std::string_view::npos) {
        return fail(Errc::kInvalid, "without a path: it ends after host and port");
    }
    constexpr std::uint16_t kPort = 1883;
    constexpr std::uint16_t kTlsPort = 8883;
    auto address = parse_host_port(url, tls ? kTlsPort : kPort);
    if (!address) {
        return pass(address);
    }
    return Broker{tls, address->host, address->port};
}

}  // namespace gengfu::config
