#include "daemon/config/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gengfu::config {

std::string to_string(const Diagnostic& diagnostic) {
    const Position& at = diagnostic.position;
    std::string place = at.file;
    if (at.line > 0) {
        place += fmt::format(":{}:{}", at.line, at.column);
    }
    return fmt::format("{}: {}: {}", place, diagnostic.gravity == Gravity::kError ? "error" : "warning",
                       diagnostic.message);
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& each) { return each.gravity == Gravity::kError; });
}

}  // namespace gengfu::config
