#include "daemon/rules/cadence.hpp"

#include <gtest/gtest.h>

#include "tests/support/site_builder.hpp"

namespace gengfu::rules {
namespace {

using std::chrono::milliseconds;
using test::at;

constexpr Duration kGap = milliseconds(3500);

/// Observed length in milliseconds, -1 when it is a gap.
milliseconds::rep observed(Cadence& cadence, double seconds) {
    const Stretch stretch = note(cadence, at(seconds), kGap);
    return stretch.continuity == Continuity::kBroken
               ? -1
               : std::chrono::duration_cast<milliseconds>(stretch.length).count();
}

TEST(Cadence, BeginsWithABreak) {
    Cadence cadence;
    EXPECT_EQ(observed(cadence, 0), -1);
    EXPECT_EQ(observed(cadence, 1), 1000);
}

TEST(Cadence, CountsUpToTheGapAndNothingOverIt) {
    Cadence cadence;
    observed(cadence, 0);
    EXPECT_EQ(observed(cadence, 1), 1000);
    EXPECT_EQ(observed(cadence, 4.5), 3500);
    EXPECT_EQ(observed(cadence, 5), 500);
    EXPECT_EQ(observed(cadence, 8.501), -1);
}

TEST(Cadence, CountsNothingForADuplicateOrAnEarlierSample) {
    Cadence cadence;
    observed(cadence, 10);
    EXPECT_EQ(observed(cadence, 10), 0);
    EXPECT_EQ(observed(cadence, 9), 0);
    EXPECT_EQ(observed(cadence, 11), 1000);
}

TEST(Cadence, CountsOnABusThatIsSlowerThanItShouldBe) {
    Cadence cadence;
    observed(cadence, 0);
    EXPECT_EQ(observed(cadence, 5), -1);
    EXPECT_EQ(observed(cadence, 10), 5000);
    EXPECT_EQ(observed(cadence, 20), 10000);
    EXPECT_EQ(observed(cadence, 41), -1) << "more than twice the one before";
}

TEST(Cadence, NeverCountsAnHourAsObserved) {
    Cadence cadence;
    observed(cadence, 0);
    EXPECT_EQ(observed(cadence, 3600), -1);
    EXPECT_EQ(observed(cadence, 7200), -1);
}

}  // namespace
}  // namespace gengfu::rules
