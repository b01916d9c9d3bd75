#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "daemon/config/values.hpp"
#include "daemon/core/result.hpp"
#include "governance/ingest/figures.hpp"

namespace gengfu::ingest {

/// Answers GET /metrics and GET /healthz (200, or 503 when something is wrong). On the io_context's thread.
class HttpServer {
public:
    /// \retval Errc::kIo the address cannot be listened on
    static Result<HttpServer> open(boost::asio::io_context& core, const config::HostPort& listen,
                                   const Figures& figures);

    /// Begins to accept. The server must outlive the io_context's run.
    void start();

private:
    HttpServer(boost::asio::ip::tcp::acceptor acceptor, const Figures& figures)
        : acceptor_(std::move(acceptor)), figures_(&figures) {}

    boost::asio::ip::tcp::acceptor acceptor_;
    const Figures* figures_;
};

}  // namespace gengfu::ingest
