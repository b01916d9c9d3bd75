#include "daemon/core/text_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

namespace gengfu {
namespace {

constexpr int kDefaultDecimals = 3;
/// Beyond this a double has no decimals left to print, and plain digits would run to hundreds of characters.
constexpr double kPlainBelow = 1e15;
constexpr std::string_view kMissing = "--";

enum class Name { kValue, kLimit, kExpected, kUnit, kDevice, kPoint, kAspect };

struct Placeholder {
    Name name = Name::kValue;
    std::optional<int> decimals;
};

std::optional<Name> parse_name(std::string_view word) {
    if (word == "value") {
        return Name::kValue;
    }
    if (word == "limit") {
        return Name::kLimit;
    }
    if (word == "expected") {
        return Name::kExpected;
    }
    if (word == "aspect") {
        return Name::kAspect;
    }
    if (word == "unit") {
        return Name::kUnit;
    }
    if (word == "device") {
        return Name::kDevice;
    }
    if (word == "point") {
        return Name::kPoint;
    }
    return std::nullopt;
}

/// Parses what stands between the braces.
std::optional<Placeholder> parse_placeholder(std::string_view inside) {
    const std::size_t colon = inside.find(':');
    const std::optional<Name> name = parse_name(inside.substr(0, colon));
    if (!name) {
        return std::nullopt;
    }
    Placeholder placeholder{*name, std::nullopt};
    if (colon == std::string_view::npos) {
        return placeholder;
    }
    const std::string_view spec = inside.substr(colon + 1);
    const bool number = *name == Name::kValue || *name == Name::kLimit || *name == Name::kExpected;
    if (!number || spec.size() != 3 || spec[0] != '.' || spec[1] < '0' || spec[1] > '9' || spec[2] != 'f') {
        return std::nullopt;
    }
    placeholder.decimals = spec[1] - '0';
    return placeholder;
}

/// "-0.0" says nothing that "0.0" does not.
std::string without_minus_zero(std::string digits) {
    const bool zero = digits.find_first_not_of("-0.") == std::string::npos;
    return zero && digits.front() == '-' ? digits.substr(1) : digits;
}

std::string print_number(double number, std::optional<int> decimals) {
    if (!std::isfinite(number)) {
        return std::string(kMissing);
    }
    if (std::abs(number) >= kPlainBelow) {
        return fmt::format("{:g}", number);
    }
    if (decimals) {
        return without_minus_zero(fmt::format("{:.{}f}", number, *decimals));
    }
    std::string digits = fmt::format("{:.{}f}", number, kDefaultDecimals);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') {
        digits.pop_back();
    }
    return without_minus_zero(std::move(digits));
}

std::string print(const Placeholder& placeholder, const TextValues& values) {
    switch (placeholder.name) {
        case Name::kValue:
            return values.value_word.empty() ? print_number(values.value, placeholder.decimals)
                                             : values.value_word;
        case Name::kLimit:
            return values.limit_word.empty() ? print_number(values.limit, placeholder.decimals)
                                             : values.limit_word;
        case Name::kExpected:
            return print_number(values.expected, placeholder.decimals);
        case Name::kAspect:
            return values.aspect;
        case Name::kUnit:
            return values.unit;
        case Name::kDevice:
            return values.device;
        case Name::kPoint:
            return values.point;
    }
    return {};
}

constexpr std::size_t kShownOfAMistake = 40;  // bytes
constexpr std::size_t kMostMistakes = 8;

/// Appends what is wrong at a byte. Of what stands there no more than fits a line, and whole characters.
void tell(std::string& mistakes, std::size_t at, std::string_view stands, std::string_view what) {
    constexpr unsigned char kContinues = 0x80, kContinuesMask = 0xC0;
    std::size_t shown = std::min(stands.size(), kShownOfAMistake);
    while (shown < stands.size() && shown > 0 &&
           (static_cast<unsigned char>(stands[shown]) & kContinuesMask) == kContinues) {
        --shown;
    }
    mistakes += fmt::format("{}byte {}: \"{}{}\" {}", mistakes.empty() ? "" : "; ", at + 1,
                            stands.substr(0, shown), shown < stands.size() ? "..." : "", what);
}

tl::unexpected<Error> wrong(const std::string& mistakes) {
    return fail(Errc::kInvalid,
                mistakes +
                    "; placeholders are {value}, {value:.1f}, {limit}, {limit:.1f}, {unit}, {device}, "
                    "{point}, of an anomaly {expected}, {expected:.1f} and {aspect}, and {{ }} print braces");
}

}  // namespace

std::string plain_number(double number) {
    return print_number(number, std::nullopt);
}

Result<std::string> fill_text_template(std::string_view text, const TextValues& values) {
    if (text.size() > kMaxTemplateBytes) {
        return fail(Errc::kInvalid,
                    fmt::format("{} bytes long, at most {} are taken", text.size(), kMaxTemplateBytes));
    }
    std::string out;
    std::string mistakes;
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size() && count < kMostMistakes; ++i) {
        const char c = text[i];
        if (c != '{' && c != '}') {
            out += c;
            continue;
        }
        if (i + 1 < text.size() && text[i + 1] == c) {
            out += c;
            ++i;
            continue;
        }
        if (c == '}') {
            tell(mistakes, i, text.substr(i, 1), "stands without its {");
            ++count;
            continue;
        }
        const std::size_t close = text.find_first_of("{}", i + 1);
        if (close == std::string_view::npos || text[close] == '{') {
            tell(mistakes, i, text.substr(i, close - i), "has no }");
            ++count;
            i = std::min(close, text.size()) - 1;
            continue;
        }
        if (const auto placeholder = parse_placeholder(text.substr(i + 1, close - i - 1))) {
            out += print(*placeholder, values);
        } else {
            tell(mistakes, i, text.substr(i, close - i + 1), "is no placeholder");
            ++count;
        }
        i = close;
    }
    return mistakes.empty() ? Result<std::string>(std::move(out)) : wrong(mistakes);
}

Result<void> check_text_template(std::string_view text) {
    Result<std::string> filled = fill_text_template(text, {});
    if (!filled) {
        return pass(filled);
    }
    return {};
}

}  // namespace gengfu
