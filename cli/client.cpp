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
            break;  // it may have said why before it let go
        }
        sent += static_cast<std::size_t>(n);
    }
    std::string answer;
    std::vector<char> buffer(64 * 1024);
    while (answer.find('\n') == std::string::npos) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n < 0 && errno == EAGAIN) {
            return fail(Errc::kIo, "the daemon does not answer");
        }
        if (n <= 0 || answer.size() > kLongestAnswer) {
            return fail(Errc::kIo, "the daemon closed the connection (is it stopping?)");
        }
        answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
    answer.resize(answer.find('\n'));
    return answer;
}

/// Where a daemon may listen, and why the configuration could not say where.
struct Candidates {
    std::vector<std::string> paths;
    std::string trouble;
};

Candidates candidates(const Common& common) {
    if (!common.socket.empty()) {
        return {{common.socket}, ""};
    }
    Candidates found;
    if (const Result<config::Bundle> bundle = config::gather(common.places)) {
        found.paths.push_back(config::load(*bundle, config::Credentials::kMayBeAbsent).store_path +
                              "/control.sock");
    } else {
        found.trouble = bundle.error().what;
        if (common.named == Named::kByUser) {
            return found;  // another daemon than the one meant must not answer
        }
    }
    found.paths.emplace_back(kServiceSocket);
    return found;
}

constexpr const char* kJoin = "become root or join the group gengfu";

}  // namespace

Result<std::string> find_socket(const Common& common) {
    const Candidates where = candidates(common);
    if (where.paths.empty()) {
        return fail(Errc::kIo, "the configuration cannot be read: " + where.trouble);
    }
    std::string looked;
    std::string locked;
    for (const std::string& path : where.paths) {
        if (::access(path.c_str(), F_OK) == 0) {
            return path;
        }
        if (errno == EACCES) {
            locked += (locked.empty() ? "" : " nor ") + path.substr(0, path.rfind('/'));
        } else {
            looked += (looked.empty() ? "" : " nor ") + path;
        }
    }
    if (!locked.empty()) {
        return fail(Errc::kIo, "may not look into " + locked + ": " + kJoin);
    }
    return fail(Errc::kNotFound, std::string("no daemon is running: there is ") +
                                     (where.paths.size() > 1 ? "neither " : "no ") + looked +
                                     (where.trouble.empty() ? "" : " (and " + where.trouble + ")") +
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
                                    ? std::string("you may not ask this daemon: ") + kJoin
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
