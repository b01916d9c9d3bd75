#include "cli/client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/config/load.hpp"

namespace gengfu::cli {
namespace {

/// A read of a slow device behind a busy line may take seconds.
constexpr timeval kPatience{30, 0};
/// The longest answer we take: status of the largest site.
constexpr std::size_t kLongestAnswer = 64U << 20U;

/// Where the packaged service listens.
constexpr const char* kServiceSocket = "/run/gengfu/control.sock";

struct Descriptor {
    int fd = -1;
    explicit Descriptor(int of) : fd(of) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd >= 0) {
            ::close(fd);
        }
    }
};

Result<std::string> exchange(int fd, std::string line) {
    line += '\n';
    for (std::size_t sent = 0; sent < line.size();) {
        const ssize_t n = ::send(fd, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        if (n < 0) {
            return fail(Errc::kIo,
                        std::string("the daemon does not take the request: ") + std::strerror(errno));
        }
        sent += static_cast<std::size_t>(n);
    }
    std::string answer;
    std::vector<char> buffer(64 * 1024);
    while (answer.find('\n') == std::string::npos) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n <= 0 || answer.size() > kLongestAnswer) {
            return fail(Errc::kIo, n == 0 ? "the daemon closed the connection (is it stopping?)"
                                          : "the daemon does not answer");
        }
        answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
    answer.resize(answer.find('\n'));
    return answer;
}

std::vector<std::string> candidates(const Common& common) {
    if (!common.socket.empty()) {
        return {common.socket};
    }
    std::vector<std::string> paths;
    if (const Result<config::Bundle> bundle = config::gather(common.places)) {
        paths.push_back(config::load(*bundle, config::Credentials::kMayBeAbsent).store_path +
                        "/control.sock");
    }
    paths.emplace_back(kServiceSocket);
    return paths;
}

}  // namespace

Result<std::string> find_socket(const Common& common) {
    std::string looked;
    for (const std::string& path : candidates(common)) {
        if (::access(path.c_str(), F_OK) == 0) {
            return path;
        }
        looked += (looked.empty() ? "" : " nor ") + path;
    }
    return fail(Errc::kNotFound, "no daemon is running: there is neither " + looked +
                                     "; start it with `systemctl start gengfu` or run gengfud");
}

Result<nlohmann::json> ask(const Common& common, const nlohmann::json& request) {
    Result<std::string> path = find_socket(common);
    if (!path) {
        return pass(path);
    }
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path->size() >= sizeof address.sun_path) {
        return fail(Errc::kIo, *path + ": the path is too long for a socket");
    }
    path->copy(address.sun_path, sizeof address.sun_path - 1);
    ::setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (::connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const std::string why = errno == EACCES || errno == EPERM
                                    ? "you may not ask this daemon: become root or join the group gengfu"
                                : errno == ECONNREFUSED ? "no daemon is running (its socket is left over)"
                                                        : std::string(std::strerror(errno));
        return fail(errno == ECONNREFUSED ? Errc::kNotFound : Errc::kIo, *path + ": " + why);
    }
    Result<std::string> line =
        exchange(socket.fd, request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    if (!line) {
        return pass(line);
    }
    nlohmann::json answer = nlohmann::json::parse(*line, nullptr, false);
    if (!answer.is_object()) {
        return fail(Errc::kIo, *path + ": what answers there is not gengfud");
    }
    if (answer.contains("error")) {
        return fail(Errc::kInvalid,
                    answer["error"].is_string() ? answer["error"].get<std::string>() : "refused");
    }
    return answer;
}

}  // namespace gengfu::cli
