#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/rules/learned.hpp"

/// Text that `calibrate --import` was given, or that a store held: refused, or the same after being written
/// anew.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto first = gengfu::rules::parse_learned({reinterpret_cast<const char*>(data), size});
    if (first) {
        const auto second = gengfu::rules::parse_learned(gengfu::rules::to_text(*first));
        if (!second || *second != *first) {
            std::abort();
        }
    }
    return 0;
}
