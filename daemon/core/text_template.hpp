#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

/// Texts of alarms with numbers in them: "水位 {value:.1f} {unit},限值 {limit} {unit}". A small formatter of
/// our own: templates come from configuration files, and a general one would offer them widths, types and
/// arguments to be wrong about.
///
/// Placeholders: `{value}`, `{limit}` and `{expected}`, each also as `{value:.0f}` to `{value:.9f}`;
/// `{unit}`,
/// `{device}`, `{point}`, `{aspect}`. `{{` and `}}` are literal braces. Pure, locale-free, any thread.
namespace gengfu {

/// What the placeholders stand for.
struct TextValues {
    double value = std::numeric_limits<double>::quiet_NaN();     ///< in `unit`; not finite: printed as "--"
    double limit = std::numeric_limits<double>::quiet_NaN();     ///< likewise
    double expected = std::numeric_limits<double>::quiet_NaN();  ///< likewise; of an anomaly
    std::string value_word, limit_word;  ///< of an enumeration: printed instead of the number
    std::string unit, device, point;
    std::string aspect{};  ///< of an anomaly, in the language of the text
};

/// Longest template: as long as the longest text that a configuration may hold.
constexpr std::size_t kMaxTemplateBytes = 1'000;

/// Does fill_text_template() take it, whatever the values?
/// \retval Errc::kInvalid  says what stands at which bytes (from 1) and is wrong, all of it, and what may
/// stand there.
Result<void> check_text_template(std::string_view text);

/// \retval Errc::kInvalid  as check_text_template().
Result<std::string> fill_text_template(std::string_view text, const TextValues& values);

/// A number as a person writes it: at most three decimals, no trailing zeros, "--" when not
/// finite.
std::string plain_number(double number);

}  // namespace gengfu
