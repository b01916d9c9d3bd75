#include "daemon/rules/watch_list.hpp"

#include <gtest/gtest.h>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using test::at;

TEST(WatchList, GivesWhatIsDueEarliestFirst) {
    WatchList list;
    EXPECT_FALSE(list.earliest());
    EXPECT_FALSE(list.pop_due(at(100)));
    for (const std::uint32_t when : {5U, 1U, 4U, 2U, 3U}) {
        list.push({at(when), when});
    }
    EXPECT_EQ(list.earliest(), at(1));
    EXPECT_FALSE(list.pop_due(at(0.999)));
    for (const std::uint32_t when : {1U, 2U, 3U}) {
        const auto entry = list.pop_due(at(3));
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->rule, when);
    }
    EXPECT_FALSE(list.pop_due(at(3)));
    EXPECT_EQ(list.earliest(), at(4));
}

}  // namespace
}  // namespace gengfu::rules
