#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/ids.hpp"
#include "daemon/store/losses.hpp"
#include "daemon/store/progress.hpp"

/// Names and texts of the rows of state.db (docs/formats.md). Pure.
namespace gengfu::store::rows {

inline constexpr const char* kEpochs = "epochs";
inline constexpr const char* kBook = "book";
inline constexpr const char* kCovered = "book-covers";
inline constexpr const char* kConfiguration = "configuration";
inline constexpr const char* kConsumers = "consumers";
inline constexpr const char* kAbandonedCount = "abandoned";
inline constexpr const char* kAbandoned = "abandoned/";
inline constexpr const char* kUndeclared = "undeclared/";
inline constexpr const char* kConfirmed = "confirmed/";
inline constexpr const char* kLeft = "left/";

/// "0000000007/event": ten digits, so that names sort by start.
std::string place_text(const Place& place);
std::optional<Place> parse_place(std::string_view text);

std::string confirmed_name(const Place& place, const std::string& consumer);
/// \return place and consumer of a name that begins with kConfirmed.
std::optional<std::pair<Place, std::string>> parse_confirmed(std::string_view name);

/// "undeclared/0000000007/event/damaged".
std::string undeclared_name(const Losses::Kind& kind);
std::optional<Losses::Kind> parse_undeclared(std::string_view name);

/// A line for each start: "7 9f3c…e1".
std::string epochs_text(const std::map<std::uint64_t, Epoch>& epochs);
std::optional<std::map<std::uint64_t, Epoch>> parse_epochs(std::string_view text);

std::optional<std::uint64_t> parse_number(std::string_view text, int base = 10);

std::string lines(const std::vector<std::string>& words);
std::vector<std::string> parse_lines(std::string_view text);

}  // namespace gengfu::store::rows
