#include "governance/ingest/http.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gengfu::ingest {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMaxRequest = 8'192;
constexpr auto kWithin = std::chrono::seconds(5);

std::string response(int status, std::string_view word, std::string_view type, std::string_view body) {
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status,
        word, type, body.size(), body);
}

/// Two fixed resources and one method: the first line is all of a request that matters.
std::string answer(std::string_view line, const Figures& figures) {
    if (!line.starts_with("GET ")) {
        return response(405, "Method Not Allowed", "text/plain", "only GET\n");
    }
    line.remove_prefix(4);
    const std::string_view path = line.substr(0, line.find_first_of(" ?"));
    if (path == "/metrics") {
        return response(200, "OK", "text/plain; version=0.0.4", to_prometheus(figures));
    }
    if (path == "/healthz") {
        const Health health = health_of(figures, steady_us());
        return response(health.good ? 200 : 503, health.good ? "OK" : "Service Unavailable", "text/plain",
                        health.text);
    }
    return response(404, "Not Found", "text/plain", "there are /metrics and /healthz\n");
}

/// One request, one answer, closed. A slow or endless request ends with the timer.
asio::awaitable<void> serve(std::shared_ptr<tcp::socket> socket, const Figures& figures) {
    asio::steady_timer timer(socket->get_executor(), kWithin);
    timer.async_wait([socket](error_code error) {
        if (!error) {
            error_code ignored;
            socket->close(ignored);
        }
    });
    asio::streambuf buffer(kMaxRequest);
    error_code error;
    const std::size_t length = co_await asio::async_read_until(
        *socket, buffer, std::string("\r\n\r\n"), asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
        const auto data = buffer.data();
        const std::string head(asio::buffers_begin(data),
                               asio::buffers_begin(data) + static_cast<std::ptrdiff_t>(length));
        const std::string text = answer(std::string_view(head).substr(0, head.find("\r\n")), figures);
        co_await asio::async_write(*socket, asio::buffer(text),
                                   asio::redirect_error(asio::use_awaitable, error));
    }
    timer.cancel();
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, const Figures& figures) {
    for (;;) {
        error_code error;
        tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) {
            co_return;
        }
        if (error) {  // out of descriptors: others will be freed
            asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        auto held = std::make_shared<tcp::socket>(std::move(socket));
        asio::co_spawn(acceptor.get_executor(), serve(std::move(held), figures), asio::detached);
    }
}

}  // namespace

Result<HttpServer> HttpServer::open(asio::io_context& core, const config::HostPort& listen,
                                    const Figures& figures) {
    error_code error;
    const auto address = asio::ip::make_address(listen.host, error);
    tcp::acceptor acceptor(core);
    const tcp::endpoint endpoint(address, listen.port);
    if (!error) {
        acceptor.open(endpoint.protocol(), error);
    }
    if (!error) {
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return fail(Errc::kIo, fmt::format("http: cannot listen on {}:{}: {}", listen.host, listen.port,
                                           error.message()));
    }
    return HttpServer(std::move(acceptor), figures);
}

void HttpServer::start() {
    asio::co_spawn(acceptor_.get_executor(), accept(acceptor_, *figures_), asio::detached);
}

}  // namespace gengfu::ingest
