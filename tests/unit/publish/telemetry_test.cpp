// Report by exception and the columnar batch.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "daemon/publish/batch_encoder.hpp"
#include "daemon/publish/catalogue.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/publish/point_coding.hpp"
#include "daemon/publish/report_filter.hpp"
#include "gengfu/v1/feed.pb.h"
#include "tests/support/fake_clock.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

using test::at;
using test::bad;
using test::good;
using test::uncertain;

class Report : public testing::Test {
protected:
    Report() {
        device = builder.device("d", {"plain", "banded", "quick", "text"});
        builder.spec(builder.point(device, "banded")).deadband = 2.0;
        builder.spec(builder.point(device, "quick")).max_interval = std::chrono::seconds(10);
        builder.spec(builder.point(device, "text")).type = config::Type::kString;
    }
    PointId point(const std::string& name) { return builder.point(device, name); }
    test::SiteBuilder builder;
    DeviceId device;
};

TEST_F(Report, TheFirstSampleAlwaysAndThenOnlyChanges) {
    ReportFilter filter(builder.site());
    EXPECT_TRUE(filter.admit(good(point("plain"), 5, at(0))));
    EXPECT_FALSE(filter.admit(good(point("plain"), 5, at(1))));
    EXPECT_TRUE(filter.admit(good(point("plain"), 5.001, at(2))));
    EXPECT_TRUE(filter.admit(good(point("banded"), 5, at(2))));  // each point for itself
}

TEST_F(Report, TheDeadbandIsCountedFromTheLastReportedValue) {
    ReportFilter filter(builder.site());
    EXPECT_TRUE(filter.admit(good(point("banded"), 10, at(0))));
    EXPECT_FALSE(filter.admit(good(point("banded"), 12, at(1))));  // on it is not beyond it
    EXPECT_FALSE(filter.admit(good(point("banded"), 11, at(2))));
    EXPECT_TRUE(filter.admit(good(point("banded"), 12.5, at(3))));
    EXPECT_FALSE(filter.admit(good(point("banded"), 10.5, at(4))));
    EXPECT_TRUE(filter.admit(good(point("banded"), 10.4, at(5))));
}

TEST_F(Report, ChangeOfQualityOrReasonIsAlwaysReported) {
    ReportFilter filter(builder.site());
    const PointId p = point("banded");
    EXPECT_TRUE(filter.admit(good(p, 10, at(0))));
    EXPECT_TRUE(filter.admit(uncertain(p, 10, at(1))));
    EXPECT_TRUE(filter.admit(bad(p, Reason::kTimeout, at(2))));
    EXPECT_FALSE(filter.admit(bad(p, Reason::kTimeout, at(3))));
    EXPECT_TRUE(filter.admit(bad(p, Reason::kCrc, at(4))));
    EXPECT_TRUE(filter.admit(good(p, 10, at(5))));
}

TEST_F(Report, ABadSampleThatBringsAValueAsEvidenceDiffersFromOneWithout) {
    ReportFilter filter(builder.site());
    Sample out_of_range = bad(point("plain"), Reason::kOutOfRange, at(0));
    EXPECT_TRUE(filter.admit(out_of_range));
    out_of_range.value = 70000;
    EXPECT_TRUE(filter.admit(out_of_range));
    EXPECT_FALSE(filter.admit(out_of_range));
}

TEST_F(Report, AtLeastOneEveryMaxInterval) {
    ReportFilter filter(builder.site());
    EXPECT_TRUE(filter.admit(good(point("quick"), 1, at(0))));
    EXPECT_FALSE(filter.admit(good(point("quick"), 1, at(9.9))));
    EXPECT_TRUE(filter.admit(good(point("quick"), 1, at(10))));
    EXPECT_TRUE(filter.admit(good(point("plain"), 1, at(0))));
    EXPECT_FALSE(filter.admit(good(point("plain"), 1, at(299))));
    EXPECT_TRUE(filter.admit(good(point("plain"), 1, at(300))));
}

TEST_F(Report, ChangedTextIsReported) {
    ReportFilter filter(builder.site());
    Sample sample = good(point("text"), std::nan(""), at(0));
    sample.text = "V1.0";
    EXPECT_TRUE(filter.admit(sample));
    EXPECT_FALSE(filter.admit(sample));
    sample.text = "V1.1";
    EXPECT_TRUE(filter.admit(sample));
    sample.text = "";
    EXPECT_TRUE(filter.admit(sample));
    EXPECT_FALSE(filter.admit(sample));
}

TEST_F(Report, AroundAnAlarmEverySampleAndTheOneBefore) {
    ReportFilter filter(builder.site());
    const PointId p = point("banded");
    EXPECT_TRUE(filter.admit(good(p, 10, at(0))));
    EXPECT_FALSE(filter.admit(good(p, 11, at(1))));
    const std::optional<Sample> before = filter.around(p, at(2));
    ASSERT_TRUE(before);
    EXPECT_EQ(before->value, 11);
    EXPECT_TRUE(filter.admit(good(p, 10, at(3))));
    EXPECT_TRUE(filter.admit(good(p, 10, at(31))));
    EXPECT_FALSE(filter.admit(good(p, 10, at(33))));
    EXPECT_TRUE(filter.around(p, at(34)));
    EXPECT_FALSE(filter.around(p, at(34)));  // not twice
}

class BatchTest : public testing::Test {
protected:
    BatchTest() {
        device = builder.device("d", {"tenths", "shifted", "float", "state", "text"});
        spec("tenths").scale = 0.1;
        spec("shifted").scale = 0.5;
        spec("shifted").offset = -40;
        spec("float").type = config::Type::kF32;
        spec("state").type = config::Type::kBit;
        spec("text").type = config::Type::kString;
        extend(aliases, builder.site());
    }
    config::PointSpec& spec(const std::string& name) { return builder.spec(point(name)); }
    PointId point(const std::string& name) { return builder.point(device, name); }
    std::uint32_t alias(const std::string& name) { return aliases.at("d/" + name); }
    std::map<std::uint32_t, PointScale> scales() {
        std::map<std::uint32_t, PointScale> out;
        for (const PointCoding& coding : point_codings(builder.site(), aliases)) {
            out[coding.alias] = {coding.resolution, coding.offset};
        }
        return out;
    }
    gengfu::v1::Batch encode(const std::vector<Sample>& samples) {
        BatchEncoder encoder(point_codings(builder.site(), aliases));
        for (const Sample& sample : samples) {
            encoder.add(sample);
        }
        gengfu::v1::Batch out;
        encoder.fill(out);
        EXPECT_TRUE(encoder.empty());
        return out;
    }
    test::SiteBuilder builder;
    DeviceId device;
    Aliases aliases;
};

TEST_F(BatchTest, ReadersGetWhatWasSampled) {
    Sample text = good(point("text"), std::nan(""), at(1.5));
    text.text = "固件 V1.0";
    const std::vector<Sample> samples{good(point("tenths"), 234 * 0.1, at(1)),
                                      good(point("shifted"), 17 * 0.5 - 40, at(1)),
                                      good(point("float"), static_cast<double>(26.22842F), at(1.25)),
                                      bad(point("float"), Reason::kTimeout, at(2)),
                                      uncertain(point("state"), 1, at(2)),
                                      good(point("tenths"), 233 * 0.1, at(2)),
                                      good(point("tenths"), 1.0 / 3, at(3)),
                                      text};
    const std::vector<SeenSample> seen = read_batch(encode(samples), scales());
    ASSERT_EQ(seen.size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Sample& want = samples[i];
        EXPECT_EQ(seen[i].alias, aliases.at(builder.site().point_name(want.point))) << i;
        EXPECT_EQ(seen[i].offset_us, (want.taken - at(1)) / std::chrono::microseconds(1)) << i;
        EXPECT_EQ(seen[i].quality, static_cast<std::uint32_t>(want.quality)) << i;
        EXPECT_EQ(seen[i].reason, static_cast<std::uint32_t>(want.reason)) << i;
        EXPECT_TRUE(seen[i].value == want.value || (std::isnan(seen[i].value) && std::isnan(want.value)))
            << i << ": " << seen[i].value << " for " << want.value;
        EXPECT_EQ(seen[i].text, want.text);
    }
}

TEST_F(BatchTest, AnyValueComesBackBitForBit) {
    std::vector<Sample> samples;
    const std::vector<double> values{0,
                                     0.1,
                                     -0.1,
                                     0.30000000000000004,
                                     65535 * 0.1,
                                     1e300,
                                     -1e300,
                                     5e-324,
                                     9007199254740993.0,
                                     9223372036854775807.0,
                                     std::numeric_limits<double>::infinity(),
                                     -std::numeric_limits<double>::infinity(),
                                     std::nan("")};
    for (const char* name : {"tenths", "shifted", "float"}) {
        for (const double value : values) {
            samples.push_back(good(point(name), value, at(static_cast<double>(samples.size()))));
        }
    }
    const std::vector<SeenSample> seen = read_batch(encode(samples), scales());
    ASSERT_EQ(seen.size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double want = samples[i].value;
        EXPECT_TRUE(seen[i].value == want || (std::isnan(want) && std::isnan(seen[i].value)))
            << i << ": " << want;
    }
}

TEST_F(BatchTest, SamplesOfSeveralBusesStandInOrderOfTime) {
    const std::vector<SeenSample> seen =
        read_batch(encode({good(point("tenths"), 0.1, at(5)), good(point("shifted"), 0, at(4)),
                           good(point("state"), 1, at(4.5))}),
                   scales());
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0].alias, alias("shifted"));
    EXPECT_EQ(seen[0].offset_us, 0);
    EXPECT_EQ(seen[1].offset_us, 500'000);
    EXPECT_EQ(seen[2].offset_us, 1'000'000);
}

TEST_F(BatchTest, OneEncoderMakesManyBatchesThatDoNotLeanOnEachOther) {
    BatchEncoder encoder(point_codings(builder.site(), aliases));
    for (int round = 0; round < 3; ++round) {
        encoder.add(good(point("tenths"), 100 * 0.1, at(round)));
        gengfu::v1::Batch batch;
        encoder.fill(batch);
        const std::vector<SeenSample> seen = read_batch(batch, scales());
        ASSERT_EQ(seen.size(), 1U);
        EXPECT_EQ(seen[0].value, 100 * 0.1);
    }
}

TEST_F(BatchTest, TextThatIsNoUtf8IsMadeReadable) {
    EXPECT_EQ(valid_utf8("井盖 A"), "井盖 A");
    EXPECT_EQ(valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(valid_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
    EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
    EXPECT_EQ(valid_utf8("\xE4\xBA"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut
    EXPECT_EQ(valid_utf8("\xF0\x9F\x94\xA5"), "\xF0\x9F\x94\xA5");
    EXPECT_EQ(valid_utf8(std::string("\0", 1)), std::string("\0", 1));
}

// Issue: at most 8 bytes a sample for 100 points a second apart.
TEST(BatchSize, AHundredPointsASecondApartCostAtMostEightBytesASample) {
    for (const bool floats : {false, true}) {
        test::SiteBuilder builder;
        std::vector<PointId> points;
        for (int d = 0; d < 10; ++d) {
            const DeviceId device = builder.device(
                "device-" + std::to_string(d), {"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"});
            for (int p = 0; p < 10; ++p) {
                points.push_back(builder.point(device, "p" + std::to_string(p)));
                builder.spec(points.back()).scale = 0.1;
                builder.spec(points.back()).type = floats ? config::Type::kF32 : config::Type::kU16;
            }
        }
        Aliases aliases;
        extend(aliases, builder.site());
        BatchEncoder encoder(point_codings(builder.site(), aliases));
        for (std::size_t i = 0; i < points.size(); ++i) {
            // Ten points of a device come in one answer; devices follow each other every 40 ms.
            const double value = floats ? static_cast<double>(23.4F + static_cast<float>(i))
                                        : static_cast<double>(i * 577 % 65536) * 0.1;
            encoder.add(good(points[i], value, at(0.04 * static_cast<double>(i / 10))));
        }
        // All of the message: topic, identity, times, the hash of the catalogue, and MQTT's own at most.
        constexpr std::size_t kMqtt = 16;
        const test::FakeClock clock;
        const publish::Run run{.gateway = "gw-north-01",
                               .epoch = kEpoch,
                               .start = 12,
                               .software = "gengfu 0.1.0",
                               .configuration_hash = "00112233445566ff"};
        Encoder records(run, config::Encoding::kProtobuf, clock);
        const std::string payload =
            envelope(records.batch(100000, "0123456789abcdef", encoder), Volatile::kNo, Resent::kNo);
        const std::string topic = "gengfu/v1/440309/440309008012/gw-north-01/tele";
        const std::size_t wire = payload.size() + topic.size() + kMqtt;
        EXPECT_LE(static_cast<double>(wire) / 100, 8) << "floats: " << floats;
    }
}

TEST(Aliases, LastAndAreNeverUsedAgain) {
    test::SiteBuilder first;
    first.device("a", {"x", "y"});
    Aliases aliases;
    extend(aliases, first.site());
    EXPECT_EQ(aliases, (Aliases{{"a/x", 1}, {"a/y", 2}}));
    test::SiteBuilder second;  // a/x is gone, b is new
    second.device("b", {"x"});
    second.device("a", {"y"});
    extend(aliases, second.site());
    EXPECT_EQ(aliases, (Aliases{{"a/x", 1}, {"a/y", 2}, {"b/x", 3}}));
    extend(aliases, first.site());
    EXPECT_EQ(aliases.at("a/x"), 1U);
}

config::Site large_site() {
    test::SiteBuilder builder;
    for (int d = 0; d < 60; ++d) {
        const DeviceId device =
            builder.device("device-" + std::to_string(d), {"residual_current", "t1", "t2"});
        builder.site().devices[device.value].component.place.grid = "440309008012003";
        builder.spec(builder.point(device, "t1")).enumeration = {{0, "warm-up"}, {1, "monitoring"}};
    }
    builder.site().parties = {{"drainage-3", "ZZ0312", "龙华排水三队", "roster:drainage-3"}};
    return builder.site();
}

TEST(CatalogueTest, ComesInSmallPartsThatTogetherHaveEverything) {
    const config::Site site = large_site();
    Aliases aliases;
    extend(aliases, site);
    const Catalogue catalogue = build_catalogue(site, aliases, config::Encoding::kProtobuf);
    int devices = 0;
    int points = 0;
    int parties = 0;
    ASSERT_GT(catalogue.parts.size(), 1U);
    for (std::size_t i = 0; i < catalogue.parts.size(); ++i) {
        const gengfu::v1::CatalogueChange& part = catalogue.parts[i];
        EXPECT_LE(part.ByteSizeLong(), kCataloguePartBytes);
        EXPECT_EQ(part.part(), i);
        EXPECT_EQ(part.parts(), catalogue.parts.size());
        EXPECT_EQ(part.hash(), catalogue.hash);
        devices += part.devices_size();
        points += part.points_size();
        parties += part.parties_size();
    }
    EXPECT_EQ(devices, 60);
    EXPECT_EQ(points, 180);
    EXPECT_EQ(parties, 1);
    EXPECT_EQ(catalogue.hash.size(), 16U);
}

TEST(CatalogueTest, TheHashFollowsTheContentAlone) {
    config::Site site = large_site();
    Aliases aliases;
    extend(aliases, site);
    const std::string hash = build_catalogue(site, aliases, config::Encoding::kProtobuf).hash;
    EXPECT_EQ(build_catalogue(site, aliases, config::Encoding::kProtobuf).hash, hash);
    EXPECT_EQ(build_catalogue(site, aliases, config::Encoding::kJson).hash, hash);  // only cut otherwise
    site.devices[3].component.place.area = "北门";
    EXPECT_NE(build_catalogue(site, aliases, config::Encoding::kProtobuf).hash, hash);
}

}  // namespace
}  // namespace gengfu::publish
