#pragma once

#include <string>

namespace gengfu::test {

/// Plays a recorded shape (tests/golden/classes/README.md) and says what came of it, a line an alarm's
/// change. Throws std::logic_error with the line when the text is none.
std::string play_scenario(const std::string& text);

}  // namespace gengfu::test
