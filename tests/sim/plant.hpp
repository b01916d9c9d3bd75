#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/fault.hpp"
#include "tests/sim/rtu_frame.hpp"
#include "tests/sim/scenario.hpp"

namespace gengfu::sim {

/// What one device was asked since the start.
struct DeviceStats {
    std::uint64_t requests = 0, answers = 0, exceptions = 0;
};

/// All simulated devices with their registers and faults. Every function may be called from any thread; each
/// holds one lock for microseconds, so that no line waits for another.
class Plant {
public:
    using FaultId = std::uint64_t;

    Plant(const Scenario& scenario, std::uint64_t seed);

    /// What the devices of one line or TCP server answer to a request. Unit 0 is a broadcast: all carry it
    /// out, none answers. A unit that is not there does not answer, nor one that is set to another speed than
    /// `baud` (0: no speed). Several with one address all answer.
    std::vector<Answer> handle(std::string_view endpoint, Framing framing, std::uint16_t transaction,
                               const Request& request, int baud = 0);

    [[nodiscard]] bool has_device(std::string_view device) const;
    /// Defines or overwrites registers. The device must exist.
    void write(std::string_view device, const RegisterWrite& write);
    /// Words from `first` on; nothing when the device or one of the addresses does not exist.
    [[nodiscard]] std::optional<std::vector<std::uint16_t>> read(std::string_view device, Space space,
                                                                 std::uint16_t first,
                                                                 std::size_t count) const;

    /// Lets a fault hold for a device, or for all devices of a line or TCP server, until it is removed.
    FaultId add_fault(std::string_view target, const Fault& fault);
    void remove_fault(FaultId id);
    /// Removes the faults that were added for exactly this target; all faults when it is empty.
    void clear_faults(std::string_view target);

    [[nodiscard]] std::map<std::string, DeviceStats> stats() const;
    /// Names of all devices, in the scenario's order.
    [[nodiscard]] std::vector<std::string_view> names() const;

private:
    struct Device {
        DeviceSpec spec;
        RegisterBank bank;
        Random random;
        DeviceStats stats;
    };
    struct ActiveFault {
        FaultId id;
        std::string target;
        Fault fault;
    };
    [[nodiscard]] const Device* find(std::string_view name) const;
    [[nodiscard]] std::vector<Fault> faults_of(const Device& device) const;
    std::optional<Answer> answer(Device& device, Outgoing outgoing, const Request& request);

    mutable std::mutex mutex_;
    std::vector<Device> devices_;
    std::vector<ActiveFault> faults_;
    FaultId next_fault_ = 1;
};

}  // namespace gengfu::sim
