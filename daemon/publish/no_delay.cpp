#include "daemon/publish/no_delay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace gengfu::publish {
namespace {

/// Descriptors are given lowest first; a gateway has some dozens.
constexpr rlim_t kMostDescriptors = 1024;

/// 0 when it is no connection over IP.
std::uint16_t peer_port(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getpeername(fd, static_cast<sockaddr*>(static_cast<void*>(&address)), &length) != 0) {
        return 0;
    }
    if (address.ss_family == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, &address, sizeof ipv4);
        return ntohs(ipv4.sin_port);
    }
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 ipv6{};
        std::memcpy(&ipv6, &address, sizeof ipv6);
        return ntohs(ipv6.sin6_port);
    }
    return 0;
}

}  // namespace

std::size_t send_without_delay(std::uint16_t port) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        limit.rlim_cur = kMostDescriptors;
    }
    const int end = static_cast<int>(std::min(limit.rlim_cur, kMostDescriptors));
    std::size_t count = 0;
    for (int fd = 0; fd < end; ++fd) {
        const int yes = 1;
        if (peer_port(fd) == port && ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0) {
            ++count;
        }
    }
    return count;
}

}  // namespace gengfu::publish
