#pragma once

#include <poll.h>

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "tests/sim/file_descriptor.hpp"
#include "tests/sim/plant.hpp"
#include "tests/sim/timeline.hpp"

namespace gengfu::sim {

struct TcpStats {
    std::uint64_t connections = 0, requests = 0, bad_frames = 0, bytes_in = 0, bytes_out = 0;
};

/// One request taken from the front of a TCP stream, or how many bytes at its front are of no use.
struct StreamCut {
    std::optional<Request> request;
    std::uint16_t transaction = 0;
    std::size_t used = 0;  ///< bytes to drop; 0: more bytes are needed
    bool bad = false;      ///< the used bytes were no request
};
/// Modbus TCP: MBAP header, unit, PDU. A wrong protocol number or length makes all bytes bad.
StreamCut cut_mbap(const Bytes& stream);
/// RTU over TCP: by length and CRC; one byte is bad when no request starts there.
StreamCut cut_rtu(const Bytes& stream);

/// A Modbus TCP or RTU-over-TCP server, served by its caller's poll loop; nothing in it blocks. Not
/// thread-safe.
class TcpServer {
public:
    /// Listens. `plant` must outlive the server.
    /// \retval Errc::kIo  the address is wrong or taken.
    static Result<TcpServer> open(const TcpSpec& spec, Plant& plant);

    /// Out: connections are cut and new ones refused. In: listens again on the same port.
    /// \retval Errc::kIo  the port has been taken meanwhile.
    Result<void> plug(Plug plug);

    /// Appends what is to be watched.
    void watch(std::vector<pollfd>& polls) const;
    /// Serves what `polls`, filled by `watch` and poll(), reports ready.
    void serve(TimePoint now, const std::vector<pollfd>& polls);
    /// Sends answers that are due.
    void advance(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> next() const;

    [[nodiscard]] const std::string& name() const { return spec_.name; }
    [[nodiscard]] std::uint16_t port() const { return spec_.port; }
    [[nodiscard]] const TcpStats& stats() const { return stats_; }

private:
    struct Connection {
        FileDescriptor fd;
        Bytes in;
        std::multimap<TimePoint, Bytes> answers;
        bool over = false;
    };
    TcpServer(TcpSpec spec, Plant& plant) : spec_(std::move(spec)), plant_(&plant) {}
    void accept_all();
    void take_in(Connection& connection, TimePoint now);
    void answer(Connection& connection, TimePoint now);

    TcpSpec spec_;
    Plant* plant_;
    FileDescriptor listener_;
    std::list<Connection> connections_;
    TcpStats stats_;
};

}  // namespace gengfu::sim
