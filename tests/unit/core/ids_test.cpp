#include "daemon/core/ids.hpp"

#include <gtest/gtest.h>

namespace gengfu {
namespace {

TEST(AlarmIdText, ReadsBackWhatItWrote) {
    const AlarmId id{Epoch{0x9f3c00000000e1}, 42};
    EXPECT_EQ(to_string(id), "009f3c00000000e1-42");
    AlarmId read;
    ASSERT_TRUE(parse("009f3c00000000e1-42", read));
    EXPECT_EQ(read, id);
}

TEST(AlarmIdText, RefusesAnythingElse) {
    for (const char* text : {"", "42", "009f3c00000000e1", "009f3c00000000e1-", "009f3c00000000e1-x",
                             "009f3c00000000g1-42", "009f3c00000000e1-42 ", "9f3c-42"}) {
        AlarmId id{Epoch{7}, 7};
        EXPECT_FALSE(parse(text, id)) << text;
        EXPECT_EQ(id, (AlarmId{Epoch{7}, 7})) << text;
    }
}

}  // namespace
}  // namespace gengfu
