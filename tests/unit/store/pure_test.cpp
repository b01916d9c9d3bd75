#include <gtest/gtest.h>

#include "daemon/store/backoff.hpp"
#include "daemon/store/checksum.hpp"
#include "daemon/store/day.hpp"
#include "daemon/store/key.hpp"
#include "daemon/store/ledger_rows.hpp"
#include "daemon/store/pending.hpp"
#include "daemon/store/progress.hpp"

namespace gengfu::store {
namespace {

TEST(Checksum, IsTheCastagnoliOneOfRfc3720) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789"));
}

TEST(Checksum, RowsHashTellsNameFromValue) {
    EXPECT_NE(row_hash("ab", "c"), row_hash("a", "bc"));
    EXPECT_NE(row_hash("a", ""), row_hash("", "a"));
}

TEST(Keys, AscendWithStartThenSequence) {
    EXPECT_LT(key_of(1, kMaxSequence), key_of(2, 0));
    EXPECT_GT(key_of(kMaxStart, kMaxSequence), 0);
    EXPECT_EQ(start_of(key_of(kMaxStart, 5)), kMaxStart);
    EXPECT_EQ(sequence_of(key_of(7, kMaxSequence)), kMaxSequence);
}

TEST(Backoff, DoublesToItsMostAndForgetsAtSuccess) {
    Backoff backoff;
    Monotonic now{std::chrono::hours(1)};
    EXPECT_TRUE(backoff.ready(now));
    backoff.failed(now);
    EXPECT_FALSE(backoff.ready(now));
    EXPECT_EQ(backoff.until(), now + Backoff::kFirst);
    for (int i = 0; i < 10; ++i) {
        backoff.failed(now);
    }
    EXPECT_EQ(backoff.until(), now + Backoff::kMost);
    backoff.succeeded();
    EXPECT_FALSE(backoff.failing());
    EXPECT_TRUE(backoff.ready(now));
}

constexpr std::chrono::sys_days kDate = std::chrono::year(2026) / 11 / 21;
const Day kDay = kDate.time_since_epoch().count();

TEST(Days, NamesComeBack) {
    const std::pair<TelemetryName, std::string> names[] = {
        {{kDay, 0, 1}, "telemetry-20261121.db"},
        {{kDay, 0, 12}, "telemetry-20261121-12.db"},
        {{std::nullopt, 7, 1}, "telemetry-start-0000000007.db"},
        {{std::nullopt, 33554431, 3}, "telemetry-start-0033554431-3.db"},
    };
    for (const auto& [name, text] : names) {
        EXPECT_EQ(to_string(name), text);
        EXPECT_EQ(parse_telemetry_name(text), name);
    }
}

TEST(Days, OtherNamesAreNotOurs) {
    for (const char* text :
         {"telemetry-20261121", "telemetry-20261131.db", "telemetry-2026112.db", "telemetry-20261121-1.db",
          "telemetry-20261121-02.db", "telemetry-20261121-.db", "telemetry-20261121x.db", "telemetry-.db",
          "telemetry.db", "telemetry-start-7.db", "telemetry-20261121-99999999999.db", "events.db",
          "telemetry-20261121.db.damaged-1"}) {
        EXPECT_FALSE(parse_telemetry_name(text)) << text;
    }
}

TEST(Days, ChangeAtMidnightUtcAndNotBackAroundIt) {
    const TelemetryName today{kDay, 0, 1};
    const TelemetryName unknown{std::nullopt, 7, 1};
    const Wall midnight = kDate + std::chrono::days(1);
    EXPECT_EQ(day_of(midnight), kDay + 1);
    EXPECT_EQ(day_of(midnight - std::chrono::microseconds(1)), kDay);
    EXPECT_FALSE(other_day(today, std::nullopt));
    EXPECT_FALSE(other_day(today, midnight - std::chrono::seconds(1)));
    EXPECT_TRUE(other_day(today, midnight));
    EXPECT_FALSE(other_day(today, Wall(kDate) - std::chrono::minutes(59))) << "a clock set back a little";
    EXPECT_TRUE(other_day(today, Wall(kDate) - std::chrono::minutes(61)));
    EXPECT_TRUE(other_day(unknown, midnight));
    EXPECT_FALSE(other_day(unknown, std::nullopt));
}

const Place kEvents{3, Stream::kEvent};
const Place kTele{3, Stream::kTelemetry};

TEST(Rows, NamesAndTextsComeBack) {
    EXPECT_EQ(rows::confirmed_name(kEvents, "governance-db"), "confirmed/0000000003/event/governance-db");
    EXPECT_EQ(rows::parse_confirmed("confirmed/0000000003/telemetry/a/b"),
              std::pair(kTele, std::string("a/b")));
    for (const char* text : {"confirmed/0000000003/event", "confirmed/0/event/a", "confirmed/x/event/a",
                             "confirmed/0000000003/other/a", "confirmed/99999999999/event/a"}) {
        EXPECT_FALSE(rows::parse_confirmed(text)) << text;
    }
    const std::map<std::uint64_t, Epoch> epochs{{1, Epoch{0x10}}, {2, Epoch{~0ULL}}};
    EXPECT_EQ(rows::epochs_text(epochs), "1 0000000000000010\n2 ffffffffffffffff\n");
    EXPECT_EQ(rows::parse_epochs(rows::epochs_text(epochs)), epochs);
    for (const char* text : {"1\n", "1 0\n", "0 1\n", "x 1\n", "1 g\n"}) {
        EXPECT_FALSE(rows::parse_epochs(text)) << text;
    }
}

TEST(Progress, ReleasesWhatEveryConsumerHas) {
    Progress progress({"a", "b"});
    EXPECT_TRUE(progress.confirm(kEvents, "a", {{1, 9}}, 100));
    EXPECT_TRUE(progress.released(kEvents).empty());
    EXPECT_TRUE(progress.confirm(kEvents, "b", {{4, 20}}, 100));
    EXPECT_EQ(to_text(progress.released(kEvents)), "4-9");
    EXPECT_TRUE(progress.released(kTele).empty()) << "another stream";
}

TEST(Progress, SaysOnlyWhatIsNew) {
    Progress progress({"a"});
    EXPECT_TRUE(progress.confirm(kEvents, "a", {{1, 9}}, 100));
    EXPECT_EQ(progress.take_changes().size(), 1U);
    EXPECT_FALSE(progress.confirm(kEvents, "a", {{2, 3}}, 100));
    EXPECT_FALSE(progress.confirm(kEvents, "a", {}, 100));
    EXPECT_FALSE(progress.confirm(kEvents, "stranger", {{50, 60}}, 100));
    EXPECT_TRUE(progress.take_changes().empty());
}

TEST(Progress, FragmentsAreBounded) {
    Progress progress({"a"});
    std::vector<SequenceRange> every_second;
    for (std::uint64_t i = 1; i <= 3 * Progress::kMostRanges; i += 2) {
        every_second.push_back({i, i});
    }
    progress.confirm(kEvents, "a", every_second, kMaxSequence);
    EXPECT_EQ(progress.released(kEvents).ranges().size(), Progress::kMostRanges);
    EXPECT_TRUE(progress.confirm(kEvents, "a", {{1, kMaxSequence}}, 1000));
    EXPECT_TRUE(progress.released(kEvents).covers({1, 1000}));
}

TEST(Progress, NewConsumerHasWhatAllBeforeItHad) {
    Progress progress({"new"});
    progress.load(kEvents, "a", *parse_ranges("1-10"));
    progress.load(kEvents, "b", *parse_ranges("5-20"));
    progress.join("new", {"a", "b"});
    EXPECT_EQ(to_text(progress.released(kEvents)), "5-10");
}

TEST(Progress, ForgetsStartsAndConsumers) {
    Progress progress({"a"});
    progress.load({1, Stream::kEvent}, "a", *parse_ranges("1-10"));
    progress.load(kEvents, "a", *parse_ranges("1-10"));
    progress.load(kEvents, "gone", *parse_ranges("1-10"));
    progress.forget_before(3);
    progress.forget("gone");
    EXPECT_TRUE(progress.released({1, Stream::kEvent}).empty());
    EXPECT_EQ(to_text(progress.released(kEvents)), "1-10");
    for (const Progress::Change& change : progress.take_changes()) {
        EXPECT_TRUE(change.gone);
    }
}

// Pending over a log that is only numbers.
struct FakeLog {
    Extents extents;
    std::map<std::uint64_t, RangeSet> released;
    std::size_t reads = 0;

    Source source() {
        static const RangeSet kNone;
        return {extents,
                [this](std::uint64_t start) -> const RangeSet& {
                    return released.contains(start) ? released.at(start) : kNone;
                },
                [this](Key first, Key last, Budget budget) -> Result<RecordFile::Read> {
                    ++reads;
                    RecordFile::Read read;
                    for (Key key = first; key <= last; ++key) {
                        if (read.records.size() >= budget.records) {
                            read.next = key;
                            read.more = true;
                            return read;
                        }
                        read.records.push_back(
                            {{Epoch{start_of(key)}, Stream::kEvent, sequence_of(key)}, {}, "x"});
                    }
                    read.next = last + 1;
                    return read;
                }};
    }
};

TEST(Pending, WalksTheGapsOverStarts) {
    FakeLog log;
    log.extents = {{1, {3, 6}}, {4, {1, 5}}};
    log.released = {{1, *parse_ranges("1-4")}, {4, *parse_ranges("2-3,5-5")}};
    const auto found = find_pending(log.source(), 0, 100);
    ASSERT_TRUE(found);
    std::vector<Key> keys;
    for (const Record& record : found->pending.records) {
        keys.push_back(key_of(record.identity.epoch.value, record.identity.sequence));
    }
    EXPECT_EQ(keys, (std::vector<Key>{key_of(1, 5), key_of(1, 6), key_of(4, 1), key_of(4, 4)}));
    EXPECT_FALSE(found->pending.more);
    EXPECT_EQ(log.reads, 3U) << "only gaps are read";
}

TEST(Pending, MoreIsSaidExactlyWhenThereIsMore) {
    FakeLog log;
    log.extents = {{1, {1, 6}}, {2, {1, 2}}};
    log.released = {{2, *parse_ranges("1-2")}};
    for (std::size_t limit = 1; limit <= 8; ++limit) {
        const auto found = find_pending(log.source(), 0, limit);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->pending.records.size(), std::min<std::size_t>(limit, 6));
        EXPECT_EQ(found->pending.more, limit < 6) << limit;
    }
    const auto after = find_pending(log.source(), key_of(1, 4), 10);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->pending.records.size(), 2U);
}

TEST(Pending, CountsWithoutReading) {
    static const RangeSet kNone;
    const Extents extents = {{1, {3, 12}}};
    const RangeSet released = *parse_ranges("1-5");
    const RangeSet abandoned = *parse_ranges("5-6,12-20");
    EXPECT_EQ(count_pending(
                  extents, [&](std::uint64_t) -> const RangeSet& { return released; },
                  [&](std::uint64_t) -> const RangeSet& { return abandoned; }),
              5U);
    EXPECT_EQ(count_pending(
                  extents, [&](std::uint64_t) -> const RangeSet& { return kNone; },
                  [&](std::uint64_t) -> const RangeSet& { return kNone; }),
              10U);
}

}  // namespace
}  // namespace gengfu::store
