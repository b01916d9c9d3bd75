#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/config/site.hpp"
#include "daemon/console/page.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// A small HTTP server for machines that ask how the gateway is: GET and HEAD, one request a connection.
/// Whoever reaches the port may be hostile: sizes, times and connections are bounded.
namespace gengfu::console {

struct Limits {
    std::size_t header_bytes = 8 * 1024;          ///< of a whole request; a body is refused
    std::size_t connections = 16;                 ///< at a time; further ones are closed at once
    Duration patience = std::chrono::seconds(5);  ///< for a whole request, and again for taking the answer
};

/// On the server's executor; short: core waits for it.
using Pages = std::function<Page(std::string_view path)>;

class Server {
public:
    /// \retval Errc::kIo names address and port and says why: in use, not ours
    static Result<std::unique_ptr<Server>> open(boost::asio::any_io_executor core,
                                                const config::Console& console, Pages pages,
                                                Limits limits = {});
    ~Server();  ///< closes all connections

    std::uint16_t port() const;  ///< that it listens on, for a configured port 0 (in tests)

private:
    class Impl;
    explicit Server(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

/// A browser can be made to ask 127.0.0.1 by any page on the Internet, under a name of that page's choice:
/// on a loopback address only requests for an address of this machine are answered (DNS rebinding).
/// \param host  of the request, with its port
bool is_loopback_host(std::string_view host);

}  // namespace gengfu::console
