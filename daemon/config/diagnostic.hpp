#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gengfu::config {

enum class Gravity : std::uint8_t { kWarning, kError };

/// A place in a configuration file; line and column from 1, 0 when the file as a whole is meant.
struct Position {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// One mistake or doubt, in the user's words: what is wrong, where, what to do.
struct Diagnostic {
    Gravity gravity = Gravity::kError;
    Position position;
    std::string message;
};

/// "devices.d/10-north.toml:42:9: error: device "manhole-017": no bus is named "rs485-l"; did you mean
/// "rs485-1"?"
std::string to_string(const Diagnostic& diagnostic);

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace gengfu::config
