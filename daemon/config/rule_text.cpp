#include "daemon/config/rule_text.hpp"

#include <fmt/format.h>

#include "daemon/core/text_template.hpp"

namespace gengfu::config {

Text read_text(Reader& reader, std::string_view key, std::size_t limit, Template filled, Report& report) {
    const Node* const node = reader.any(key);
    Text text;
    if (node == nullptr) {
        return text;
    }
    const auto check = [&](Reader& where, std::string_view what) {
        const std::string value = where.text(what, limit).value_or("");
        if (filled == Template::kYes) {
            if (const auto fits = check_text_template(value); !fits) {
                where.error(what, fmt::format("{}: {}", what, fits.error().what));
            }
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
    RuleText texts;
    texts.title = read_text(reader, "title", kMaxTitle, Template::kNo, report);
    texts.text = read_text(reader, "text", kMaxText, Template::kYes, report);
    texts.advice = read_text(reader, "advice", kMaxText, Template::kNo, report);
    texts.hazard = read_text(reader, "hazard", kMaxText, Template::kNo, report);
    texts.why = reader.text("why", kMaxText).value_or("");
    if (texts.title.zh.empty()) {
        texts.title = {name, name};
    }
    return texts;
}

}  // namespace gengfu::config
