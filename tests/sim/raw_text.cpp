#include "tests/sim/raw_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

namespace gengfu::sim {
namespace {

constexpr std::array<std::string_view, 4> kSpaceNames{"coil", "discrete", "input", "holding"};
constexpr std::size_t kMaxWords = 65536;

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::vector<std::string_view> split_blanks(std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t blank = std::min(text.find(' '), text.size());
        if (blank > 0) {
            parts.push_back(text.substr(0, blank));
        }
        text.remove_prefix(std::min(blank + 1, text.size()));
    }
    return parts;
}

/// Nanoseconds of one unit; 0 for an unknown one.
double unit_nanoseconds(std::string_view unit) {
    constexpr std::array<std::pair<std::string_view, double>, 5> kUnits{
        {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}}};
    const auto it =
        std::find_if(kUnits.begin(), kUnits.end(), [unit](const auto& u) { return u.first == unit; });
    return it == kUnits.end() ? 0 : it->second;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        }
    }
    return row.back();
}

}  // namespace

std::optional<Nanoseconds> parse_duration(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const double unit = unit_nanoseconds(text.substr(static_cast<std::size_t>(end - text.data())));
    constexpr double kDay = 24 * 3600e9;
    const double nanoseconds = value * unit;
    if (unit == 0 || !(nanoseconds >= 0) || nanoseconds > kDay) {
        return std::nullopt;
    }
    return Nanoseconds(std::llround(nanoseconds));
}

std::optional<std::uint16_t> parse_address(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) {
        return parse_number<std::uint16_t>(text.substr(2), 16);
    }
    return parse_number<std::uint16_t>(text, 10);
}

std::optional<std::vector<std::uint16_t>> parse_words(std::string_view text) {
    std::vector<std::uint16_t> words;
    for (const std::string_view part : split_blanks(text)) {
        const std::optional<std::uint16_t> word =
            part.size() >= 4 ? parse_number<std::uint16_t>(part.substr(0, 4), 16) : std::nullopt;
        std::optional<std::uint32_t> times = 1;
        if (part.size() > 4) {
            times = part[4] == '*' ? parse_number<std::uint32_t>(part.substr(5), 10) : std::nullopt;
        }
        if (!word || !times || *times == 0 || words.size() + *times > kMaxWords) {
            return std::nullopt;
        }
        words.insert(words.end(), *times, *word);
    }
    return words.empty() ? std::nullopt : std::optional(std::move(words));
}

std::optional<std::vector<std::uint16_t>> parse_bits(std::string_view text) {
    std::vector<std::uint16_t> bits;
    for (const char c : text) {
        if (c == '0' || c == '1') {
            bits.push_back(c == '1' ? 1 : 0);
        } else if (c != ' ') {
            return std::nullopt;
        }
    }
    return bits.empty() || bits.size() > kMaxWords ? std::nullopt : std::optional(std::move(bits));
}

std::string_view space_name(Space space) {
    return kSpaceNames[static_cast<std::size_t>(space)];
}

std::optional<Space> parse_space(std::string_view text) {
    const auto it = std::find(kSpaceNames.begin(), kSpaceNames.end(), text);
    return it == kSpaceNames.end() ? std::nullopt
                                   : std::optional(static_cast<Space>(it - kSpaceNames.begin()));
}

std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t kLongest = 64;  // longer words are not worth the comparison
    std::string_view best;
    std::size_t best_distance = wrong.size() < 4 ? 2 : 3;
    for (const std::string_view candidate : candidates) {
        if (wrong.size() > kLongest || candidate.size() > kLongest) {
            continue;
        }
        const std::size_t distance = edit_distance(wrong, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace gengfu::sim
