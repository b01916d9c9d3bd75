#include "daemon/control/server.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <vector>

namespace gengfu::control {
namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

namespace {

/// A peer that sends nothing for so long is a forgotten terminal.
constexpr auto kIdle = std::chrono::minutes(10);

Peer peer_of(Socket& socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return {"unknown"};
    }
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(credentials.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
        return {found->pw_name};
    }
    return {std::to_string(credentials.uid)};
}

/// Does a living daemon listen there?
bool in_use(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

/// The disk has no place for a socket: full, read-only, or without the folder that it had no place for.
Errc code_of(int why) {
    return why == EROFS || why == ENOSPC || why == EDQUOT || why == ENOENT ? Errc::kFull : Errc::kIo;
}

/// Removes a socket that a daemon which died left behind, and nothing else.
Result<void> clear_way(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
        return {};
    }
    if (!S_ISSOCK(info.st_mode)) {
        return fail(Errc::kIo, "control socket " + path + ": " +
                                   (S_ISDIR(info.st_mode) ? "a folder" : "a file that is no socket") +
                                   " of that name is in the way: move it away");
    }
    if (::unlink(path.c_str()) != 0) {
        return fail(code_of(errno),
                    "control socket " + path +
                        ": what a daemon left behind cannot be removed: " + std::strerror(errno));
    }
    return {};
}

std::string refusal(const std::string& why) {
    return R"({"error":")" + why + "\"}\n";
}

/// Says why and lets go. A fresh socket has room for the line: nothing waits for a peer that does not read.
void turn_away(Socket& socket, const std::string& why) {
    const std::string line = refusal(why);
    [[maybe_unused]] const ssize_t sent =
        ::send(socket.native_handle(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
public:
    Impl(asio::any_io_executor core, std::string path, Handler handler)
        : acceptor_(core), path_(std::move(path)), handler_(std::move(handler)) {}

    Result<void> listen() {
        if (path_.size() >= sizeof(sockaddr_un::sun_path)) {
            return fail(Errc::kIo,
                        "control socket " + path_ + ": the path is too long for a socket (107 bytes)");
        }
        if (in_use(path_)) {
            return fail(Errc::kIo, "control socket " + path_ + " is in use: another gengfud runs here");
        }
        if (Result<void> cleared = clear_way(path_); !cleared) {
            return cleared;
        }
        boost::system::error_code error;
        acceptor_.open(asio::local::stream_protocol(), error);
        // Nobody may connect between bind and chmod.
        const mode_t mask = ::umask(0117);
        if (!error) {
            acceptor_.bind(path_, error);
        }
        ::umask(mask);
        if (!error) {
            acceptor_.listen(asio::socket_base::max_listen_connections, error);
        }
        if (error) {
            return fail(code_of(error.value()), "control socket " + path_ + ": " + error.message());
        }
        asio::co_spawn(acceptor_.get_executor(), accept(shared_from_this()), asio::detached);
        return {};
    }

    void close() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        ::unlink(path_.c_str());
        for (Socket* socket : open_) {
            socket->close(ignored);
        }
    }

private:
    static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
        for (;;) {
            auto [error, socket] = co_await self->acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
            if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) {
                co_return;
            }
            if (error) {
                asio::steady_timer pause(self->acceptor_.get_executor(), std::chrono::milliseconds(100));
                co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
                continue;
            }
            if (self->open_.size() < kMostConnections) {
                asio::co_spawn(self->acceptor_.get_executor(), serve(self, std::move(socket)),
                               asio::detached);
            } else {
                turn_away(socket, "too many connections are open (" + std::to_string(kMostConnections) +
                                      "); close one, or ask again later");
            }
        }
    }

    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, Socket accepted) {
        Socket socket = std::move(accepted);
        self->open_.insert(&socket);
        const Peer peer = peer_of(socket);
        std::string buffer;
        asio::steady_timer answered(co_await asio::this_coro::executor);
        asio::steady_timer idle(co_await asio::this_coro::executor);
        for (;;) {
            idle.expires_after(kIdle);
            idle.async_wait([&socket](boost::system::error_code error) {
                if (!error) {
                    socket.close(error);
                }
            });
            const auto [error, size] =
                co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer, kLongestRequest), '\n',
                                                asio::as_tuple(asio::use_awaitable));
            idle.cancel();
            if (error == asio::error::not_found) {
                turn_away(socket,
                          "the request is longer than " + std::to_string(kLongestRequest / 1024) + " KiB");
            }
            if (error) {
                break;
            }
            std::string line = buffer.substr(0, size - 1);
            buffer.erase(0, size);
            // Shared with the reply, which may come after this connection is gone.
            const auto answer = std::make_shared<std::string>();
            const auto done = std::make_shared<bool>(false);
            const std::weak_ptr<bool> waiting = done;
            answered.expires_at(asio::steady_timer::time_point::max());
            self->handler_(line, peer, [answer, waiting, &answered](std::string reply) {
                if (const auto flag = waiting.lock(); flag && !*flag) {
                    *answer = std::move(reply);
                    *flag = true;
                    answered.cancel();
                }
            });
            if (!*done) {
                co_await answered.async_wait(asio::as_tuple(asio::use_awaitable));
            }
            *answer += '\n';
            const auto [failed, written] = co_await asio::async_write(socket, asio::buffer(*answer),
                                                                      asio::as_tuple(asio::use_awaitable));
            if (failed || written == 0) {
                break;
            }
        }
        self->open_.erase(&socket);
    }

    asio::local::stream_protocol::acceptor acceptor_;
    std::string path_;
    Handler handler_;
    std::set<Socket*> open_;
};

Result<std::unique_ptr<Server>> Server::open(asio::any_io_executor core, const std::string& path,
                                             Handler handler) {
    auto impl = std::make_shared<Impl>(std::move(core), path, std::move(handler));
    Result<void> listening = impl->listen();
    if (!listening) {
        return pass(listening);
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
    impl_->close();
}

std::string socket_path(const std::string& store_path) {
    const char* const runtime = std::getenv("RUNTIME_DIRECTORY");
    return (runtime != nullptr && *runtime != '\0' ? std::string(runtime) : store_path) + "/control.sock";
}

}  // namespace gengfu::control
