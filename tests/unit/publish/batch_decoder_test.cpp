// The decoder against the gateway's own encoder, and against batches that are none.
#include "daemon/publish/batch_decoder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <unordered_map>

#include "daemon/publish/batch_encoder.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {
namespace {

std::shared_ptr<const AliasTable> catalogue(std::uint32_t points, double resolution) {
    std::unordered_map<std::uint32_t, AliasCoding> codings;
    for (std::uint32_t alias = 1; alias <= points; ++alias) {
        // Numbers differ from aliases on purpose.
        codings[alias] = {static_cast<std::int32_t>(alias + 100), resolution, 0.5, alias == points};
    }
    return std::make_shared<const AliasTable>(std::move(codings));
}

v1::Batch sound() {
    v1::Batch batch;
    batch.set_catalogue_hash("h");
    for (const int delta : {1, 1, -1}) {
        batch.add_alias_delta(delta);
    }
    for (const int delta : {0, 5, 1'000'000}) {
        batch.add_delta_us(delta);
    }
    for (const int step : {98, 7, -1}) {
        batch.add_step_delta(step);
    }
    return batch;
}

TEST(BatchDecoder, ReadsSteps) {
    SampleArrays out;
    ASSERT_TRUE(decode_batch(sound(), *catalogue(3, 0.1), out));
    EXPECT_EQ(out.number, (std::vector<std::int32_t>{101, 102, 101}));
    EXPECT_EQ(out.offset_us, (std::vector<std::int64_t>{0, 5, 1'000'005}));
    EXPECT_EQ(out.value, (std::vector<double>{98 * 0.1 + 0.5, 7 * 0.1 + 0.5, 97 * 0.1 + 0.5}));
    EXPECT_EQ(out.quality, (std::vector<std::int16_t>{256, 256, 256}));
}

TEST(BatchDecoder, GivesBackWhatTheGatewayEncoded) {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        constexpr std::uint32_t kPoints = 12;
        const double resolution = round % 3 == 0 ? 0.1 : round % 3 == 1 ? 1.0 : 0.0;
        std::vector<PointCoding> points(kPoints);
        for (std::uint32_t i = 0; i < kPoints; ++i) {
            points[i].alias = i + 1;
            points[i].resolution = resolution;
            points[i].offset = 0.5;
            points[i].text = i + 1 == kPoints;
        }
        BatchEncoder encoder(points);
        std::vector<Sample> samples;
        Monotonic time{std::chrono::hours(1)};
        const auto size = random() % 200 + 1;
        for (std::size_t i = 0; i < size; ++i) {
            Sample sample;
            sample.point = PointId{static_cast<std::uint32_t>(random() % (kPoints - 1))};
            sample.taken = time += std::chrono::microseconds(random() % 1000);
            sample.quality = static_cast<Quality>(random() % 3 + 1);
            sample.reason = static_cast<Reason>(random() % 3);
            const auto kind = random() % 4;
            sample.value = kind == 0   ? std::nan("")
                           : kind == 1 ? static_cast<double>(static_cast<float>(random() % 997) / 7)
                           : kind == 2 ? 1.0 / static_cast<double>(random() % 997 + 1)
                                       : static_cast<double>(random() % 65536) * resolution + 0.5;
            encoder.add(sample);
            samples.push_back(sample);
        }
        v1::Batch batch;
        const Monotonic start = encoder.start();
        encoder.fill(batch);
        SampleArrays out;
        const Result<void> done = decode_batch(batch, *catalogue(kPoints, resolution), out);
        ASSERT_TRUE(done) << done.error().what;
        ASSERT_EQ(out.size(), samples.size());
        for (std::size_t i = 0; i < samples.size(); ++i) {
            EXPECT_EQ(out.number[i], static_cast<std::int32_t>(samples[i].point.value + 101));
            EXPECT_EQ(std::chrono::microseconds(out.offset_us[i]), samples[i].taken - start);
            EXPECT_EQ(out.quality[i],
                      static_cast<int>(samples[i].quality) * 256 + static_cast<int>(samples[i].reason));
            EXPECT_TRUE(out.value[i] == samples[i].value ||
                        (std::isnan(out.value[i]) && std::isnan(samples[i].value)));
        }
    }
}

struct Bad {
    const char* name;
    std::function<void(v1::Batch&)> spoil;
};

TEST(BatchDecoder, RefusesWhatIsNoBatch) {
    const Bad kBad[] = {
        {"lengths differ", [](v1::Batch& b) { b.add_delta_us(1); }},
        {"alias 0", [](v1::Batch& b) { b.set_alias_delta(0, 0); }},
        {"negative alias", [](v1::Batch& b) { b.set_alias_delta(0, -5); }},
        {"unknown alias", [](v1::Batch& b) { b.set_alias_delta(0, 77); }},
        {"alias of a text", [](v1::Batch& b) { b.set_alias_delta(1, 2); }},
        {"time runs backwards before the start", [](v1::Batch& b) { b.set_delta_us(1, -1); }},
        {"a time that overflows",
         [](v1::Batch& b) { b.set_delta_us(1, std::numeric_limits<std::int64_t>::max()); }},
        {"a step too few", [](v1::Batch& b) { b.mutable_step_delta()->RemoveLast(); }},
        {"a step too many", [](v1::Batch& b) { b.add_step_delta(1); }},
        {"runs too long", [](v1::Batch& b) { b.add_value_runs(400); }},
        {"runs too short", [](v1::Batch& b) { b.add_value_runs(4); }},
        {"a run of singles without singles", [](v1::Batch& b) { b.add_value_runs(3 * 4 + 1); }},
        {"a run of exacts without exacts", [](v1::Batch& b) { b.add_value_runs(3 * 4 + 2); }},
        {"qualities too short", [](v1::Batch& b) { b.add_quality_runs(1), b.add_quality_runs(256); }},
        {"qualities too long", [](v1::Batch& b) { b.add_quality_runs(9), b.add_quality_runs(256); }},
        {"half a quality", [](v1::Batch& b) { b.add_quality_runs(3); }},
        {"no quality", [](v1::Batch& b) { b.add_quality_runs(3), b.add_quality_runs(1U << 20U); }},
        {"a text of a number", [](v1::Batch& b) { b.add_texts()->set_alias(1); }},
        {"a text with a NUL",
         [](v1::Batch& b) {
             v1::TextSample& text = *b.add_texts();
             text.set_alias(3);
             text.set_value(std::string("a\0b", 3));
         }},
    };
    for (const Bad& bad : kBad) {
        v1::Batch batch = sound();
        bad.spoil(batch);
        SampleArrays out;
        const Result<void> done = decode_batch(batch, *catalogue(3, 0.1), out);
        ASSERT_FALSE(done) << bad.name;
        EXPECT_EQ(done.error().code, Errc::kCorrupt) << bad.name;
    }
    SampleArrays out;
    EXPECT_FALSE(decode_batch(sound(), *catalogue(3, 0), out)) << "a step of a point without resolution";
}

TEST(BatchDecoder, StepsWithoutEndWrapAndDoNotTrap) {
    v1::Batch batch = sound();
    batch.set_alias_delta(1, 0);
    batch.set_alias_delta(2, 0);
    for (int i = 0; i < 3; ++i) {
        batch.set_step_delta(i, std::numeric_limits<std::int64_t>::max());
    }
    SampleArrays out;
    EXPECT_TRUE(decode_batch(batch, *catalogue(3, 0.1), out));
}

}  // namespace
}  // namespace gengfu::publish
