#include "daemon/core/plain_text.hpp"

#include <gtest/gtest.h>

namespace gengfu {
namespace {

TEST(PlainText, KnowsWhatSteersATerminalOrTurnsAText) {
    for (const char* const bad :
         {"a\x1b[31m", "a\nb", "a\tb", "\x7f", "a\xC2\x9Bm", "\xC2\x80", "\xE2\x80\xA8", "\xE2\x80\xA9",
          "a\xE2\x80\xAA", "a\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x81\xA9"}) {
        EXPECT_FALSE(is_plain(bad)) << testing::PrintToString(std::string(bad));
    }
    for (const char* const good : {"", "plain", "井盖 17 号", "25 °C", "a\xC2\xA0z", "“quoted” … – 3‰",
                                   "\xE2\x80\xAF", "\xE2\x81\xA5", "\xF0\x9F\x94\xA5"}) {
        EXPECT_TRUE(is_plain(good)) << good;
        EXPECT_EQ(to_plain(good), good);
    }
}

TEST(PlainText, ReplacesEachByOneCharacter) {
    EXPECT_EQ(to_plain("x\x1b[31m\ny"), "x [31m y");
    EXPECT_EQ(to_plain("管\xC2\x9B理\xE2\x80\xAEx", '?'), "管?理?x");
    EXPECT_EQ(to_plain("cut \xC2"), "cut \xC2");
    EXPECT_EQ(to_plain("cut \xE2\x80"), "cut \xE2\x80");
}

}  // namespace
}  // namespace gengfu
