#include "daemon/publish/aggregation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "daemon/publish/catalogue.hpp"
#include "daemon/publish/point_coding.hpp"
#include "daemon/publish/report_filter.hpp"
#include "gengfu/v1/feed.pb.h"
#include "tests/support/site_builder.hpp"

namespace gengfu::publish {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::bad;
using test::good;

Monotonic at(double moment) {
    return Monotonic(milliseconds(static_cast<std::int64_t>(moment * 1000)));
}

class AggregationTest : public testing::Test {
protected:
    AggregationTest() {
        device = builder.device("main", {"state", "flow", "level"});
        flow = builder.point(device, "flow");
        builder.spec(flow).scale = 0.1;
        builder.spec(flow).role = "flow";
        builder.spec(flow).aggregate = seconds(10);
    }
    void take(const Sample& sample) { aggregation.value().add(sample, out); }

    test::SiteBuilder builder;
    DeviceId device;
    PointId flow;
    std::optional<Aggregation> aggregation;
    std::vector<Sample> out;
};

TEST_F(AggregationTest, AWindowGivesItsMinimumMeanAndMaximumWhenTheNextBegins) {
    aggregation.emplace(builder.site());
    for (const double value : {4.0, 1.0, 7.0}) {
        take(good(flow, value, at(20 + value)));
    }
    EXPECT_TRUE(out.empty());
    take(good(flow, 100, at(30)));
    ASSERT_EQ(out.size(), 3U);
    const double wanted[] = {1, 4, 7};
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(out[i].point.value, 3 + i) << "behind the site's own points";
        EXPECT_EQ(out[i].value, wanted[i]);
        EXPECT_EQ(out[i].quality, Quality::kGood);
        EXPECT_EQ(out[i].taken, at(27)) << "of the last value";
    }
    out.clear();
    aggregation->finish(out);
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[0].value, 100);
    out.clear();
    aggregation->finish(out);
    EXPECT_TRUE(out.empty()) << "once";
}

TEST_F(AggregationTest, ABadReadingBringsNoValueAndDoubt) {
    aggregation.emplace(builder.site());
    take(good(flow, 5, at(20)));
    take(bad(flow, Reason::kTimeout, at(21)));
    take(bad(flow, Reason::kTimeout, at(31)));
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[1].value, 5);
    EXPECT_EQ(out[1].quality, Quality::kUncertain);
    out.clear();
    take(good(flow, 6, at(45)));
    EXPECT_TRUE(out.empty()) << "a window without a value says nothing";
    take(good(flow, 6, at(55)));
    ASSERT_EQ(out.size(), 3U);
    EXPECT_EQ(out[0].quality, Quality::kGood) << "the doubt was of the window before";
}

TEST_F(AggregationTest, PointsWithoutItAreNotTouched) {
    aggregation.emplace(builder.site());
    const PointId level = builder.point(device, "level");
    for (int i = 0; i < 100; ++i) {
        take(good(level, i, at(i)));
    }
    aggregation->finish(out);
    EXPECT_TRUE(out.empty());
}

// Against all values at once; the mean is never outside.
TEST_F(AggregationTest, HoldsForAnyValues) {
    std::minstd_rand random(7);
    std::uniform_real_distribution<double> values(-1e6, 1e6);
    for (int round = 0; round < 200; ++round) {
        aggregation.emplace(builder.site());
        out.clear();
        double lowest = INFINITY, highest = -INFINITY, sum = 0;
        const int count = 1 + round % 40;
        const double same = values(random);
        for (int i = 0; i < count; ++i) {
            const double value = round % 3 == 0 ? same : values(random);
            lowest = std::min(lowest, value);
            highest = std::max(highest, value);
            sum += value;
            take(good(flow, value, at(50 + 0.1 * i)));
        }
        aggregation->finish(out);
        ASSERT_EQ(out.size(), 3U);
        EXPECT_EQ(out[0].value, lowest);
        EXPECT_EQ(out[2].value, highest);
        EXPECT_NEAR(out[1].value, sum / count, 1e-6);
        EXPECT_GE(out[1].value, lowest);
        EXPECT_LE(out[1].value, highest);
    }
}

TEST_F(AggregationTest, CatalogueAndCodingHaveThreePointsMore) {
    Aliases aliases;
    extend(aliases, builder.site());
    ASSERT_EQ(aliases.size(), 6U);
    const std::vector<PointCoding> codings = point_codings(builder.site(), aliases);
    ASSERT_EQ(codings.size(), 6U);
    EXPECT_EQ(codings[3].alias, aliases.at("main/flow.min"));
    EXPECT_EQ(codings[3].resolution, 0.1);
    EXPECT_EQ(codings[4].alias, aliases.at("main/flow.mean"));
    EXPECT_EQ(codings[4].resolution, 0) << "a mean is no step";
    const Catalogue catalogue = build_catalogue(builder.site(), aliases, config::Encoding::kProtobuf);
    ASSERT_EQ(catalogue.parts.size(), 1U);
    const gengfu::v1::CatalogueChange& part = catalogue.parts[0];
    ASSERT_EQ(part.points_size(), 6);
    EXPECT_EQ(part.points(1).name(), "flow");
    EXPECT_EQ(part.points(5).name(), "flow.max");
    EXPECT_EQ(part.points(5).unit(), part.points(1).unit());
    EXPECT_EQ(part.points(1).role(), "flow");
    EXPECT_EQ(part.points(5).role(), "");
}

TEST_F(AggregationTest, ReadingsAreReportedOnChangeOfQualityAndAroundAnAlarmOnly) {
    ReportFilter filter(builder.site());
    EXPECT_TRUE(filter.admit(good(flow, 1, at(1))));
    EXPECT_FALSE(filter.admit(good(flow, 500, at(2))));
    EXPECT_FALSE(filter.admit(good(flow, -500, at(100000))));
    EXPECT_TRUE(filter.admit(bad(flow, Reason::kTimeout, at(100001))));
    EXPECT_TRUE(filter.admit(good(flow, 3, at(100002))));
    static_cast<void>(filter.around(flow, at(100003)));
    EXPECT_TRUE(filter.admit(good(flow, 4, at(100004))));
}

}  // namespace
}  // namespace gengfu::publish
