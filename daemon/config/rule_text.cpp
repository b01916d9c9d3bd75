#include "daemon/config/rule_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

/// ":.0f" to ":.6f": what the texts of alarms know (docs/configuration.md).
bool is_format(std::string_view format) {
    return format.size() == 4 && format.starts_with(":.") && format[2] >= '0' && format[2] <= '6' &&
           format[3] == 'f';
}

/// What is wrong with the placeholders of a text; empty if nothing.
std::string placeholder_mistake(std::string_view text, const std::vector<std::string>& known) {
    while (true) {
        const auto brace = text.find_first_of("{}");
        if (brace == std::string_view::npos) {
            return "";
        }
        const auto close = text.find('}', brace);
        if (text[brace] == '}' || close == std::string_view::npos) {
            return "has a brace without its other half";
        }
        const std::string_view inside = text.substr(brace + 1, close - brace - 1);
        const std::string_view word = inside.substr(0, inside.find(':'));
        const std::string_view format = inside.substr(word.size());
        if (std::find(known.begin(), known.end(), word) == known.end()) {
            return fmt::format("has the unknown placeholder {{{}}}{}", std::string(word.substr(0, kMaxName)),
                               did_you_mean(word, known));
        }
        const bool number = word == "value" || word == "limit";
        if (!format.empty() && (!number || !is_format(format))) {
            return fmt::format("has the placeholder {{{}}}, which must be {{{}}}{}",
                               std::string(inside.substr(0, kMaxName)), word,
                               number ? " or have a format such as {value:.1f}" : "");
        }
        text.remove_prefix(close + 1);
    }
}

}  // namespace

Text read_text(Reader& reader, std::string_view key, std::size_t limit,
               const std::vector<std::string>& placeholders, Report& report) {
    const Node* const node = reader.any(key);
    Text text;
    if (node == nullptr) {
        return text;
    }
    const auto check = [&](Reader& where, std::string_view what) {
        const std::string value = where.text(what, limit).value_or("");
        const std::string mistake = placeholders.empty() ? "" : placeholder_mistake(value, placeholders);
        if (!mistake.empty()) {
            where.error(what, fmt::format("{} {}", what, mistake));
        }
        return value;
    };
    if (node->kind != Node::Kind::kTable) {
        text.zh = check(reader, key);
        text.en = text.zh;
        return text;
    }
    Reader languages(*node, "text", fmt::format("{}: {}", reader.subject(), key), report);
    text.zh = check(languages, "zh");
    text.en = check(languages, "en");
    languages.finish();
    if (text.zh.empty()) {
        text.zh = text.en;
    }
    if (text.en.empty()) {
        text.en = text.zh;
    }
    return text;
}

RuleText read_rule_text(Reader& reader, const std::string& name, Report& report) {
    static const std::vector<std::string> kPlaceholders{"value", "limit", "unit", "device", "point"};
    RuleText texts;
    texts.title = read_text(reader, "title", kMaxTitle, {}, report);
    texts.text = read_text(reader, "text", kMaxText, kPlaceholders, report);
    texts.advice = read_text(reader, "advice", kMaxText, {}, report);
    texts.hazard = read_text(reader, "hazard", kMaxText, {}, report);
    texts.why = reader.text("why", kMaxText).value_or("");
    if (texts.title.zh.empty()) {
        texts.title = {name, name};
    }
    return texts;
}

}  // namespace gengfu::config
