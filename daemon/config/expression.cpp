#include "daemon/config/expression.hpp"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/config/text.hpp"

namespace gengfu::config {

struct Expression::Inside {
    mu::Parser parser;
    std::vector<double> values;  ///< where the parser looks
    std::vector<std::size_t> inputs;
};

namespace {

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// muParser's variables are made of these; a point with another name cannot stand in a formula.
bool fits(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), is_name) &&
           !(name[0] >= '0' && name[0] <= '9');
}

/// `a = 3` would change a reading. Comparisons are == <= >= !=.
std::size_t assignment_at(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            continue;
        }
        const bool doubled = i + 1 < text.size() && text[i + 1] == '=';
        const bool compares = i > 0 && (text[i - 1] == '<' || text[i - 1] == '>' || text[i - 1] == '!');
        if (!doubled && !compares) {
            return i;
        }
        i += doubled ? 1U : 0U;
    }
    return std::string_view::npos;
}

/// Where a comma stands that parts no arguments of a function: muParser takes what is behind it for the
/// whole value, so that `v0*0,5` would be 5.
std::size_t stray_comma_at(std::string_view text) {
    std::vector<bool> of_call;  // for each open bracket
    char before = ' ';          // the last character that is no blank
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '(') {
            of_call.push_back(is_name(before));
        } else if (c == ')' && !of_call.empty()) {
            of_call.pop_back();
        } else if (c == ',' && (of_call.empty() || !of_call.back())) {
            return i;
        }
        before = c == ' ' ? before : c;
    }
    return std::string_view::npos;
}

/// Where something stands that is no ASCII, and all of it up to what is.
std::optional<std::pair<std::size_t, std::string_view>> foreign_in(std::string_view text) {
    const auto foreign = [](char c) { return static_cast<unsigned char>(c) > 0x7F; };
    const auto begin = std::find_if(text.begin(), text.end(), foreign);
    if (begin == text.end()) {
        return std::nullopt;
    }
    const auto end = std::find_if_not(begin, text.end(), foreign);
    const auto at = static_cast<std::size_t>(begin - text.begin());
    return std::pair(at, text.substr(at, static_cast<std::size_t>(end - begin)));
}

/// Of what muParser takes for a name and nobody has.
std::string unknown_word(const std::string& word, const std::vector<std::string>& names) {
    if (word[0] < '0' || word[0] > '9') {
        return fmt::format("there is no point {}{}", in_quotes(word), did_you_mean(word, names));
    }
    double number = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    return read.ec == std::errc::result_out_of_range
               ? fmt::format("{} is no number that can be reckoned with: at most 1.79e308", in_quotes(word))
               : fmt::format("{} is neither a number nor a point; a product is written with *",
                             in_quotes(word));
}

/// Without its own count of the place, which begins at 0.
std::string words_of(const mu::ParserError& error) {
    std::string words = error.GetMsg();
    for (const char* const place : {" found at position", " at position"}) {
        words.erase(std::min(words.size(), words.find(place)));
    }
    return words;
}

tl::unexpected<Error> refuse(std::string what) {
    return fail(Errc::kInvalid, std::move(what));
}

}  // namespace

Expression::Expression(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

const std::vector<std::size_t>& Expression::inputs() const {
    return inside_->inputs;
}

Result<Expression> Expression::parse(std::string_view text, const std::vector<std::string>& names) {
    if (text.empty() || text.size() > kMaxExpression) {
        return refuse(fmt::format("a formula of 1 to {} bytes must stand there", kMaxExpression));
    }
    if (const std::size_t at = assignment_at(text); at != std::string_view::npos) {
        return refuse(fmt::format("character {}: a formula assigns nothing; a comparison is ==", at + 1));
    }
    if (const std::size_t at = stray_comma_at(text); at != std::string_view::npos) {
        return refuse(fmt::format(
            "character {}: a comma parts a function's arguments and stands nowhere else; a decimal is 0.5",
            at + 1));
    }
    if (const auto foreign = foreign_in(text)) {
        return refuse(fmt::format(
            "character {}: {} cannot stand in a formula: points that can have names of a-z A-Z 0-9 _",
            foreign->first + 1, in_quotes(std::string(foreign->second))));
    }
    auto inside = std::make_unique<Inside>();
    try {
        inside->parser.SetExpr(std::string(text));
        for (const auto& [name, unused] : inside->parser.GetUsedVar()) {
            const auto found = std::find(names.begin(), names.end(), name);
            if (found == names.end()) {
                return refuse(unknown_word(name, names));
            }
            inside->inputs.push_back(static_cast<std::size_t>(found - names.begin()));
        }
        if (inside->inputs.empty()) {
            return refuse("it must be made of at least one point of the device");
        }
        std::sort(inside->inputs.begin(), inside->inputs.end());
        inside->values.assign(inside->inputs.size(), 1.0);
        for (std::size_t i = 0; i < inside->inputs.size(); ++i) {
            const std::string& name = names[inside->inputs[i]];
            if (!fits(name)) {
                return refuse(
                    fmt::format("point {} has a name that cannot stand in a formula: a-z A-Z 0-9 _ can",
                                in_quotes(name)));
            }
            inside->parser.DefineVar(name, &inside->values[i]);
        }
        static_cast<void>(inside->parser.Eval());
    } catch (const mu::ParserError& error) {
        return refuse(fmt::format("character {}: {}", error.GetPos() + 1, words_of(error)));
    }
    return Expression(std::move(inside));
}

double Expression::value(std::span<const double> values) const {
    std::copy(values.begin(), values.end(), inside_->values.begin());
    try {
        return inside_->parser.Eval();
    } catch (const mu::ParserError&) {
        return std::numeric_limits<double>::quiet_NaN();
    }
}

}  // namespace gengfu::config
