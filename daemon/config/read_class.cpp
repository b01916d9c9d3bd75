#include <fmt/format.h>

#include <utility>

#include "daemon/config/rule_text.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {

ClassDraft read_class(const Node& root, const std::string& stem, Report& report) {
    ClassDraft draft;
    draft.name = stem;
    draft.at = root.at;
    Reader reader(root, "class", "class " + in_quotes(stem), report);
    if (reader.require("name")) {
        const auto name = reader.name("name");
        if (name && *name != stem) {
            reader.error("name", fmt::format("name must be that of the file, {}; found {}", in_quotes(stem),
                                             in_quotes(*name)));
        }
    }
    read_text(reader, "title", kMaxTitle, Template::kNo, report);
    Names names("rule");
    for (const Node* const table : reader.tables("rule", kMaxRulesPerTable)) {
        const Entry* const entry = table->find("name");
        if (entry == nullptr || entry->value.kind != Node::Kind::kString || !parse_name(entry->value.text)) {
            report.error(table->at,
                         fmt::format("class {}: a rule needs a name of the characters a-z A-Z 0-9 . _ -",
                                     in_quotes(stem)));
            continue;
        }
        if (names.define(entry->value.text, entry->value.at, report)) {
            Node rule = *table;
            std::erase_if(rule.entries, [](const Entry& each) { return each.key == "name"; });
            draft.rules.push_back({entry->value.text, table->at, std::move(rule)});
        }
    }
    reader.finish();
    return draft;
}

}  // namespace gengfu::config
