#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Small things about words in messages.
namespace gengfu::config {

/// In double quotes, control characters replaced, cut after 60 bytes (never within a UTF-8 character): what
/// the user wrote may be anything, a message stays one line.
std::string in_quotes(std::string_view text);

/// "a, b or c"
std::string one_of(const std::vector<std::string>& words);

/// Edit distance of Damerau and Levenshtein (a swap of neighbours counts 1), in bytes. Stops counting at
/// `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate that `word` was most likely meant to be; empty when none is near. Case counts little.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean "rs485-1"?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace gengfu::config
