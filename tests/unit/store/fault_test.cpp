#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "tests/unit/store/fault_vfs.hpp"
#include "tests/unit/store/support.hpp"

// A disk that is full, fails, or comes back: alarms are answered at once, nothing waits for ever, nothing is
// lost that memory can hold.
namespace gengfu::store::test {
namespace {

class Troubles {
public:
    void operator()(const std::string& trouble) {
        const std::lock_guard lock(mutex_);
        all_.push_back(trouble);
    }
    std::size_t count(const std::string& words) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            all_.begin(), all_.end(),
            [&](const std::string& trouble) { return trouble.find(words) != std::string::npos; }));
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> all_;
};

struct Case {
    const char* name;
    FaultVfs::Fault fault;
    Errc code;
};
class FailingDisk : public testing::TestWithParam<Case> {};

TEST_P(FailingDisk, EventsAreAnsweredAtOnceKeptInMemoryAndCommittedWhenItIsBack) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    Troubles troubles;
    options.trouble = std::ref(troubles);
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    ASSERT_TRUE(commit(*opened.store, event(epoch, 1), "one"));

    disk.set(GetParam().fault);
    for (std::uint64_t i = 2; i <= 5; ++i) {
        const auto began = std::chrono::steady_clock::now();
        const Result<void> done = commit(*opened.store, event(epoch, i), "later");
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, GetParam().code) << done.error().what;
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5))
            << "an alarm waited for the disk";
    }
    EXPECT_TRUE(opened.store->append_telemetry(telemetry(epoch, 1)));
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(1, 5))
        << "they can be sent again";
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(1, 1));
    EXPECT_TRUE(eventually([&] { return !opened.store->usage().trouble.empty(); }));
    EXPECT_EQ(troubles.count("events cannot be written"), 1U) << "once per change of state";

    disk.set(FaultVfs::Fault::kNone);
    EXPECT_TRUE(eventually([&] { return opened.store->usage().trouble.empty(); }))
        << opened.store->usage().trouble;
    EXPECT_EQ(troubles.count("events are written again"), 1U);
    EXPECT_TRUE(commit(*opened.store, event(epoch, 6), "six"));
    close(*opened.store);

    const Opened again = open_store(options, clock);
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kEvent)), numbers(1, 6));
    EXPECT_EQ(again.start.later_events,
              (std::vector<std::string>{"one", "later", "later", "later", "later", "six"}));
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kTelemetry)), numbers(1, 1));
    EXPECT_TRUE(again.start.troubles.empty());
    EXPECT_EQ(again.start.records_abandoned, 0U);
}
const Case kCases[] = {
    {"Full", FaultVfs::Fault::kFull, Errc::kFull},
    {"WriteError", FaultVfs::Fault::kWriteError, Errc::kIo},
    {"SyncError", FaultVfs::Fault::kSyncError, Errc::kIo},
};
INSTANTIATE_TEST_SUITE_P(Table, FailingDisk, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Fault, ConfigurationThatCannotBeWrittenIsSaid) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    disk.set(FaultVfs::Fault::kFull);
    Answer<Result<void>> saved;
    opened.store->save_configuration("packed", saved);
    const Result<void> done = saved.get();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kFull);
    disk.set(FaultVfs::Fault::kNone);
    EXPECT_TRUE(eventually([&] { return opened.store->usage().trouble.empty(); }));
    close(*opened.store);
    EXPECT_EQ(open_store(options_for(folder), clock).start.configuration, "packed")
        << "written when the disk was back";
}

TEST(Fault, TelemetryGoesOnInMemoryUpToABound) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    disk.set(FaultVfs::Fault::kFull);
    std::uint64_t kept = 0;
    for (std::uint64_t i = 1; i <= 9000; ++i) {
        kept += opened.store->append_telemetry(telemetry(opened.start.epoch, i)) ? 1 : 0;
    }
    EXPECT_EQ(kept, 8192U);
    EXPECT_TRUE(eventually([&] { return opened.store->usage().records_abandoned == 9000 - 8192; }));
    disk.set(FaultVfs::Fault::kNone);
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    EXPECT_EQ(all_pending(*again.store, Stream::kTelemetry).size(), 8192U);
}

TEST(Fault, EventsBeyondMemoryAreGivenUpNewestFirstAndCounted) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    disk.set(FaultVfs::Fault::kFull);
    for (std::uint64_t i = 1; i <= 60; ++i) {
        EXPECT_FALSE(commit(*opened.store, event(opened.start.epoch, i, std::string(100'000, 'e'))));
    }
    EXPECT_TRUE(eventually([&] { return opened.store->usage().records_abandoned == 60 - 41; }))
        << opened.store->usage().records_abandoned;
    disk.set(FaultVfs::Fault::kNone);
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kEvent)), numbers(1, 41)) << "4 MiB";
}

TEST(Fault, StartOnAFullDiskStillRuns) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Epoch first;
    {
        Opened opened = open_store(options_for(folder), clock);
        first = opened.start.epoch;
        ASSERT_TRUE(commit(*opened.store, event(first, 1), "state"));
        opened.store->save_book("book");
        close(*opened.store);
    }
    disk.set(FaultVfs::Fault::kFull);
    Opened opened = open_store(options_for(folder), clock);
    ASSERT_NE(opened.store, nullptr);
    EXPECT_EQ(opened.start.book, "book");
    EXPECT_EQ(opened.start.number, 2U);
    EXPECT_TRUE(eventually([&] {
        return opened.store->usage().trouble.find("the state cannot be written") != std::string::npos;
    }));
    EXPECT_TRUE(opened.store->usage().full);
    EXPECT_FALSE(commit(*opened.store, event(opened.start.epoch, 1)));
    disk.set(FaultVfs::Fault::kNone);
    EXPECT_TRUE(eventually([&] { return opened.store->usage().trouble.empty(); }));
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    EXPECT_EQ(again.start.number, 3U) << "the number was written when the disk was back";
    EXPECT_EQ(all_pending(*again.store, Stream::kEvent).size(), 2U);
}

TEST(Fault, FullDiskGivesUpHistoryForAnEvent) {
    FaultVfs disk;
    const TempFolder folder;
    TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    const Epoch epoch = opened.start.epoch;
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(epoch, 1, std::string(300'000, 't'))));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder.file("telemetry-20261121.db")); }));
    clock.set(*clock.wall() + std::chrono::days(1));
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(epoch, 2)));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder.file("telemetry-20261122.db")); }));
    opened.store->confirm("broker", epoch, Stream::kTelemetry, {{1, 1}});
    // Events overtake confirmations on their way to the store's thread.
    ASSERT_TRUE(eventually([&] { return opened.store->usage().telemetry_pending == 1; }));
    disk.set(FaultVfs::Fault::kFull, "events.db");
    EXPECT_FALSE(commit(*opened.store, event(epoch, 1)));
    EXPECT_FALSE(std::filesystem::exists(folder.file("telemetry-20261121.db")))
        << "history is worth less than an alarm";
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(2, 2));
    EXPECT_EQ(opened.store->usage().records_abandoned, 0U);
}

// The store is small; what it gives up is given up because others have filled the disk, and said so.
TEST(Fault, WhatAFullDiskCostsIsDeclaredAsSuch) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    std::mutex mutex;
    std::vector<Loss> lost;
    options.lost = [&](Loss loss) {
        const std::lock_guard lock(mutex);
        lost.push_back(std::move(loss));
    };
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(epoch, 1, std::string(300'000, 't'))));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder.file("telemetry-20261121.db")); }));
    disk.set(FaultVfs::Fault::kFull, "events.db");
    EXPECT_FALSE(commit(*opened.store, event(epoch, 1)));
    ASSERT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex);
        return !lost.empty();
    }));
    EXPECT_EQ(lost, (std::vector<Loss>{{epoch, Stream::kTelemetry, {1, 1}, kDiskFull}}));
}

// fsyncs of the store's own, without the card's noise: what an event costs.
TEST(Fault, EventCostsOneSynchronisation) {
    FaultVfs disk;
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    const std::uint64_t before = disk.syncs();
    for (std::uint64_t i = 2; i <= 51; ++i) {
        ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, i)));
    }
    EXPECT_EQ(disk.syncs() - before, 50U);
}

}  // namespace
}  // namespace gengfu::store::test
