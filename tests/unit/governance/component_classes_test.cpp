#include "governance/registry/component_classes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "governance/migrate/embedded.hpp"

namespace gengfu::governance {
namespace {

std::vector<std::string> complaints_of(const std::string& toml) {
    config::Report report({"f.toml"});
    (void)read_component_classes(toml, report);
    std::vector<std::string> complaints;
    for (const config::Diagnostic& diagnostic : report.diagnostics()) {
        complaints.push_back(to_string(diagnostic));
    }
    return complaints;
}

TEST(ComponentClasses, TheShippedTableIsGood) {
    config::Report report({"components.toml"});
    const auto classes = read_component_classes(std::string(shipped_component_classes()), report);
    EXPECT_FALSE(report.has_errors());
    EXPECT_GT(classes.size(), 60U);
    const auto sewage = std::find_if(classes.begin(), classes.end(),
                                     [](const ComponentClass& one) { return one.code == "0102"; });
    ASSERT_NE(sewage, classes.end());
    EXPECT_EQ(sewage->zh, "污水井盖");
    EXPECT_EQ(sewage->major_en, "public utilities");
}

TEST(ComponentClasses, SaysWhatIsWrongAndWhere) {
    const std::string major = "[[major]]\ncode = \"01\"\nzh = \"a\"\nen = \"b\"\n";
    const struct {
        std::string text;
        const char* complaint;
    } cases[] = {
        {major, "f.toml:1:1: error: there is no [[component]]"},
        {major + "[[component]]\ncode = \"102\"\nzh = \"a\"\nen = \"b\"\n",
         "f.toml:5:1: error: code \"102\" has not 4 digits"},
        {major + "[[component]]\ncode = \"0102\"\nen = \"b\"\n",
         "f.toml:5:1: error: zh is missing or no text"},
        {major + "[[component]]\ncode = \"0102\"\nzh = \"a\"\nen = \"b\"\nde = \"c\"\n",
         "f.toml:9:1: error: unknown key \"de\": there are code, zh and en"},
        {major + "[[component]]\ncode = \"0202\"\nzh = \"a\"\nen = \"b\"\n",
         "f.toml:1:1: error: component \"0202\": there is no [[major]] \"02\""},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(complaints_of(text), std::vector<std::string>{complaint}) << text;
    }
    EXPECT_EQ(complaints_of("code = ").size(), 1U);
}

}  // namespace
}  // namespace gengfu::governance
