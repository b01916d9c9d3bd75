#include "tests/unit/profiles/table_bus.hpp"

namespace gengfu::profiles {
namespace {

constexpr std::uint16_t kFiller = 0xA5A5;

std::optional<config::Space> space_of(std::uint8_t function) {
    switch (function) {
        case 1:
            return config::Space::kCoil;
        case 2:
            return config::Space::kDiscrete;
        case 3:
            return config::Space::kHolding;
        case 4:
            return config::Space::kInput;
        default:
            return std::nullopt;
    }
}

bool is_bits(config::Space space) {
    return space == config::Space::kCoil || space == config::Space::kDiscrete;
}

}  // namespace

void TableBus::offence(const drivers::Request& request, const std::string& what) {
    offences_.push_back("function " + std::to_string(request.function) + " address " +
                        std::to_string(request.address) + " count " + std::to_string(request.count) + ": " +
                        what);
}

void TableBus::judge(const drivers::Request& request, config::Space space) {
    const unsigned most = is_bits(space) ? profile_.max_bits : profile_.max_registers;
    if (request.unit != unit_) {
        offence(request, "another unit");
    }
    if (request.count == 0 || request.count > most) {
        offence(request, "more than the device answers");
    }
    if ((profile_.even_start && request.address % 2 != 0) ||
        (profile_.even_count && request.count % 2 != 0)) {
        offence(request, "odd");
    }
    for (const config::Forbidden& range : profile_.forbid) {
        if (range.space == space && request.address <= range.last &&
            request.address + request.count > range.first) {
            offence(request, "touches a forbidden register");
        }
    }
}

Result<drivers::Answer> TableBus::transact(const drivers::Request& request) {
    const auto space = space_of(request.function);
    if (!space) {
        offence(request, "not a read");
        return fail(Errc::kUnsupported, "not a read");
    }
    judge(request, *space);
    drivers::Answer answer{.values = {}, .sent = now_, .received = now_};
    for (std::uint32_t i = 0; i < request.count; ++i) {
        const auto found = memory_->find({*space, static_cast<std::uint16_t>(request.address + i)});
        const std::uint16_t filler = is_bits(*space) ? std::uint16_t{1} : kFiller;
        answer.values.push_back(found == memory_->end() ? filler : found->second);
    }
    return answer;
}

}  // namespace gengfu::profiles
