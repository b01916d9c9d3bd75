#pragma once

#include <optional>
#include <span>
#include <string>

#include "daemon/core/result.hpp"
#include "tests/sim/file_descriptor.hpp"
#include "tests/sim/modbus_server.hpp"

namespace gengfu::sim {

/// A pseudo-terminal behind a symlink: the simulator holds the master side, the gateway opens the link. The
/// slave side is not held open here, so that the gateway's close shows as a hang-up. The kernel keeps a
/// closed pty's settings, exclusive flag and unread bytes, which a serial port does not: after a hang-up take
/// a new one.
class Pty {
public:
    /// Makes a new pty and lets `link` point to it, in place of an older symlink there.
    /// \retval Errc::kIo  no pty to be had, or the link cannot be made (something else is there).
    static Result<Pty> open(const std::string& link);
    Pty(Pty&&) = default;
    Pty& operator=(Pty&&) = delete;
    /// Removes the link if it still points here, and closes: whoever has the other side open is hung up.
    ~Pty();

    [[nodiscard]] int fd() const { return master_.get(); }
    /// The speed that the other side has set, bit/s; nothing when it cannot be told.
    [[nodiscard]] std::optional<int> baud() const;
    /// What has come in, at most 4096 bytes; empty when nothing has.
    [[nodiscard]] Bytes read() const;
    /// Bytes that the kernel took; what does not fit is lost, as on a wire that nobody listens to.
    [[nodiscard]] std::size_t write(std::span<const std::uint8_t> bytes) const;

private:
    Pty(FileDescriptor master, std::string link, std::string slave);
    FileDescriptor master_;
    std::string link_, slave_;
};

}  // namespace gengfu::sim
