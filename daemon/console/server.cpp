#include "daemon/console/server.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <set>
#include <utility>

namespace gengfu::console {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

/// Of what a peer sends after its request, so much is read before it is cut off.
constexpr std::size_t kMostUnread = 64 * 1024;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

Page plain(unsigned status, std::string body) {
    return {status, "text/plain; charset=utf-8", std::move(body)};
}

/// What to say to a request that is none.
Page refusal(const beast::error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return plain(431, "The request is too long.\n");
    }
    if (error == http::error::body_limit || error == http::error::unexpected_body) {
        return plain(413, "A request here has no body.\n");
    }
    return plain(400, "This is no HTTP request.\n");
}

bool is_of_http(const beast::error_code& error) {
    return error.category() == make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
    const bool bracketed = host.starts_with('[');
    const auto end = bracketed ? host.find(']') : host.rfind(':');
    if (bracketed && end == std::string_view::npos) {
        return false;
    }
    const std::string_view name = bracketed ? host.substr(1, end - 1) : host.substr(0, end);
    if (!bracketed && (name == "localhost" || name == "localhost.")) {
        return true;
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(name), error);
    return !error && address.is_loopback();
}

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
public:
    Impl(asio::any_io_executor core, Pages pages, Limits limits)
        : acceptor_(core), pages_(std::move(pages)), limits_(limits) {}

    Result<void> listen(const config::Console& console) {
        const std::string where = "console " + console.address + " port " + std::to_string(console.port);
        boost::system::error_code error;
        const auto address = asio::ip::make_address(console.address, error);
        if (error) {
            return fail(Errc::kInvalid, where + ": no address of this machine");
        }
        loopback_ = address.is_loopback();
        const tcp::endpoint endpoint(address, console.port);
        acceptor_.open(endpoint.protocol(), error);
        if (!error) {
            // Reloading starts the program anew in the same process: nothing of this may live on in it.
            ::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
            acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        }
        if (!error) {
            acceptor_.bind(endpoint, error);
        }
        if (!error) {
            acceptor_.listen(asio::socket_base::max_listen_connections, error);
        }
        if (error) {
            return fail(Errc::kIo, where + ": " +
                                       (error == asio::error::address_in_use
                                            ? std::string("another program listens there")
                                            : error.message()));
        }
        asio::co_spawn(acceptor_.get_executor(), accept(shared_from_this()), asio::detached);
        return {};
    }

    std::uint16_t port() const {
        boost::system::error_code ignored;
        return acceptor_.local_endpoint(ignored).port();
    }

    void close() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        for (beast::tcp_stream* stream : open_) {
            stream->close();
        }
        pages_ = nullptr;
    }

private:
    static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
        for (;;) {
            auto [error, socket] = co_await self->acceptor_.async_accept(kAwait);
            if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) {
                co_return;
            }
            if (error) {  // out of descriptors: those of others end some time
                asio::steady_timer pause(self->acceptor_.get_executor(), std::chrono::milliseconds(100));
                co_await pause.async_wait(kAwait);
                continue;
            }
            ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
            if (self->open_.size() < self->limits_.connections) {
                asio::co_spawn(self->acceptor_.get_executor(), serve(self, std::move(socket)),
                               asio::detached);
            }
        }
    }

    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket accepted) {
        beast::tcp_stream stream(std::move(accepted));
        self->open_.insert(&stream);
        co_await converse(self, stream);
        self->open_.erase(&stream);
    }

    static asio::awaitable<void> converse(std::shared_ptr<Impl> self, beast::tcp_stream& stream) {
        beast::flat_buffer buffer(self->limits_.header_bytes + 1024);
        http::request_parser<http::empty_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(self->limits_.header_bytes));
        parser.body_limit(0);
        stream.expires_after(self->limits_.patience);
        const auto [error, size] = co_await http::async_read(stream, buffer, parser, kAwait);
        static_cast<void>(size);
        if (error && !is_of_http(error)) {
            co_return;  // gone, or too slow
        }
        const Page page = error ? refusal(error) : self->answer(parser.get());
        http::response<http::string_body> response;
        response.version(11);
        response.result(page.status);
        response.set(http::field::content_type, page.type);
        response.set(http::field::cache_control, "no-store");
        response.set("X-Content-Type-Options", "nosniff");
        if (page.status == 405) {
            response.set(http::field::allow, "GET, HEAD");
        }
        response.keep_alive(false);
        response.content_length(page.body.size());
        if (error || parser.get().method() != http::verb::head) {
            response.body() = page.body;
        }
        stream.expires_after(self->limits_.patience);
        http::response_serializer<http::string_body> serializer(response);
        co_await http::async_write(stream, serializer, kAwait);
        beast::error_code ignored;
        stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
        // Closed with bytes unread, the connection is reset, and the answer may be lost with it: they are
        // taken, for a moment.
        stream.expires_after(self->limits_.patience / 10);
        std::array<char, 4096> rest;
        for (std::size_t taken = 0; taken < kMostUnread;) {
            const auto [over, more] = co_await stream.async_read_some(asio::buffer(rest), kAwait);
            if (over) {
                break;
            }
            taken += more;
        }
    }

    Page answer(const http::request<http::empty_body>& request) const {
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            return plain(405, "Nothing can be changed here: only GET and HEAD.\n");
        }
        const auto host = request[http::field::host];
        if (loopback_ && !is_loopback_host({host.data(), host.size()})) {
            return plain(403, "Ask by an address of this machine: localhost or 127.0.0.1.\n");
        }
        const std::string_view target(request.target().data(), request.target().size());
        return pages_ ? pages_(target.substr(0, target.find('?'))) : plain(503, "Stopping.\n");
    }

    tcp::acceptor acceptor_;
    Pages pages_;
    Limits limits_;
    bool loopback_ = true;
    std::set<beast::tcp_stream*> open_;
};

Result<std::unique_ptr<Server>> Server::open(asio::any_io_executor core, const config::Console& console,
                                             Pages pages, Limits limits) {
    auto impl = std::make_shared<Impl>(std::move(core), std::move(pages), limits);
    Result<void> listening = impl->listen(console);
    if (!listening) {
        return pass(listening);
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
    impl_->close();
}

std::uint16_t Server::port() const {
    return impl_->port();
}

}  // namespace gengfu::console
