// What Gengfu is measured against: the least that carries registers from Modbus TCP to a broker. One thread,
// libmodbus, libmosquitto, one message of raw registers a unit with QoS 0; it judges, stores and checks
// nothing.
//
//   bench_bare_loop --modbus PORT --broker PORT --topic T --units N --registers N --interval MS
//
// Reads units 1 to N, each a message when its registers differ from the last, every MS milliseconds (0: at
// once again). Runs until it is ended.
#include <modbus/modbus.h>
#include <mosquitto.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kCare{100};  ///< between looks at what the broker says: pings of the keep-alive

struct Settings {
    int modbus_port, broker_port, units, registers;
    milliseconds interval;
    std::string topic;
};

Result<Settings> settings(const Options& options) {
    const auto modbus_port = options.number("modbus", 1, 65535);
    const auto broker_port = options.number("broker", 1, 65535);
    const auto units = options.number("units", 1, 247);
    const auto registers = options.number("registers", 1, MODBUS_MAX_READ_REGISTERS);
    const auto interval = options.number("interval", 0, 60'000);
    const auto topic = options.text("topic");
    if (!modbus_port || !broker_port || !units || !registers || !interval || !topic) {
        return fail(Errc::kInvalid,
                    "--modbus, --broker, --topic, --units, --registers and --interval are wanted");
    }
    return Settings{static_cast<int>(*modbus_port), static_cast<int>(*broker_port), static_cast<int>(*units),
                    static_cast<int>(*registers),   milliseconds(*interval),        *topic};
}

using Modbus = std::unique_ptr<modbus_t, decltype(&modbus_free)>;
using Broker = std::unique_ptr<mosquitto, decltype(&mosquitto_destroy)>;

class BareLoop {
public:
    BareLoop(Settings settings, Modbus modbus, Broker broker)
        : settings_(std::move(settings)),
          modbus_(std::move(modbus)),
          broker_(std::move(broker)),
          last_(static_cast<std::size_t>(settings_.units)),
          now_(static_cast<std::size_t>(settings_.registers)),
          payload_(2 * now_.size()) {}

    Result<void> run() {
        auto due = Clock::now();
        auto care = due;
        for (;;) {
            for (int unit = 1; unit <= settings_.units; ++unit) {
                if (!read_and_publish(unit)) {
                    return fail(Errc::kIo, "the slave or the broker is gone");
                }
            }
            if (Clock::now() >= care) {
                care = Clock::now() + kCare;
                if (mosquitto_loop(broker_.get(), 0, 1) != MOSQ_ERR_SUCCESS) {
                    return fail(Errc::kIo, "the broker is gone");
                }
            }
            due = std::max(due + settings_.interval, Clock::now());
            if (settings_.interval.count() > 0) {
                std::this_thread::sleep_until(due);
            }
        }
    }

private:
    bool read_and_publish(int unit) {
        modbus_set_slave(modbus_.get(), unit);
        if (modbus_read_registers(modbus_.get(), 0, settings_.registers, now_.data()) !=
            settings_.registers) {
            return false;
        }
        std::vector<std::uint16_t>& last = last_[static_cast<std::size_t>(unit - 1)];
        if (last == now_) {
            return true;
        }
        last = now_;
        for (std::size_t i = 0; i < now_.size(); ++i) {
            payload_[2 * i] = static_cast<unsigned char>(now_[i] >> 8U);
            payload_[2 * i + 1] = static_cast<unsigned char>(now_[i] & 0xFFU);
        }
        return mosquitto_publish(broker_.get(), nullptr, settings_.topic.c_str(),
                                 static_cast<int>(payload_.size()), payload_.data(), 0,
                                 false) == MOSQ_ERR_SUCCESS;
    }

    Settings settings_;
    Modbus modbus_;
    Broker broker_;
    std::vector<std::vector<std::uint16_t>> last_;  ///< of each unit
    std::vector<std::uint16_t> now_;
    std::vector<unsigned char> payload_;
};

Result<void> run(const Options& options) {
    Result<Settings> wanted = settings(options);
    if (!wanted) {
        return fail(wanted.error().code, wanted.error().what);
    }
    Modbus modbus(modbus_new_tcp("127.0.0.1", wanted->modbus_port), modbus_free);
    if (!modbus || modbus_connect(modbus.get()) != 0) {
        return fail(Errc::kIo, "no slave at port " + std::to_string(wanted->modbus_port));
    }
    Broker broker(mosquitto_new(nullptr, true, nullptr), mosquitto_destroy);
    if (!broker || mosquitto_int_option(broker.get(), MOSQ_OPT_TCP_NODELAY, 1) != MOSQ_ERR_SUCCESS ||
        mosquitto_connect(broker.get(), "127.0.0.1", wanted->broker_port, 60) != MOSQ_ERR_SUCCESS) {
        return fail(Errc::kIo, "no broker at port " + std::to_string(wanted->broker_port));
    }
    return BareLoop(std::move(*wanted), std::move(modbus), std::move(broker)).run();
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    mosquitto_lib_init();
    const auto options = gengfu::bench::Options::parse(count, words);
    const gengfu::Result<void> done =
        options ? gengfu::bench::run(*options) : gengfu::fail(options.error().code, options.error().what);
    std::fprintf(stderr, "bench_bare_loop: %s\n", done ? "ended" : done.error().what.c_str());
    return 1;
}
