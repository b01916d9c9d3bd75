#include "drivers/modbus/libmodbus.hpp"

#include <modbus.h>
#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace gengfu::drivers::modbus {

namespace {

/// libmodbus writes to sockets as to ttys, and writing to a closed socket raises SIGPIPE: held back on this
/// thread, and taken away when one came of our own write.
class NoSigpipe {
public:
    NoSigpipe() {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;
    ~NoSigpipe() {
        if (raised_) {
            const timespec now{};
            ::sigtimedwait(&pipe_, nullptr, &now);
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    void raised() { raised_ = true; }

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool raised_ = false;
};

char parity_letter(config::Parity parity) {
    switch (parity) {
        case config::Parity::kEven:
            return 'E';
        case config::Parity::kOdd:
            return 'O';
        case config::Parity::kNone:
            break;
    }
    return 'N';
}

}  // namespace

void RtuSender::Free::operator()(modbus_t* context) const {
    // Without this, closing would restore termios that libmodbus has not saved, and close a descriptor of
    // ours.
    modbus_set_socket(context, -1);
    modbus_free(context);
}

Result<RtuSender> RtuSender::create(const config::Serial& serial) {
    // Name and settings are never used to open anything: drivers/line does that.
    std::unique_ptr<modbus_t, Free> context(modbus_new_rtu(
        "gengfu", static_cast<int>(serial.baud), parity_letter(serial.parity), 8, serial.stop_bits));
    if (context == nullptr) {
        return fail(Errc::kInvalid, std::string("libmodbus: ") + modbus_strerror(errno));
    }
    return RtuSender(std::move(context));
}

void RtuSender::use(int fd) {
    modbus_set_socket(context_.get(), fd);
}

Result<void> RtuSender::send(const Message& message) {
    NoSigpipe guard;
    // The raw request: the others wait for their answer with a select() of libmodbus's own, refuse units
    // above 247, and take any unit's broadcast for a request to be answered.
    const int sent =
        modbus_send_raw_request(context_.get(), message.bytes.data(), static_cast<int>(message.size));
    if (sent < 0) {
        const int error = errno;
        if (error == EPIPE) {
            guard.raised();
        }
        return fail(Errc::kIo, std::string("the request cannot be sent: ") + modbus_strerror(error));
    }
    return {};
}

}  // namespace gengfu::drivers::modbus
