#pragma once

#include <poll.h>

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "tests/sim/file_descriptor.hpp"

namespace gengfu::sim {

/// A unix socket that answers one line for every line it gets, served by its caller's poll loop. Not
/// thread-safe.
class ControlSocket {
public:
    using Answerer = std::function<std::string(std::string_view line)>;

    /// \retval Errc::kIo  the path is too long, or taken by a file that is no socket, or its folder is
    /// missing.
    static Result<ControlSocket> open(const std::string& path, Answerer answerer);
    ControlSocket(ControlSocket&&) = default;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

    void watch(std::vector<pollfd>& polls) const;
    void serve(const std::vector<pollfd>& polls);

private:
    struct Connection {
        FileDescriptor fd;
        std::string in;
        bool over = false;
    };
    ControlSocket(FileDescriptor listener, std::string path, Answerer answerer)
        : listener_(std::move(listener)), path_(std::move(path)), answerer_(std::move(answerer)) {}
    void take_in(Connection& connection);
    void answer_lines(Connection& connection);

    FileDescriptor listener_;
    std::string path_;
    Answerer answerer_;
    std::list<Connection> connections_;
};

}  // namespace gengfu::sim
