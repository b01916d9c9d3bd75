#include "governance/registry/csv.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gengfu::governance {
namespace {

const Columns kColumns{"code", "name", "street"};

struct Parsed {
    std::vector<Row> rows;
    std::vector<std::string> complaints;
};

Parsed parse(std::string_view text) {
    config::Report report({"f.csv"});
    Parsed parsed{parse_csv(text, kColumns, report), {}};
    for (const config::Diagnostic& diagnostic : report.diagnostics()) {
        parsed.complaints.push_back(to_string(diagnostic));
    }
    return parsed;
}

std::string cell(const Parsed& parsed, std::size_t row, const char* name) {
    const Cell* const found = parsed.rows.at(row).find(name);
    return found == nullptr ? "(absent)" : found->text;
}

TEST(Csv, ReadsQuotesLineEndsAndMarks) {
    const Parsed parsed = parse(
        "\xEF\xBB\xBF"
        "name, code\r\n\"a, \"\"b\"\"\nc\" , 1\r\n\r\n井,2");
    ASSERT_EQ(parsed.complaints,
              std::vector<std::string>{"f.csv:3:3: error: text after the closing quote of a cell"})
        << "a space after the quote is such text, too";
    const Parsed good = parse(
        "\xEF\xBB\xBF"
        "name, code\r\n\"a, \"\"b\"\"\nc\",1\r\n\r\n井 ,2");
    ASSERT_EQ(good.complaints, std::vector<std::string>{});
    ASSERT_EQ(good.rows.size(), 2U);
    EXPECT_EQ(cell(good, 0, "name"), "a, \"b\"\nc");
    EXPECT_EQ(cell(good, 1, "name"), "井");
    EXPECT_EQ(cell(good, 1, "street"), "(absent)");
    EXPECT_EQ(good.rows[1].at.line, 5U);
    EXPECT_EQ(good.rows[1].find("code")->at.column, 6U) << "in bytes";
}

TEST(Csv, TakesSemicolonsWhereTheHeadingHasNoComma) {
    const Parsed parsed = parse("code;name\n1;a,b\n");
    ASSERT_EQ(parsed.complaints, std::vector<std::string>{});
    EXPECT_EQ(cell(parsed, 0, "name"), "a,b");
}

TEST(Csv, SaysWhatIsWrongAndWhere) {
    const struct {
        const char* text;
        const char* complaint;
    } cases[] = {
        {"", "f.csv:1:1: error: the file is empty: the first line names the columns"},
        {"code,nam\n",
         "f.csv:1:6: error: there is no column \"nam\"; did you mean \"name\"?; there are code, name, "
         "street"},
        {"code,code\n", "f.csv:1:6: error: column \"code\" stands twice"},
        {"code,name\n1\n", "f.csv:2:1: error: 1 cells, and the heading has 2"},
        {"code,name\n1,2,3\n", "f.csv:2:1: error: 3 cells, and the heading has 2"},
        {"code\na\"b\n",
         "f.csv:2:2: error: a quote within a cell that does not begin with one: put the whole cell in quotes "
         "and double it"},
        {"code\n\n\"open\nmore", "f.csv:3:1: error: the quote that begins here is never closed"},
        {"code\n1\n\xB2\xE2\n", "f.csv:3:1: error: not UTF-8: save the table as \"CSV UTF-8\""},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(parse(text).complaints, std::vector<std::string>{complaint}) << text;
    }
}

TEST(Csv, GoesOnAfterABadLine) {
    const Parsed parsed = parse("code,name\n1,x\"y\"\n2,b\n3\n4,d");
    EXPECT_EQ(parsed.complaints.size(), 2U);
    ASSERT_EQ(parsed.rows.size(), 2U);
    EXPECT_EQ(cell(parsed, 0, "code"), "2");
    EXPECT_EQ(cell(parsed, 1, "name"), "d");
}

TEST(Csv, RefusesACellThatIsTooLong) {
    EXPECT_EQ(parse("code\n" + std::string(kMaxCellBytes, 'x') + "\n").complaints.size(), 0U);
    EXPECT_EQ(parse("code\n" + std::string(kMaxCellBytes + 1, 'x') + "\n").complaints,
              std::vector<std::string>{"f.csv:2:1: error: a cell of 1001 bytes: at most 1000"});
}

TEST(Utf8, FindsTheLineOfTheFirstWrongByte) {
    EXPECT_EQ(not_utf8("a\n井\xF0\x9F\x9A\xA8\n"), 0U);
    for (const std::string_view bad :
         {"\x80", "\xC0\x80", "\xE4\xBA", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\xFF"}) {
        EXPECT_EQ(not_utf8("a\n" + std::string(bad) + "\n"), 2U);
    }
    EXPECT_EQ(not_utf8(std::string_view("a\0b", 3)), 1U);
}

}  // namespace
}  // namespace gengfu::governance
