#include <gtest/gtest.h>

#include "daemon/core/quality.hpp"
#include "daemon/core/severity.hpp"
#include "daemon/core/time.hpp"

namespace gengfu {
namespace {

TEST(Words, EveryReasonReadsBack) {
    for (int i = 0; i < kReasonCount; ++i) {
        const auto reason = static_cast<Reason>(i);
        EXPECT_EQ(parse_reason(to_string(reason)), reason);
    }
    EXPECT_EQ(parse_reason("tired"), std::nullopt);
}

TEST(Words, EverySeverityReadsBackAndCriticalIsGravest) {
    for (const Severity s : {Severity::kCritical, Severity::kMajor, Severity::kModerate, Severity::kMinor}) {
        EXPECT_EQ(parse_severity(to_string(s)), s);
    }
    EXPECT_TRUE(graver(Severity::kCritical, Severity::kMajor));
    EXPECT_FALSE(graver(Severity::kMinor, Severity::kMinor));
}

TEST(Words, ToldTellsSilenceFromABadValue) {
    EXPECT_FALSE(told(Reason::kTimeout));
    EXPECT_FALSE(told(Reason::kBackedOff));
    EXPECT_FALSE(told(Reason::kException));
    EXPECT_TRUE(told(Reason::kNotProtecting));
    EXPECT_TRUE(told(Reason::kSentinel));
    EXPECT_TRUE(told(Reason::kNone));
}

TEST(Words, WallTimePrintsAsIso8601) {
    EXPECT_EQ(to_iso8601(Wall{std::chrono::microseconds{1'795'250'000'123'456}}), "2026-11-21T08:33:20.123Z");
    EXPECT_EQ(to_iso8601(Wall{std::chrono::microseconds{-1}}), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace gengfu
