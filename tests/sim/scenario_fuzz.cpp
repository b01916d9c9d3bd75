#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/sim/scenario.hpp"

/// Any text is either a scenario or refused with a diagnostic that has a place; never both, never neither.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    gengfu::sim::Diagnostics diagnostics;
    const auto scenario = gengfu::sim::load_scenario(text, diagnostics);
    if (scenario.has_value() != diagnostics.empty()) {
        __builtin_trap();
    }
    return 0;
}
