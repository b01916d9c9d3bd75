#include "tests/sim/plant.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::sim {
namespace {

/// FNV-1a: a device's random numbers depend on the seed and its name, not on its place in the file.
std::uint64_t mix(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed;
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    return hash;
}

bool has(const std::vector<Fault>& faults, FaultKind kind) {
    return std::any_of(faults.begin(), faults.end(),
                       [kind](const Fault& fault) { return fault.kind == kind; });
}

}  // namespace

Plant::Plant(const Scenario& scenario, std::uint64_t seed) {
    for (const DeviceSpec& spec : scenario.devices) {
        Device device{.spec = spec, .bank = {}, .random = Random(mix(seed, spec.name)), .stats = {}};
        for (const RegisterWrite& write : spec.registers) {
            device.bank.define(write.space, write.first, write.words);
        }
        devices_.push_back(std::move(device));
    }
}

const Plant::Device* Plant::find(std::string_view name) const {
    const auto it = std::find_if(devices_.begin(), devices_.end(),
                                 [name](const Device& d) { return d.spec.name == name; });
    return it == devices_.end() ? nullptr : &*it;
}

std::vector<Fault> Plant::faults_of(const Device& device) const {
    std::vector<Fault> faults;
    for (const ActiveFault& active : faults_) {
        if (active.target == device.spec.name || active.target == device.spec.endpoint) {
            faults.push_back(active.fault);
        }
    }
    return faults;
}

std::optional<Answer> Plant::answer(Device& device, Outgoing outgoing, const Request& request) {
    ++device.stats.requests;
    const std::vector<Fault> faults = draw_faults(faults_of(device), device.random);
    if (has(faults, FaultKind::kSilence)) {
        return std::nullopt;
    }
    if (has(faults, FaultKind::kException)) {
        outgoing.pdu = request.pdu;  // not served; the fault makes an exception of it
        ++device.stats.exceptions;
    } else {
        outgoing.pdu = serve(request.pdu, device.bank, device.spec.abilities);
        const bool refused = !outgoing.pdu.empty() && (outgoing.pdu[0] & 0x80U) != 0;
        device.stats.exceptions += refused ? 1 : 0;
    }
    if (device.spec.unit_register) {  // this answer still comes from the old one
        const auto unit = device.bank.at(Space::kHolding, *device.spec.unit_register);
        device.spec.unit = static_cast<std::uint8_t>(unit.value_or(device.spec.unit));
    }
    outgoing.unit = request.unit;
    outgoing.turnaround = device.spec.turnaround;
    std::optional<Answer> wrapped = wrap(std::move(outgoing), faults, device.random);
    device.stats.answers += wrapped ? 1 : 0;
    return wrapped;
}

std::vector<Answer> Plant::handle(std::string_view endpoint, Framing framing, std::uint16_t transaction,
                                  const Request& request, int baud) {
    const std::lock_guard lock(mutex_);
    std::vector<Answer> answers;
    Outgoing outgoing;
    outgoing.framing = framing;
    outgoing.transaction = transaction;
    for (Device& device : devices_) {
        const bool deaf = baud != 0 && device.spec.baud.value_or(baud) != baud;
        if (device.spec.endpoint != endpoint || deaf) {
            continue;
        }
        if (request.unit == 0 && framing == Framing::kRtu) {
            ++device.stats.requests;
            serve(request.pdu, device.bank, device.spec.abilities);
        } else if (device.spec.unit == request.unit) {
            if (auto one = answer(device, outgoing, request)) {
                answers.push_back(std::move(*one));
            }
        }
    }
    return answers;
}

bool Plant::has_device(std::string_view device) const {
    const std::lock_guard lock(mutex_);
    return find(device) != nullptr;
}

void Plant::write(std::string_view device, const RegisterWrite& write) {
    const std::lock_guard lock(mutex_);
    for (Device& one : devices_) {
        if (one.spec.name == device) {
            one.bank.define(write.space, write.first, write.words);
        }
    }
}

std::optional<std::vector<std::uint16_t>> Plant::read(std::string_view device, Space space,
                                                      std::uint16_t first, std::size_t count) const {
    const std::lock_guard lock(mutex_);
    const Device* found = find(device);
    if (found == nullptr || !found->bank.exists(space, first, count)) {
        return std::nullopt;
    }
    std::vector<std::uint16_t> words;
    for (std::size_t i = 0; i < count; ++i) {
        words.push_back(found->bank.at(space, static_cast<std::uint16_t>(first + i)).value_or(0));
    }
    return words;
}

Plant::FaultId Plant::add_fault(std::string_view target, const Fault& fault) {
    const std::lock_guard lock(mutex_);
    faults_.push_back({next_fault_, std::string(target), fault});
    return next_fault_++;
}

void Plant::remove_fault(FaultId id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(faults_, [id](const ActiveFault& active) { return active.id == id; });
}

void Plant::clear_faults(std::string_view target) {
    const std::lock_guard lock(mutex_);
    std::erase_if(faults_,
                  [target](const ActiveFault& active) { return target.empty() || active.target == target; });
}

std::map<std::string, DeviceStats> Plant::stats() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, DeviceStats> out;
    for (const Device& device : devices_) {
        out[device.spec.name] = device.stats;
    }
    return out;
}

std::vector<std::string_view> Plant::names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string_view> out;
    for (const Device& device : devices_) {
        out.push_back(device.spec.name);
    }
    return out;
}

}  // namespace gengfu::sim
