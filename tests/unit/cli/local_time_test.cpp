#include "cli/local_time.hpp"

#include <gtest/gtest.h>

namespace gengfu::cli {
namespace {

using std::chrono::seconds;

const Wall kWhen{seconds(1'795'311'921) + std::chrono::milliseconds(127)};  // 2026-11-22T01:45:21.127Z

TEST(LocalTime, IsThatOfTheGatewaysWall) {
    EXPECT_EQ(to_iso8601(kWhen), "2026-11-22T01:45:21.127Z");
    EXPECT_EQ(LocalTime("Asia/Shanghai").of(kWhen), "2026-11-22 09:45:21 +08:00");
    EXPECT_EQ(LocalTime("Asia/Kathmandu").of(kWhen), "2026-11-22 07:30:21 +05:45");
    EXPECT_EQ(LocalTime("America/St_Johns").of(kWhen), "2026-11-21 22:15:21 -03:30") << "the day before";
}

TEST(LocalTime, KnowsSummer) {
    const LocalTime berlin("Europe/Berlin");
    EXPECT_EQ(berlin.of(std::string("2026-07-01T12:00:00.000Z")), "2026-07-01 14:00:00 +02:00");
    EXPECT_EQ(berlin.of(std::string("2026-12-01T12:00:00.000Z")), "2026-12-01 13:00:00 +01:00");
}

TEST(LocalTime, OfAnUnknownZoneIsUtcAndSaysSo) {
    for (const LocalTime& time : {LocalTime(), LocalTime(""), LocalTime("Nowhere/At_All")}) {
        EXPECT_EQ(time.of(kWhen), "2026-11-22 01:45:21 UTC");
    }
}

TEST(LocalTime, ReadsWhatTheDaemonWritesAndLeavesTheRest) {
    const LocalTime shanghai("Asia/Shanghai");
    EXPECT_EQ(shanghai.of(to_iso8601(kWhen)), "2026-11-22 09:45:21 +08:00");
    EXPECT_EQ(shanghai.of(std::string("2026-11-27T16:00:00Z")), "2026-11-28 00:00:00 +08:00");
    for (const char* const other :
         {"", "unknown", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-27T24:00:00Z",
          "2026-11-27T16:00:00+08:00", "2026-11-27T16:00:00xZ", "2026-11-27T16:00:00.12x4Z", "Z"}) {
        EXPECT_EQ(shanghai.of(std::string(other)), other);
    }
}

}  // namespace
}  // namespace gengfu::cli
