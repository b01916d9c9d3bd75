#include "governance/registry/component_classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "daemon/config/parse_toml.hpp"
#include "daemon/config/text.hpp"
#include "governance/migrate/embedded.hpp"

namespace gengfu::governance {
namespace {

using config::Entry;
using config::Node;
using config::Report;

bool is_digits(std::string_view text, std::size_t length) {
    return text.size() == length &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The string `key` of a table, or an error.
std::string word(const Node& table, const char* key, Report& report) {
    const Entry* const entry = table.find(key);
    if (entry == nullptr || entry->value.kind != Node::Kind::kString || entry->value.text.empty()) {
        report.error(entry == nullptr ? table.at : entry->value.at,
                     fmt::format("{} is missing or no text", key));
        return {};
    }
    return entry->value.text;
}

struct Named {
    std::string code, zh, en;
};

std::vector<Named> named(const Node& root, const char* list, std::size_t digits, Report& report) {
    std::vector<Named> result;
    const Entry* const entry = root.find(list);
    if (entry == nullptr || entry->value.kind != Node::Kind::kList) {
        report.error(root.at, fmt::format("there is no [[{}]]", list));
        return result;
    }
    std::map<std::string, config::At> seen;
    for (const Node& item : entry->value.items) {
        if (item.kind != Node::Kind::kTable) {
            report.error(item.at, fmt::format("[[{}]] is no table", list));
            continue;
        }
        Named one{word(item, "code", report), word(item, "zh", report), word(item, "en", report)};
        if (!one.code.empty() && !is_digits(one.code, digits)) {
            report.error(item.at,
                         fmt::format("code {} has not {} digits", config::in_quotes(one.code), digits));
        } else if (const auto [place, fresh] = seen.emplace(one.code, item.at); !fresh) {
            report.error(item.at, fmt::format("code {} stands at {} already", config::in_quotes(one.code),
                                              report.place(place->second)));
        }
        for (const Entry& key : item.entries) {
            if (key.key != "code" && key.key != "zh" && key.key != "en") {
                report.error(key.at, fmt::format("unknown key {}: there are code, zh and en",
                                                 config::in_quotes(key.key)));
            }
        }
        result.push_back(std::move(one));
    }
    return result;
}

Result<std::size_t> enter(Database& database, const std::vector<ComponentClass>& classes,
                          const char* where_known) {
    nlohmann::json rows = nlohmann::json::array();
    for (const ComponentClass& one : classes) {
        rows.push_back({{"code", one.code},
                        {"zh", one.zh},
                        {"en", one.en},
                        {"major_zh", one.major_zh},
                        {"major_en", one.major_en}});
    }
    auto stored = database.run(
        fmt::format(
            "INSERT INTO governance.component_class AS known (code, zh, en, major_zh, major_en) "
            "SELECT code, zh, en, major_zh, major_en FROM jsonb_to_recordset($1) "
            "AS told (code text, zh text, en text, major_zh text, major_en text) ON CONFLICT (code) {}",
            where_known),
        {rows.dump()});
    if (!stored) {
        return pass(stored);
    }
    return stored->touched();
}

}  // namespace

std::vector<ComponentClass> read_component_classes(const std::string& toml, Report& report) {
    const Node root = config::parse_toml(toml, 0, report);
    std::vector<ComponentClass> classes;
    if (report.has_errors()) {
        return classes;
    }
    const std::vector<Named> majors = named(root, "major", 2, report);
    for (const Named& one : named(root, "component", 4, report)) {
        if (!is_digits(one.code, 4)) {
            continue;  // told already
        }
        const auto major = std::find_if(majors.begin(), majors.end(),
                                        [&](const Named& it) { return one.code.starts_with(it.code); });
        if (major == majors.end()) {
            report.error(root.at,
                         fmt::format("component {}: there is no [[major]] {}", config::in_quotes(one.code),
                                     config::in_quotes(one.code.substr(0, 2))));
            continue;
        }
        classes.push_back({one.code, one.zh, one.en, major->zh, major->en});
    }
    return classes;
}

Result<void> load_shipped_classes(Database& database) {
    Report report({"components.toml"});
    const std::vector<ComponentClass> classes =
        read_component_classes(std::string(shipped_component_classes()), report);
    if (report.has_errors()) {
        return fail(Errc::kInvalid,
                    "component classes of this program: " + config::to_string(report.diagnostics().front()));
    }
    auto stored = enter(database, classes, "DO NOTHING");
    if (!stored) {
        return pass(stored);
    }
    return {};
}

Result<std::size_t> store_classes(Database& database, const std::vector<ComponentClass>& classes) {
    return enter(database, classes,
                 "DO UPDATE SET zh = excluded.zh, en = excluded.en, major_zh = excluded.major_zh, major_en = "
                 "excluded.major_en "
                 "WHERE (known.zh, known.en, known.major_zh, known.major_en) "
                 "IS DISTINCT FROM (excluded.zh, excluded.en, excluded.major_zh, excluded.major_en)");
}

}  // namespace gengfu::governance
