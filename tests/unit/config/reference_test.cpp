#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "daemon/config/analyse.hpp"
#include "tests/unit/config/golden.hpp"

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

using Keys = std::map<std::string, std::set<std::string>>;

/// Keys by schema: what the readers ask for, over all golden cases.
Keys accepted() {
    Keys keys;
    for (const fs::directory_entry& entry : fs::directory_iterator(golden_folder())) {
        if (entry.path().extension() != ".toml") {
            continue;
        }
        const Bundle bundle = golden_bundle(read_golden(entry.path().string()));
        Report report(file_names(bundle));
        analyse(bundle, Credentials::kMayBeAbsent, report);
        for (const auto& [schema, names] : report.keys()) {
            keys[schema].insert(names.begin(), names.end());
        }
    }
    keys.erase("");  // the tables themselves: headings
    return keys;
}

/// What docs/configuration.md lists: after `<!-- keys: SCHEMA… -->`, the first column of the next table.
Keys documented() {
    Keys keys;
    std::istringstream lines(read_golden(std::string(GENGFU_SOURCE_DIR) + "/docs/configuration.md"));
    std::set<std::string> schemas;
    constexpr std::string_view kMark = "<!-- keys: ";
    for (std::string line; std::getline(lines, line);) {
        if (const auto mark = line.find(kMark); mark != std::string::npos) {
            std::istringstream words(line.substr(mark + kMark.size()));
            schemas.clear();
            for (std::string word; words >> word && word != "-->";) {
                schemas.insert(word);
            }
        } else if (line.starts_with("#")) {
            schemas.clear();
        } else if (line.starts_with("| `")) {
            const std::string key = line.substr(3, line.find('`', 3) - 3);
            for (const std::string& schema : schemas) {
                EXPECT_TRUE(keys[schema].insert(key).second) << schema << " lists " << key << " twice";
            }
        }
    }
    return keys;
}

TEST(Reference, ListsExactlyTheKeysThatAreAccepted) {
    const Keys have = accepted();
    const Keys told = documented();
    for (const auto& [schema, names] : have) {
        const auto section = told.find(schema);
        ASSERT_NE(section, told.end()) << "docs/configuration.md has no keys of " << schema;
        for (const std::string& name : names) {
            EXPECT_TRUE(section->second.contains(name)) << schema << "." << name << " is not documented";
        }
    }
    for (const auto& [schema, names] : told) {
        const auto section = have.find(schema);
        ASSERT_NE(section, have.end()) << schema << " is documented and never read";
        for (const std::string& name : names) {
            EXPECT_TRUE(section->second.contains(name))
                << schema << "." << name << " is documented and not accepted";
        }
    }
    EXPECT_GE(have.size(), 25U);
}

}  // namespace
}  // namespace gengfu::config
