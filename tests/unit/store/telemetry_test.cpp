#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/unit/store/support.hpp"

// Day files, clocks, retention and size.
namespace gengfu::store::test {
namespace {

constexpr std::chrono::sys_days kDate = std::chrono::year(2026) / 11 / 21;

/// Appends one record and waits until it is on disk.
void append_and_flush(Store& store, const Record& record) {
    const std::uint64_t before = store.usage().commits;
    ASSERT_TRUE(store.append_telemetry(record));
    ASSERT_TRUE(eventually([&] { return store.usage().commits > before; }));
}

bool has(const TempFolder& folder, const std::string& name) {
    return std::filesystem::exists(folder.file(name));
}

TEST(Telemetry, GoesIntoAFileADay) {
    const TempFolder folder;
    TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    append_and_flush(*opened.store, telemetry(opened.start.epoch, 1));
    clock.set(kDate + std::chrono::days(1));
    append_and_flush(*opened.store, telemetry(opened.start.epoch, 2));
    clock.set(kDate + std::chrono::days(3));
    append_and_flush(*opened.store, telemetry(opened.start.epoch, 3));
    for (const char* name : {"telemetry-20261121.db", "telemetry-20261122.db", "telemetry-20261124.db"}) {
        EXPECT_TRUE(has(folder, name)) << name;
    }
    EXPECT_FALSE(has(folder, "telemetry-20261121.db-wal")) << "sealed";
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry, 1)), numbers(1, 3));
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kTelemetry, 1)), numbers(1, 3));
}

TEST(Telemetry, SameDayGoesOnInItsFileAfterARestart) {
    const TempFolder folder;
    const TestClock clock;
    for (int start = 0; start < 3; ++start) {
        Opened opened = open_store(options_for(folder), clock);
        ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
        close(*opened.store);
    }
    const std::vector<std::string> names = files_in(folder.path());
    EXPECT_EQ(std::count_if(names.begin(), names.end(),
                            [](const auto& name) { return name.starts_with("telemetry-"); }),
              1);
}

TEST(Telemetry, WithoutClockFilesAreNamedByTheStartUntilItIsKnown) {
    const TempFolder folder;
    TestClock clock;
    clock.set(std::nullopt);
    Opened opened = open_store(options_for(folder), clock);
    append_and_flush(*opened.store, telemetry(opened.start.epoch, 1));
    EXPECT_TRUE(has(folder, "telemetry-start-0000000001.db"));
    clock.set(kDate);
    append_and_flush(*opened.store, telemetry(opened.start.epoch, 2));
    EXPECT_TRUE(has(folder, "telemetry-20261121.db"));
    close(*opened.store);
    clock.set(std::nullopt);
    opened = open_store(options_for(folder), clock);
    append_and_flush(*opened.store, telemetry(opened.start.epoch, 1));
    EXPECT_TRUE(has(folder, "telemetry-start-0000000002.db"));
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)),
              (std::vector<std::uint64_t>{1, 2, 1}));
}

TEST(Telemetry, ClockThatJumpsNeverMixesUpTheOrder) {
    const TempFolder folder;
    TestClock clock;
    std::vector<Identity> want;
    // Right, ten years ahead, back again, a day before, unknown; two starts for each, three records a start.
    const std::optional<Wall> walls[] = {
        kDate, kDate + std::chrono::days(3650), kDate, kDate - std::chrono::days(1), {}};
    for (int start = 0; start < 10; ++start) {
        Opened opened = open_store(options_for(folder), clock);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            clock.set(walls[(static_cast<std::uint64_t>(start) / 2 + i) % 5]);
            append_and_flush(*opened.store, telemetry(opened.start.epoch, i));
            want.push_back({opened.start.epoch, Stream::kTelemetry, i});
        }
        close(*opened.store);
    }
    const Opened opened = open_store(options_for(folder), clock);
    std::vector<Identity> found;
    for (const Record& record : all_pending(*opened.store, Stream::kTelemetry, 4)) {
        found.push_back(record.identity);
    }
    EXPECT_EQ(found, want);
}

TEST(Telemetry, HistoryBeyondItsTimeIsUnlinkedAndUnsentIsNot) {
    const TempFolder folder;
    TestClock clock;
    Options options = options_for(folder);
    options.history = std::chrono::days(30);
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    append_and_flush(*opened.store, telemetry(epoch, 1));
    clock.set(kDate + std::chrono::days(1));
    append_and_flush(*opened.store, telemetry(epoch, 2));
    opened.store->confirm("broker", epoch, Stream::kTelemetry, {{2, 2}});
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(1, 1));
    clock.set(kDate + std::chrono::days(32));
    append_and_flush(*opened.store, telemetry(epoch, 3));
    EXPECT_TRUE(has(folder, "telemetry-20261121.db")) << "unsent";
    EXPECT_FALSE(has(folder, "telemetry-20261122.db")) << "everyone has it, and its time is over";
    EXPECT_EQ(opened.store->usage().records_abandoned, 0U);
}

TEST(Telemetry, SizeLimitHoldsAndLossesAreDeclared) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.size_limit_bytes = 16ULL << 20U;
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    std::uint64_t most = 0;
    constexpr std::uint64_t kRecords = 500;  // 50 MB
    for (std::uint64_t i = 1; i <= kRecords; ++i) {
        ASSERT_TRUE(eventually([&, record = telemetry(
                                       epoch, i, std::string(100'000, static_cast<char>('a' + i % 26)))] {
            // A refused record is a lost one: wait for room as a reader of a bus could not.
            return opened.store->usage().telemetry_pending + opened.store->usage().records_abandoned + 8 >
                       i &&
                   opened.store->append_telemetry(record);
        })) << i;
        most = std::max(most, bytes_in(folder.path()));
    }
    ASSERT_TRUE(commit(*opened.store, event(epoch, 1)));
    close(*opened.store);
    EXPECT_LE(most, options.size_limit_bytes);
    EXPECT_GT(most, options.size_limit_bytes / 2) << "gives up too early";
    const Opened again = open_store(options, clock);
    const std::vector<Record> left = all_pending(*again.store, Stream::kTelemetry);
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(sequences(left), numbers(left.front().identity.sequence, kRecords))
        << "the newest, without gaps";
    EXPECT_EQ(again.start.records_abandoned, left.front().identity.sequence - 1);
    ASSERT_EQ(again.start.abandoned.size(), 1U);
    EXPECT_EQ(again.start.abandoned[0].ranges,
              (std::vector<SequenceRange>{{1, left.front().identity.sequence - 1}}));
    EXPECT_EQ(all_pending(*again.store, Stream::kEvent).size(), 1U);
}

TEST(Telemetry, HistoryGoesBeforeUnsent) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.size_limit_bytes = 16ULL << 20U;
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    // The first 40 are unsent and stay; what is confirmed goes, though it is younger.
    for (std::uint64_t i = 1; i <= 300; ++i) {
        append_and_flush(*opened.store, telemetry(epoch, i, std::string(100'000, 't')));
        if (i > 40) {
            opened.store->confirm("broker", epoch, Stream::kTelemetry, {{i, i}});
        }
    }
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(1, 40));
    EXPECT_EQ(opened.store->usage().records_abandoned, 0U);
    EXPECT_LE(bytes_in(folder.path()), options.size_limit_bytes);
}

TEST(Telemetry, ConfirmedEventsGoLastAndOnlyThoseThatTheBookCovers) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.size_limit_bytes = 8ULL << 20U;
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    std::uint64_t last = 0;
    const auto next = [&] {
        return commit(*opened.store, event(epoch, ++last, std::string(500'000, 'e')), "s");
    };
    const auto settle = [&](std::uint64_t sequence) {
        opened.store->confirm("broker", epoch, Stream::kEvent, {{sequence, sequence}});
    };
    while (last < 40 && next()) {
        settle(last);
    }
    EXPECT_GT(last, 5U);
    EXPECT_LT(last, 17U) << "events that no book covers must not be deleted";
    EXPECT_LE(bytes_in(folder.path()), options.size_limit_bytes);
    EXPECT_TRUE(eventually([&] { return !opened.store->usage().trouble.empty(); }));

    opened.store->save_book("book");
    EXPECT_TRUE(eventually([&] { return opened.store->usage().trouble.empty(); })) << "now there is room";
    settle(last);
    for (int i = 0; i < 30; ++i) {
        const Result<void> done = next();
        ASSERT_TRUE(done) << last << ": " << done.error().what;
        settle(last);
        opened.store->save_book("book");
        ASSERT_LE(bytes_in(folder.path()), options.size_limit_bytes);
    }
    EXPECT_EQ(opened.store->usage().records_abandoned, 0U);
}

TEST(Telemetry, PendingAmongAMillionRecordsReadsOnlyWhatItFinds) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    constexpr std::uint64_t kRecords = 1'000'000;
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    for (std::uint64_t i = 1; i <= kRecords;) {
        const std::uint64_t before = opened.store->usage().commits;
        for (const std::uint64_t end = i + 2000; i < end; ++i) {
            ASSERT_TRUE(opened.store->append_telemetry(telemetry(epoch, i, "sixteen bytes...")));
        }
        // That commit may be one of the state: the queue has room for three times as many again.
        ASSERT_TRUE(eventually([&] { return opened.store->usage().commits > before; }));
    }
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(
        pending(*opened.store, Stream::kTelemetry, Identity{epoch, Stream::kTelemetry, kRecords - 10}));
    const auto tail = std::chrono::steady_clock::now();
    opened.store->confirm("broker", epoch, Stream::kTelemetry, {{1, 500'000}, {500'002, kRecords - 1}});
    const Result<Pending> middle = pending(*opened.store, Stream::kTelemetry);
    const auto done = std::chrono::steady_clock::now();
    ASSERT_TRUE(middle);
    EXPECT_EQ(sequences(middle->records), (std::vector<std::uint64_t>{500'001, kRecords}));
    RecordProperty("tail_us",
                   static_cast<int>(std::chrono::duration<double, std::micro>(tail - began).count()));
    RecordProperty("gaps_us",
                   static_cast<int>(std::chrono::duration<double, std::micro>(done - tail).count()));
    std::printf("pending among a million: tail %.0f us, two gaps %.0f us\n",
                std::chrono::duration<double, std::micro>(tail - began).count(),
                std::chrono::duration<double, std::micro>(done - tail).count());
    close(*opened.store);
    const auto opening = std::chrono::steady_clock::now();
    const Opened again = open_store(options, clock);
    std::printf(
        "opening a store of a million: %.1f ms\n",
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - opening).count());
}

}  // namespace
}  // namespace gengfu::store::test
