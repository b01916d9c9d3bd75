#include "daemon/store_watch.hpp"

#include <gtest/gtest.h>

#include "tests/support/chinese.hpp"

namespace gengfu {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Monotonic kStart = Monotonic(seconds(1000));

TEST(StoreWatch, AStoreThatIsWellSaysNothing) {
    StoreWatch watch({}, kStart);
    EXPECT_FALSE(watch.look({}, kStart));
    EXPECT_FALSE(watch.full());
    EXPECT_FALSE(watch.trouble(kStart));
    EXPECT_EQ(watch.take_slow(), 0);
    EXPECT_EQ(watch.detail().en, "");
}

TEST(StoreWatch, WantOfRoomIsNotTheSameAsADiskThatFails) {
    StoreWatch watch({}, kStart);
    store::Usage usage;
    usage.trouble = "events cannot be written: no room";
    usage.full = true;
    EXPECT_TRUE(watch.look(usage, kStart));
    EXPECT_TRUE(watch.full());
    EXPECT_FALSE(watch.trouble(kStart));
    EXPECT_FALSE(watch.look(usage, kStart)) << "no news";
    usage.full = false;
    EXPECT_TRUE(watch.look(usage, kStart));
    EXPECT_FALSE(watch.full());
    EXPECT_TRUE(watch.trouble(kStart));
    EXPECT_EQ(watch.detail().en, ": events cannot be written: no room");
    EXPECT_EQ(test::english_in(watch.detail().zh, {}), std::vector<std::string>{}) << watch.detail().zh;
    EXPECT_TRUE(watch.look({}, kStart));
    EXPECT_FALSE(watch.trouble(kStart));
}

TEST(StoreWatch, AWriteThatTakesTooLongIsToldWhileItLastsAndOnceItIsOver) {
    StoreWatch watch({}, kStart);
    store::Usage usage;
    usage.write_under_way = milliseconds(500);
    EXPECT_FALSE(watch.look(usage, kStart)) << "that long it may take";
    usage.write_under_way = milliseconds(1500);
    EXPECT_TRUE(watch.look(usage, kStart));
    EXPECT_EQ(watch.take_slow(), 1.5);
    usage.write_under_way = milliseconds(2500);
    EXPECT_TRUE(watch.look(usage, kStart));
    EXPECT_EQ(watch.take_slow(), 2.5);
    usage.write_under_way = {};
    usage.slow_writes = 1;
    usage.last_slow_write = seconds(3);
    EXPECT_TRUE(watch.look(usage, kStart));
    EXPECT_EQ(watch.take_slow(), 3);
    EXPECT_FALSE(watch.look(usage, kStart));
    EXPECT_EQ(watch.take_slow(), 0);
}

TEST(StoreWatch, DamageIsToldForAMinuteWithThePathsOfTheNewest) {
    StoreWatch watch({"state.db is damaged"}, kStart);
    EXPECT_TRUE(watch.trouble(kStart));
    EXPECT_EQ(watch.detail().en, ": state.db is damaged");
    EXPECT_FALSE(watch.trouble(kStart + minutes(1)));
    store::Usage usage;
    usage.set_aside = {"/s/a", "/s/b"};
    const Monotonic later = kStart + minutes(5);
    EXPECT_TRUE(watch.look(usage, later));
    EXPECT_TRUE(watch.trouble(later));
    EXPECT_EQ(watch.detail().en, ": /s/a, /s/b");
    EXPECT_EQ(watch.detail().zh, ":/s/a, /s/b");
    EXPECT_FALSE(watch.look(usage, later));
    EXPECT_FALSE(watch.trouble(later + minutes(1)));
    usage.set_aside = {"/s/a", "/s/b", "/s/c", "/s/d"};
    EXPECT_TRUE(watch.look(usage, later));
    EXPECT_EQ(watch.detail().en, ": /s/b, /s/c, /s/d, …");
}

/// Where the gateway itself stood still, a write that was under way is no slower than the disk was before and
/// after.
TEST(StoreWatch, APauseOfTheGatewayIsNoSlownessOfTheDisk) {
    StoreWatch watch({}, kStart);
    const Monotonic woke = kStart + seconds(20);
    watch.unobserved(seconds(10), woke);
    store::Usage usage;
    usage.write_under_way = milliseconds(10'400);
    EXPECT_FALSE(watch.look(usage, woke + milliseconds(100)));
    EXPECT_EQ(watch.take_slow(), 0) << "0.4 s without the pause";
    usage.write_under_way = milliseconds(11'200);
    EXPECT_TRUE(watch.look(usage, woke + milliseconds(900)));
    EXPECT_DOUBLE_EQ(watch.take_slow(), 1.2);
    usage.write_under_way = {};
    usage.slow_writes = 1;
    usage.last_slow_write = milliseconds(11'500);
    EXPECT_TRUE(watch.look(usage, woke + milliseconds(1400)));
    EXPECT_DOUBLE_EQ(watch.take_slow(), 1.5);
    usage.slow_writes = 2;
    usage.last_slow_write = milliseconds(700);
    EXPECT_TRUE(watch.look(usage, woke + milliseconds(2400)));
    EXPECT_DOUBLE_EQ(watch.take_slow(), 0.7) << "begun after it";
}

}  // namespace
}  // namespace gengfu
