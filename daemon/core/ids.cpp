#include "daemon/core/ids.hpp"

#include <fmt/format.h>

#include <charconv>

namespace gengfu {

std::string to_string(AlarmId id) {
    return fmt::format("{:016x}-{}", id.epoch.value, id.sequence);
}

bool parse(const std::string& text, AlarmId& id) {
    constexpr std::size_t kEpochDigits = 16;
    if (text.size() < kEpochDigits + 2 || text[kEpochDigits] != '-') {
        return false;
    }
    AlarmId read;
    const char* const begin = text.data();
    const auto epoch = std::from_chars(begin, begin + kEpochDigits, read.epoch.value, 16);
    const char* const end = begin + text.size();
    const auto sequence = std::from_chars(begin + kEpochDigits + 1, end, read.sequence, 10);
    if (epoch.ec != std::errc{} || epoch.ptr != begin + kEpochDigits || sequence.ec != std::errc{} ||
        sequence.ptr != end) {
        return false;
    }
    id = read;
    return true;
}

}  // namespace gengfu
