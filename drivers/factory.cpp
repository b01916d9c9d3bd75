#include "drivers/bus.hpp"
#include "drivers/modbus/rtu_bus.hpp"
#include "drivers/modbus/tcp_bus.hpp"
#include "drivers/replay/replay_bus.hpp"

namespace gengfu::drivers {

Result<std::unique_ptr<Bus>> make_bus(const config::Bus& bus, const Clock& clock) {
    switch (bus.kind) {
        case config::BusKind::kModbusRtu:
        case config::BusKind::kModbusRtuOverTcp:
            return modbus::RtuBus::create(bus, clock);
        case config::BusKind::kModbusTcp:
            return modbus::TcpBus::create(bus, clock);
        case config::BusKind::kReplay:
            return std::unique_ptr<Bus>(std::make_unique<replay::ReplayBus>(bus, clock));
    }
    return fail(Errc::kNotBuilt, "bus " + bus.name + ": this kind of bus is not built yet");
}

}  // namespace gengfu::drivers
