#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

bool is_list_of_tables(const Node& node) {
    return node.kind == Node::Kind::kList && !node.items.empty() &&
           std::all_of(node.items.begin(), node.items.end(),
                       [](const Node& item) { return item.kind == Node::Kind::kTable; });
}

void join(Node& root, const Node& file, const std::string& path, Report& report) {
    for (const Entry& entry : file.entries) {
        const std::string name = path.empty() ? entry.key : path + "." + entry.key;
        Entry* const existing = root.find(entry.key);
        if (existing == nullptr) {
            root.entries.push_back(entry);
        } else if (existing->value.kind == Node::Kind::kTable && entry.value.kind == Node::Kind::kTable) {
            join(existing->value, entry.value, name, report);
        } else if (path.empty() && is_list_of_tables(existing->value) && is_list_of_tables(entry.value)) {
            std::vector<Node>& items = existing->value.items;
            items.insert(items.end(), entry.value.items.begin(), entry.value.items.end());
        } else {
            report.error(entry.at,
                         fmt::format("{} is defined twice; first at {}", name, report.place(existing->at)));
        }
    }
}

}  // namespace

void join_file(Node& root, const Node& file, Report& report) {
    join(root, file, "", report);
}

}  // namespace gengfu::config
