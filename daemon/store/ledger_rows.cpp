#include "daemon/store/ledger_rows.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "daemon/store/key.hpp"

namespace gengfu::store::rows {
namespace {

constexpr std::string_view kEvent = "event";
constexpr std::string_view kTelemetry = "telemetry";

// What stands before `sign`, which is taken off `text` with it; all of it when there is none.
std::string_view take_until(std::string_view& text, char sign) {
    const std::size_t at = text.find(sign);
    const std::string_view head = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return head;
}

bool possible_start(std::optional<std::uint64_t> start) {
    return start && *start > 0 && *start <= kMaxStart;
}

}  // namespace

std::string place_text(const Place& place) {
    return fmt::format("{:010}/{}", place.start, place.stream == Stream::kEvent ? kEvent : kTelemetry);
}

std::optional<Place> parse_place(std::string_view text) {
    const std::optional<std::uint64_t> start = parse_number(take_until(text, '/'));
    if (!possible_start(start) || (text != kEvent && text != kTelemetry)) {
        return std::nullopt;
    }
    return Place{*start, text == kEvent ? Stream::kEvent : Stream::kTelemetry};
}

std::string confirmed_name(const Place& place, const std::string& consumer) {
    return kConfirmed + place_text(place) + "/" + consumer;
}

// Place and last word of a row's name that begins with `begin`.
std::optional<std::pair<Place, std::string>> parse_of_place(std::string_view name, std::string_view begin) {
    name.remove_prefix(begin.size());
    const std::string_view start = take_until(name, '/');
    const std::string_view stream = take_until(name, '/');
    const std::optional<Place> place = parse_place(fmt::format("{}/{}", start, stream));
    if (!place || name.empty()) {
        return std::nullopt;
    }
    return std::pair{*place, std::string(name)};
}

std::string undeclared_name(const Losses::Kind& kind) {
    return kUndeclared + place_text(kind.first) + "/" + kind.second;
}

std::optional<Losses::Kind> parse_undeclared(std::string_view name) {
    return parse_of_place(name, kUndeclared);
}

std::optional<std::pair<Place, std::string>> parse_confirmed(std::string_view name) {
    return parse_of_place(name, kConfirmed);
}

std::string epochs_text(const std::map<std::uint64_t, Epoch>& epochs) {
    std::string text;
    for (const auto& [start, epoch] : epochs) {
        text += fmt::format("{} {:016x}\n", start, epoch.value);
    }
    return text;
}

std::optional<std::map<std::uint64_t, Epoch>> parse_epochs(std::string_view text) {
    std::map<std::uint64_t, Epoch> epochs;
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        const std::optional<std::uint64_t> start = parse_number(take_until(line, ' '));
        const std::optional<std::uint64_t> epoch = parse_number(line, 16);
        if (!possible_start(start) || !epoch || *epoch == 0) {
            return std::nullopt;
        }
        epochs[*start] = Epoch{*epoch};
    }
    return epochs;
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::string lines(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += word + "\n";
    }
    return text;
}

std::vector<std::string> parse_lines(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        words.emplace_back(take_until(text, '\n'));
    }
    return words;
}

}  // namespace gengfu::store::rows
