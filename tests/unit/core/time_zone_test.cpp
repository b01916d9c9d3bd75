#include "daemon/core/time_zone.hpp"

#include <gtest/gtest.h>

#include <random>

#include "daemon/core/read_file.hpp"

namespace gengfu {
namespace {

using std::chrono::hours;
using std::chrono::sys_days;
using std::chrono::year;

Wall at(int y, unsigned month, unsigned day, int hour, int minute) {
    return sys_days(year(y) / static_cast<int>(month) / static_cast<int>(day)) + hours(hour) +
           std::chrono::minutes(minute);
}

TEST(TimeZoneTest, ShanghaiIsEightHoursAheadAllYear) {
    const auto zone = TimeZone::load("Asia/Shanghai");
    ASSERT_TRUE(zone) << zone.error().what;
    EXPECT_EQ(zone->ahead_of_utc(at(2026, 1, 1, 0, 0)), hours(8));
    EXPECT_EQ(zone->ahead_of_utc(at(2026, 7, 1, 0, 0)), hours(8));
    // Friday 2026-11-27, 01:30 in Shanghai
    EXPECT_EQ(zone->minute_of_week(at(2026, 11, 26, 17, 30)), 4 * 1440 + 90);
    // Sunday 23:59 and a minute later, Monday 00:00
    EXPECT_EQ(zone->minute_of_week(at(2026, 11, 29, 15, 59)), 7 * 1440 - 1);
    EXPECT_EQ(zone->minute_of_week(at(2026, 11, 29, 16, 0)), 0);
}

TEST(TimeZoneTest, FollowsSummerTime) {
    const auto zone = TimeZone::load("Europe/Berlin");
    ASSERT_TRUE(zone) << zone.error().what;
    EXPECT_EQ(zone->ahead_of_utc(at(2026, 3, 29, 0, 59)), hours(1));
    EXPECT_EQ(zone->ahead_of_utc(at(2026, 3, 29, 1, 0)), hours(2));
    EXPECT_EQ(zone->ahead_of_utc(at(2026, 12, 1, 0, 0)), hours(1));
}

TEST(TimeZoneTest, WithoutAZoneItIsUtc) {
    EXPECT_EQ(TimeZone().ahead_of_utc(at(2026, 7, 1, 0, 0)), hours(0));
    EXPECT_EQ(TimeZone().minute_of_week(at(1970, 1, 1, 0, 0)), 3 * 1440);
}

TEST(TimeZoneTest, AZoneThatIsNotThereIsSaid) {
    const auto zone = TimeZone::load("Asia/Nowhere");
    ASSERT_FALSE(zone);
    EXPECT_EQ(zone.error().code, Errc::kNotFound);
}

TEST(TimeZoneTest, DamagedBytesAreRefusedOrHarmless) {
    const auto whole = read_file("/usr/share/zoneinfo/Europe/Berlin", 1U << 16U);
    ASSERT_TRUE(whole);
    for (std::size_t length = 0; length < whole->size(); length += 7) {
        const auto zone = TimeZone::parse(std::string_view(*whole).substr(0, length));
        EXPECT_TRUE(zone || zone.error().code == Errc::kCorrupt) << length;
    }
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string bytes = *whole;
        for (int n = 0; n < 8; ++n) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        if (const auto zone = TimeZone::parse(bytes)) {
            const int minute = zone->minute_of_week(at(2026, 7, 1, 0, 0));
            EXPECT_TRUE(minute >= 0 && minute < 7 * 1440) << minute;
        }
    }
    EXPECT_FALSE(TimeZone::parse(""));
    EXPECT_FALSE(TimeZone::parse("TZif"));
}

}  // namespace
}  // namespace gengfu
