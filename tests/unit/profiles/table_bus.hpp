#pragma once

#include <string>
#include <vector>

#include "drivers/bus.hpp"
#include "tests/unit/profiles/transcript_file.hpp"

namespace gengfu::profiles {

/// A device whose registers are a table, as strict as the profile says the real one is: a request that the
/// real device would refuse is noted. Registers that the table does not have hold a filler that no profile
/// may take for a value.
class TableBus final : public drivers::Bus {
public:
    TableBus(const config::Profile& profile, std::uint8_t unit) : profile_(profile), unit_(unit) {}

    void hold(const Memory& memory) { memory_ = &memory; }
    void tell_time(Monotonic now) { now_ = now; }
    const std::vector<std::string>& offences() const { return offences_; }

    Result<void> open(Monotonic /*deadline*/) override { return {}; }
    bool is_open() const override { return true; }
    void close() override {}
    void interrupt() override {}
    const drivers::Traffic& traffic() const override { return traffic_; }
    Result<drivers::Answer> transact(const drivers::Request& request) override;

private:
    void judge(const drivers::Request& request, config::Space space);
    void offence(const drivers::Request& request, const std::string& what);

    const config::Profile& profile_;
    std::uint8_t unit_;
    const Memory* memory_ = nullptr;
    Monotonic now_{};
    std::vector<std::string> offences_;
    drivers::Traffic traffic_;
};

}  // namespace gengfu::profiles
