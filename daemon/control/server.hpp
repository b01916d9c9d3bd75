#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/core/result.hpp"

/// The unix socket of the `gengfu` command: one line of JSON in, one line of JSON out. File permissions are
/// the gate (0660, the group of the daemon), the kernel's word for the peer's user is the actor.
namespace gengfu::control {

/// Longest request line; the longest of ours is an acknowledgement with its reason.
constexpr std::size_t kLongestRequest = 64 * 1024;
/// Connections at a time; further ones are closed at once, so that a runaway script cannot use up
/// descriptors.
constexpr std::size_t kMostConnections = 16;

/// Who is on the other end, from SO_PEERCRED.
struct Peer {
    std::string user;  ///< login name, or the number where it has none
};

/// Hands in the answer, one line without its end. May be called later, once, on the server's executor.
using Reply = std::function<void(std::string line)>;
using Handler = std::function<void(const std::string& line, const Peer& peer, Reply reply)>;

class Server {
public:
    /// Listens. A socket that a daemon which died left behind is replaced; one that is in use is not.
    /// \retval Errc::kIo names the path and why; kFull the disk is full or read-only
    static Result<std::unique_ptr<Server>> open(boost::asio::any_io_executor core, const std::string& path,
                                                Handler handler);
    ~Server();  ///< closes all connections and removes the socket

private:
    class Impl;
    explicit Server(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

/// Where the daemon listens: $RUNTIME_DIRECTORY/control.sock under systemd, else control.sock in the store's
/// folder.
std::string socket_path(const std::string& store_path);

}  // namespace gengfu::control
