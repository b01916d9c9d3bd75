// Rows of samples as COPY takes them, read back by a small reader of the binary format.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "gengfu/v1/common.pb.h"
#include "governance/ingest/sample_rows.hpp"

namespace gengfu::ingest {
namespace {

/// Fields of each row, as bytes; nullptr-like marker for NULL.
struct Field {
    bool null = false;
    std::string bytes;
};

std::int64_t integer(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) {
        value = value << 8U | static_cast<unsigned char>(c);
    }
    const auto shift = 64 - 8 * bytes.size();
    return static_cast<std::int64_t>(value << shift) >> shift;
}

std::vector<std::vector<Field>> read(const CopyBuffer& buffer) {
    std::string_view rest = buffer.bytes();
    const auto take = [&](std::size_t size) {
        const std::string_view out = rest.substr(0, size);
        rest.remove_prefix(size);
        return out;
    };
    EXPECT_EQ(take(11), std::string_view("PGCOPY\n\377\r\n\0", 11));
    take(8);
    std::vector<std::vector<Field>> rows;
    for (;;) {
        const std::int64_t fields = integer(take(2));
        if (fields == -1) {
            EXPECT_TRUE(rest.empty());
            return rows;
        }
        rows.emplace_back();
        for (std::int64_t i = 0; i < fields; ++i) {
            const std::int64_t size = integer(take(4));
            rows.back().push_back(
                {size < 0, std::string(take(size < 0 ? 0 : static_cast<std::size_t>(size)))});
        }
    }
}

std::vector<Field> elements(std::string_view array) {
    std::vector<Field> out;
    if (integer(array.substr(0, 4)) == 0) {
        return out;
    }
    const auto size = static_cast<std::size_t>(integer(array.substr(12, 4)));
    array.remove_prefix(20);
    for (std::size_t i = 0; i < size; ++i) {
        const std::int64_t length = integer(array.substr(0, 4));
        const std::size_t bytes = length < 0 ? 0 : static_cast<std::size_t>(length);
        out.push_back({length < 0, std::string(array.substr(4, bytes))});
        array.remove_prefix(4 + bytes);
    }
    EXPECT_TRUE(array.empty());
    return out;
}

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kWall = 500'000 * kHour;  // a full hour in 2027

struct Given {
    const std::string gateway = "gw-1";
    SampleOwner owner{&gateway, 0xFFFF000000000001, 42, kWall};
    v1::Time start;
    SampleArrays samples;
    SampleRows rows;

    void sample(std::int32_t number, std::int64_t offset, double value, std::int16_t quality = 256) {
        samples.number.push_back(number);
        samples.offset_us.push_back(offset);
        samples.value.push_back(value);
        samples.quality.push_back(quality);
    }
};

TEST(SampleRows, OneMessageIsOneRow) {
    Given given;
    given.start.set_wall_us(kWall + 1);
    given.sample(1, 0, 9.5);
    given.sample(2, 7, std::nan(""));
    ASSERT_TRUE(given.rows.add(given.owner, given.start, given.samples));
    given.rows.finish();
    const auto rows = read(given.rows.recent);
    ASSERT_EQ(rows.size(), 1U);
    const auto& row = rows[0];
    ASSERT_EQ(row.size(), 9U);
    EXPECT_EQ(integer(row[0].bytes), kWall - CopyBuffer::kPostgresEpoch);
    EXPECT_EQ(integer(row[1].bytes), static_cast<std::int64_t>(given.owner.epoch));
    EXPECT_EQ(integer(row[2].bytes), 42);
    EXPECT_EQ(row[3].bytes, "gw-1");
    EXPECT_EQ(integer(row[4].bytes), 0);
    EXPECT_EQ(integer(row[5].bytes), 256);
    const auto offsets = elements(row[6].bytes);
    EXPECT_EQ(integer(offsets[0].bytes), 1 - kHour / 2);
    EXPECT_EQ(integer(offsets[1].bytes), 8 - kHour / 2);
    EXPECT_EQ(integer(elements(row[7].bytes)[1].bytes), 2);
    const auto values = elements(row[8].bytes);
    EXPECT_EQ(std::bit_cast<double>(integer(values[0].bytes)), 9.5);
    EXPECT_TRUE(values[1].null);
    EXPECT_TRUE(given.rows.clockless.is_empty());
    EXPECT_EQ(given.rows.size(), 2U);
}

TEST(SampleRows, AnotherHourBlockOrQualityIsAnotherRow) {
    Given given;
    given.start.set_wall_us(kWall + kHour - 10);
    given.sample(1, 0, 1);
    given.sample(1, 10, 2);           // the next hour
    given.sample(32'768, 11, 3);      // the next block
    given.sample(1, 12, 4, 3 * 256);  // another quality
    given.sample(1, 13, 5);           // with the second
    ASSERT_TRUE(given.rows.add(given.owner, given.start, given.samples));
    given.rows.finish();
    const auto rows = read(given.rows.recent);
    ASSERT_EQ(rows.size(), 4U);
    std::size_t samples = 0;
    for (const auto& row : rows) {
        samples += elements(row[8].bytes).size();
        for (const Field& offset : elements(row[6].bytes)) {
            EXPECT_LE(std::abs(integer(offset.bytes)), kHour / 2);
        }
    }
    EXPECT_EQ(samples, 5U);
}

TEST(SampleRows, WithoutAClockTheyAreKeptApart) {
    for (const std::int64_t wall : {std::int64_t{0}, std::int64_t{1'000'000}, std::int64_t{-5}}) {
        Given given;
        given.start.set_wall_us(wall);
        given.start.set_monotonic_us(77);
        given.start.set_boot_id_high(0x0102030405060708);
        given.sample(1, 9, 1);
        given.samples.texts.push_back({5, 3, "V1", 256});
        ASSERT_TRUE(given.rows.add(given.owner, given.start, given.samples));
        given.rows.finish();
        EXPECT_TRUE(given.rows.recent.is_empty());
        const auto rows = read(given.rows.clockless);
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows[0][2].bytes, std::string("\1\2\3\4\5\6\7\10", 8) + std::string(8, '\0'));
        EXPECT_EQ(integer(rows[0][3].bytes), 77);
        EXPECT_EQ(integer(elements(rows[0][8].bytes)[0].bytes), 9);
        const auto texts = read(given.rows.text);
        ASSERT_EQ(texts.size(), 1U);
        EXPECT_TRUE(texts[0][2].null);
        EXPECT_EQ(integer(texts[0][4].bytes), 80);
        EXPECT_EQ(texts[0][8].bytes, "V1");
    }
}

TEST(SampleRows, AMonotonicTimeThatIsNoneIsRefused) {
    for (const std::int64_t monotonic : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
        Given given;
        given.start.set_monotonic_us(monotonic);
        given.sample(1, 0, 1);
        EXPECT_FALSE(given.rows.add(given.owner, given.start, given.samples));
        EXPECT_EQ(given.rows.size(), 0U);
    }
}

}  // namespace
}  // namespace gengfu::ingest
