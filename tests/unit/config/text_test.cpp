#include "daemon/config/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gengfu::config {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsChangesAndSwaps) {
    EXPECT_EQ(edit_distance("", "", 9), 0U);
    EXPECT_EQ(edit_distance("abc", "abc", 9), 0U);
    EXPECT_EQ(edit_distance("abc", "abcd", 9), 1U);
    EXPECT_EQ(edit_distance("abc", "ac", 9), 1U);
    EXPECT_EQ(edit_distance("abc", "axc", 9), 1U);
    EXPECT_EQ(edit_distance("abc", "acb", 9), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting", 9), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting", 2), 2U);
    EXPECT_EQ(edit_distance("", "abc", 2), 2U);
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
    const std::vector<std::string> buses{"rs485-1", "rs485-2", "plant-room"};
    EXPECT_EQ(nearest("rs485-l", buses), "rs485-1");
    EXPECT_EQ(nearest("RS485-2", buses), "rs485-2");
    EXPECT_EQ(nearest("plantroom", buses), "plant-room");
    EXPECT_EQ(nearest("tcp", buses), "");
    EXPECT_EQ(nearest("a", {"b"}), "");
    EXPECT_EQ(nearest("", buses), "");
    EXPECT_EQ(nearest("x", {}), "");
}

TEST(InQuotes, StaysOneShortLineOfWholeCharacters) {
    EXPECT_EQ(in_quotes("a\nb"), "\"a?b\"");
    EXPECT_EQ(in_quotes(std::string(60, 'x')), '"' + std::string(60, 'x') + '"');
    EXPECT_EQ(in_quotes(std::string(61, 'x')), '"' + std::string(60, 'x') + "…\"");
    // The 20th character of three bytes ends at 60, with one byte before it the cut falls within it.
    std::string text = "a";
    for (int i = 0; i < 30; ++i) {
        text += "井";
    }
    EXPECT_EQ(in_quotes(text).size(), 1U + 1 + 19 * 3 + 3 + 1);
}

TEST(OneOf, ReadsLikeASentence) {
    EXPECT_EQ(one_of({}), "");
    EXPECT_EQ(one_of({"a"}), "a");
    EXPECT_EQ(one_of({"a", "b"}), "a or b");
    EXPECT_EQ(one_of({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace gengfu::config
