// What the encoder writes is read back, in both encodings, and nothing else is.
#include "daemon/publish/record_reader.hpp"

#include <gtest/gtest.h>

#include "daemon/publish/catalogue.hpp"
#include "daemon/publish/encoder.hpp"
#include "daemon/publish/point_coding.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

class RecordReaderTest : public testing::TestWithParam<config::Encoding> {
protected:
    RecordReaderTest() {
        builder_.device("well", {"level", "flow"});
        extend(aliases_, builder_.site());
        catalogue_ = std::make_unique<Catalogue>(build_catalogue(builder_.site(), aliases_, GetParam()));
    }
    Encoder encoder() {
        publish::Run run;
        run.gateway = "gw";
        run.epoch = kEpoch;
        run.start = 7;
        return {run, GetParam(), clock_};
    }
    RecordReader reader() {
        return RecordReader([this](const std::string& hash) {
            std::vector<std::string> parts;
            for (const v1::CatalogueChange& part : catalogue_->parts) {
                parts.push_back(part.SerializeAsString());
            }
            return hash == catalogue_->hash ? parts : std::vector<std::string>{};
        });
    }

    gengfu::test::SiteBuilder builder_;
    Aliases aliases_;
    std::unique_ptr<Catalogue> catalogue_;
    gengfu::test::FakeClock clock_;
};

TEST_P(RecordReaderTest, Samples) {
    BatchEncoder samples(point_codings(builder_.site(), aliases_));
    samples.add(gengfu::test::good(PointId{1}, 12.5, gengfu::test::at(1)));
    samples.add(gengfu::test::bad(PointId{0}, Reason::kTimeout, gengfu::test::at(2)));
    const store::Record record = encoder().batch(1, catalogue_->hash, samples);
    RecordReader reader = this->reader();
    const Result<Recorded> read = reader.read(record);
    ASSERT_TRUE(read) << read.error().what;
    ASSERT_TRUE(read->has_samples);
    ASSERT_EQ(reader.samples().number.size(), 2U);
    const RecordReader::Point& first = reader.points()[static_cast<std::size_t>(reader.samples().number[0])];
    EXPECT_EQ(first.device + "/" + first.name, "well/flow");
    EXPECT_EQ(reader.samples().value[0], 12.5);
    EXPECT_EQ(reader.samples().offset_us[1], 1'000'000);
    EXPECT_EQ(reader.samples().quality[1], 256 * 3 + 1);
    samples.add(gengfu::test::good(PointId{1}, 12.5, gengfu::test::at(1)));
    EXPECT_EQ(reader.read(encoder().batch(2, "0123456789abcdef", samples)).error().code, Errc::kNotFound);
}

TEST_P(RecordReaderTest, TransitionsAndClockFixes) {
    const alarms::Transition written = transition(9, full_alarm());
    RecordReader reader = this->reader();
    const Result<Recorded> read = reader.read(encoder().transition(9, written));
    ASSERT_TRUE(read && read->transition);
    EXPECT_EQ(read->transition->kind, written.kind);
    EXPECT_EQ(read->transition->notify, written.notify);
    EXPECT_EQ(read->transition->alarm.key, written.alarm.key);
    EXPECT_EQ(read->transition->alarm.raised, written.alarm.raised);
    EXPECT_EQ(read->written.boot, clock_.boot());
    const Result<Recorded> fix = reader.read(encoder().clock_fix(10, {3, 1'000'000, 5}));
    ASSERT_TRUE(fix && fix->clock_fix);
    EXPECT_EQ(fix->clock_fix->first, clock_.boot());
    EXPECT_EQ(fix->clock_fix->second.wall_of_zero_us, 1'000'000);
}

TEST_P(RecordReaderTest, AnythingElseIsCorrupt) {
    RecordReader reader = this->reader();
    const store::Encoding encoding =
        GetParam() == config::Encoding::kJson ? store::Encoding::kJson : store::Encoding::kProtobuf;
    for (const char* bytes : {"{", "\xFF\xFF\xFF", "[]", "nonsense"}) {
        const Result<Recorded> read = reader.read({{kEpoch, Stream::kEvent, 1}, encoding, bytes});
        ASSERT_FALSE(read) << bytes;
        EXPECT_EQ(read.error().code, Errc::kCorrupt);
    }
}

INSTANTIATE_TEST_SUITE_P(Encodings, RecordReaderTest,
                         testing::Values(config::Encoding::kProtobuf, config::Encoding::kJson));

}  // namespace
}  // namespace gengfu::publish
