#include "daemon/core/severity.hpp"

#include <array>

namespace gengfu {
namespace {

constexpr std::array<std::string_view, 4> kWords{"critical", "major", "moderate", "minor"};

}  // namespace

std::string_view to_string(Severity severity) {
    return kWords.at(static_cast<std::size_t>(severity) - 1);
}

std::optional<Severity> parse_severity(std::string_view word) {
    for (std::size_t i = 0; i < kWords.size(); ++i) {
        if (kWords.at(i) == word) {
            return static_cast<Severity>(i + 1);
        }
    }
    return std::nullopt;
}

}  // namespace gengfu
