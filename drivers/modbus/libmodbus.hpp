#pragma once

#include <memory>
#include <span>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "drivers/modbus/frame.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libmodbus's own name
typedef struct _modbus modbus_t;

namespace gengfu::drivers::modbus {

/// libmodbus as an RTU master that sends on a descriptor of ours. The only file that calls it; docs/bus.md
/// lists which of its 3.1.6 quirks are avoided how. One thread.
class RtuSender {
public:
    /// \retval Errc::kInvalid  libmodbus does not take these settings
    static Result<RtuSender> create(const config::Serial& serial);

    /// Requests go out on `fd` from now on; -1: nowhere. The caller keeps owning it.
    void use(int fd);

    /// Adds the CRC and sends. Does not wait for the line. Does not raise SIGPIPE.
    /// \retval Errc::kIo  the line did not take all of it
    Result<void> send(const Message& message);

private:
    struct Free {
        void operator()(modbus_t* context) const;
    };
    explicit RtuSender(std::unique_ptr<modbus_t, Free> context) : context_(std::move(context)) {}

    std::unique_ptr<modbus_t, Free> context_;
};

}  // namespace gengfu::drivers::modbus
