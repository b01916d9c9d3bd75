#include "daemon/store/store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <set>

#include "daemon/store/folder.hpp"
#include "daemon/store/key.hpp"
#include "tests/unit/store/support.hpp"

namespace gengfu::store::test {
namespace {

TEST(Store, EveryStartHasANewEpochAndTheNextNumber) {
    const TempFolder folder;
    const TestClock clock;
    std::set<std::uint64_t> epochs;
    for (std::uint64_t number = 1; number <= 5; ++number) {
        Opened opened = open_store(options_for(folder), clock);
        EXPECT_EQ(opened.start.number, number);
        EXPECT_NE(opened.start.epoch.value, 0U);
        EXPECT_TRUE(epochs.insert(opened.start.epoch.value).second);
        EXPECT_EQ(opened.start.epochs.size(), number - 1);
        EXPECT_TRUE(opened.start.troubles.empty());
        close(*opened.store);
    }
}

TEST(Store, NumberIsLastingBeforeAnythingElse) {
    const TempFolder folder;
    const TestClock clock;
    const Epoch first = open_store(options_for(folder), clock).start.epoch;
    const Opened second = open_store(options_for(folder), clock);
    EXPECT_EQ(second.start.number, 2U);
    ASSERT_EQ(second.start.epochs.size(), 1U);
    EXPECT_EQ(second.start.epochs[0], (KnownEpoch{first, 1, 0}));
}

TEST(Store, NumberCanBeSetAboveAnotherGatewayOfOurName) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.start_above = 41;
    EXPECT_EQ(open_store(options, clock).start.number, 42U);
}

TEST(Store, ANumberThatIsNoneKeepsNoGatewayFromStarting) {
    const TempFolder folder;
    const TestClock clock;
    std::uint64_t expected = 0;
    for (const std::uint64_t above : {kMaxStart, kMaxStart + 1, ~std::uint64_t{0}}) {
        Options options = options_for(folder);
        options.start_above = above;
        EXPECT_EQ(open_store(options, clock).start.number, ++expected);
    }
}

TEST(Store, HistoryIsGivenWhateverWasConfirmed) {
    const TempFolder folder;
    const TestClock clock;
    Epoch first;
    {
        Opened opened = open_store(options_for(folder), clock);
        first = opened.start.epoch;
        EXPECT_EQ(opened.start.oldest_held, 0U);
        for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
            ASSERT_TRUE(commit(*opened.store, event(first, sequence)));
            ASSERT_TRUE(opened.store->append_telemetry(telemetry(first, sequence)));
        }
        opened.store->confirm("broker", first, Stream::kEvent, {{1, 5}});
        opened.store->confirm("broker", first, Stream::kTelemetry, {{1, 3}});
        close(*opened.store);
    }
    Opened opened = open_store(options_for(folder), clock);
    EXPECT_EQ(opened.start.oldest_held, 1U);
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
    const std::vector<StreamRanges> want_held{{first, Stream::kEvent, {{1, 5}}},
                                              {first, Stream::kTelemetry, {{1, 5}}},
                                              {opened.start.epoch, Stream::kTelemetry, {{1, 1}}}};
    Answer<Result<std::vector<StreamRanges>>> listed;
    opened.store->held(listed);
    const Result<std::vector<StreamRanges>> held = listed.get();
    ASSERT_TRUE(held);
    EXPECT_EQ(*held, want_held);
    const auto history = [&](Epoch epoch, Stream stream, SequenceRange range, std::size_t limit) {
        Answer<Result<Pending>> answer;
        opened.store->history(epoch, stream, range, limit, answer);
        return answer.get();
    };
    Result<Pending> found = history(first, Stream::kEvent, {2, 9}, 2);
    ASSERT_TRUE(found);
    EXPECT_EQ(sequences(found->records), numbers(2, 3));
    EXPECT_EQ(found->records.at(0).bytes, event(first, 2).bytes);
    EXPECT_TRUE(found->more);
    found = history(first, Stream::kTelemetry, {4, 4}, 10);
    EXPECT_EQ(sequences(found->records), numbers(4, 4));
    EXPECT_FALSE(found->more);
    EXPECT_EQ(history(opened.start.epoch, Stream::kTelemetry, {1, 1}, 10)->records.size(), 1U)
        << "not on disk yet";
    EXPECT_TRUE(history(first, Stream::kEvent, {6, 9}, 10)->records.empty());
    EXPECT_TRUE(history(Epoch{77}, Stream::kEvent, {1, 9}, 10)->records.empty());
    close(*opened.store);
}

TEST(Store, FolderIsForOurUserAlone) {
    const TempFolder folder;
    const TestClock clock;
    const Opened opened = open_store(options_for(folder), clock);
    struct stat status {};
    ASSERT_EQ(::stat(folder.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
    ASSERT_TRUE(
        eventually([&] { return std::filesystem::exists(folder.file("telemetry-20261121.db-wal")); }));
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
        ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << file.path();
    }
}

TEST(Store, FolderMayBeALinkToAnotherDisk) {
    const TempFolder folder;
    const TestClock clock;
    const std::filesystem::path link = folder.path();
    const std::filesystem::path disk = link.parent_path() / "disk";
    std::filesystem::create_directory(disk);
    std::filesystem::create_directory_symlink(disk, link);
    Opened opened = open_store(options_for(folder), clock);
    ASSERT_NE(opened.store, nullptr);
    EXPECT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    EXPECT_TRUE(std::filesystem::exists(disk / "state.db"));
    Options direct = options_for(folder);
    direct.path = disk.string();
    EXPECT_FALSE(open(direct, clock)) << "by either name it is one folder, and locked";
    close(*opened.store);
    // A link on the way to it is one too.
    direct.path = (link / "deeper").string();
    EXPECT_TRUE(open(direct, clock));
}

TEST(Store, LinkToNowhereIsNamedAsOne) {
    const TempFolder folder;
    const TestClock clock;
    std::filesystem::create_directory_symlink("/nonexistent/disk", folder.path());
    const Result<Opened> opened = open(options_for(folder), clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kIo);
    EXPECT_NE(opened.error().what.find("is a link to /nonexistent/disk, which is not there"),
              std::string::npos)
        << opened.error().what;
}

TEST(Store, SecondDaemonOnTheSameFolderIsRefused) {
    const TempFolder folder;
    const TestClock clock;
    const Opened first = open_store(options_for(folder), clock);
    const Result<Opened> second = open(options_for(folder), clock);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::kIo);
    EXPECT_NE(second.error().what.find("another gengfud"), std::string::npos) << second.error().what;
}

TEST(Store, OptionsThatCannotWorkAreRefused) {
    const TempFolder folder;
    const TestClock clock;
    Options nobody = options_for(folder);
    nobody.consumers.clear();
    Options tiny = options_for(folder);
    tiny.size_limit_bytes = 1000;
    for (const Options& options : {nobody, tiny}) {
        const Result<Opened> opened = open(options, clock);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::kInvalid);
    }
}

TEST(Store, EventsAreAnsweredInOrderAndFoundAgain) {
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    std::vector<int> answered;
    for (int i = 1; i <= 50; ++i) {
        opened.store->commit_event(event(opened.start.epoch, static_cast<std::uint64_t>(i)),
                                   "s" + std::to_string(i), [&answered, i](const Result<void>& done) {
                                       EXPECT_TRUE(done);
                                       answered.push_back(i);
                                   });
    }
    const std::vector<Record> found = all_pending(*opened.store, Stream::kEvent, 7);
    EXPECT_EQ(sequences(found), numbers(1, 50));
    EXPECT_EQ(found[9].bytes, "event 10");
    close(*opened.store);
    ASSERT_EQ(answered.size(), 50U);
    EXPECT_TRUE(std::is_sorted(answered.begin(), answered.end()));
}

TEST(Store, EventsThatWaitShareOneCommit) {
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    const std::uint64_t before = opened.store->usage().commits;
    // The first one's callback holds the store's thread until the others wait.
    std::atomic<bool> go = false;
    Answer<Result<void>> last;
    opened.store->commit_event(event(opened.start.epoch, 2), "",
                               [&go](const Result<void>&) { go.wait(false); });
    for (std::uint64_t i = 3; i < 40; ++i) {
        opened.store->commit_event(event(opened.start.epoch, i), "", nullptr);
    }
    opened.store->commit_event(event(opened.start.epoch, 40), "", last);
    go = true;
    go.notify_all();
    ASSERT_TRUE(last.get());
    ASSERT_TRUE(eventually([&] { return opened.store->usage().commits > before; }));
    EXPECT_LE(opened.store->usage().commits - before, 4U);
    close(*opened.store);
}

TEST(Store, BookCoversTheEventsBeforeItAndNoLaterOnes) {
    const TempFolder folder;
    const TestClock clock;
    {
        Opened opened = open_store(options_for(folder), clock);
        opened.store->commit_event(event(opened.start.epoch, 1), "one", nullptr);
        opened.store->commit_event(event(opened.start.epoch, 2), "two", nullptr);
        opened.store->save_book("book after two");
        opened.store->commit_event(event(opened.start.epoch, 3), "three", nullptr);
        opened.store->commit_event(event(opened.start.epoch, 4), "four", nullptr);
        close(*opened.store);
    }
    Opened opened = open_store(options_for(folder), clock);
    EXPECT_EQ(opened.start.book, "book after two");
    EXPECT_EQ(opened.start.later_events, (std::vector<std::string>{"three", "four"}));
    opened.store->save_book("book of all");
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    EXPECT_EQ(again.start.book, "book of all");
    EXPECT_TRUE(again.start.later_events.empty());
}

TEST(Store, LaterEventsOfSeveralStartsComeInTheOrderOfTheirCommit) {
    const TempFolder folder;
    const TestClock clock;
    for (int start = 1; start <= 3; ++start) {
        Opened opened = open_store(options_for(folder), clock);
        ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 1), std::to_string(start) + "a"));
        ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 2), std::to_string(start) + "b"));
    }
    EXPECT_EQ(open_store(options_for(folder), clock).start.later_events,
              (std::vector<std::string>{"1a", "1b", "2a", "2b", "3a", "3b"}));
}

TEST(Store, ConfigurationIsKept) {
    const TempFolder folder;
    const TestClock clock;
    std::string packed(300'000, 'c');
    packed[1000] = '\0';
    {
        Opened opened = open_store(options_for(folder), clock);
        EXPECT_TRUE(opened.start.configuration.empty());
        Answer<Result<void>> saved;
        opened.store->save_configuration(packed, saved);
        ASSERT_TRUE(saved.get());
    }
    EXPECT_EQ(open_store(options_for(folder), clock).start.configuration, packed);
}

TEST(Store, ConfirmedRecordsAreNotPendingAnyMore) {
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    for (std::uint64_t i = 1; i <= 10; ++i) {
        opened.store->commit_event(event(opened.start.epoch, i), "", nullptr);
    }
    opened.store->confirm("broker", opened.start.epoch, Stream::kEvent, {{1, 3}, {5, 5}});
    opened.store->confirm("broker", opened.start.epoch, Stream::kEvent, {{7, 8}});
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent, 2)),
              (std::vector<std::uint64_t>{4, 6, 9, 10}));
    EXPECT_TRUE(eventually([&] { return opened.store->usage().events_pending == 4; }));
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kEvent)),
              (std::vector<std::uint64_t>{4, 6, 9, 10}));
}

TEST(Store, ConfirmationOfEventsLastsWithoutAClose) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    Opened opened = open_store(options, clock);
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    const std::uint64_t before = opened.store->usage().commits;
    opened.store->confirm("broker", opened.start.epoch, Stream::kEvent, {{1, 1}});
    EXPECT_TRUE(eventually([&] { return opened.store->usage().commits > before; }))
        << "not written by itself";
}

TEST(Store, RecordIsReleasedWhenEveryConsumerHasIt) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.consumers = {"governance-db", "archive"};
    Opened opened = open_store(options, clock);
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 2)));
    opened.store->confirm("governance-db", opened.start.epoch, Stream::kEvent, {{1, 2}});
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(1, 2));
    opened.store->confirm("broker", opened.start.epoch, Stream::kEvent, {{1, 2}});
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(1, 2)) << "broker is not asked";
    opened.store->confirm("archive", opened.start.epoch, Stream::kEvent, {{2, 2}});
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(1, 1));
}

TEST(Store, ConfirmationOfWhatWasNotMadeYetIsNotBelieved) {
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    opened.store->confirm("broker", opened.start.epoch, Stream::kEvent, {{1, 1000}});
    opened.store->confirm("broker", opened.start.epoch, Stream::kTelemetry, {{1, 1000}});
    opened.store->confirm("broker", Epoch{77}, Stream::kEvent, {{1, 1000}});
    EXPECT_TRUE(all_pending(*opened.store, Stream::kEvent).empty());
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 2)));
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(2, 2));
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(1, 1));
}

TEST(Store, NewConsumerGetsWhatIsStillAwaitedAndNotWhatWasReleased) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    Epoch first;
    {
        Opened opened = open_store(options, clock);
        first = opened.start.epoch;
        for (std::uint64_t i = 1; i <= 4; ++i) {
            ASSERT_TRUE(commit(*opened.store, event(first, i)));
        }
        opened.store->confirm("broker", first, Stream::kEvent, {{1, 2}});
        close(*opened.store);
    }
    options.consumers = {"governance-db"};
    const Opened opened = open_store(options, clock);
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(3, 4));
    opened.store->confirm("governance-db", first, Stream::kEvent, {{3, 4}});
    EXPECT_TRUE(all_pending(*opened.store, Stream::kEvent).empty());
}

TEST(Store, RecordsOutOfOrderOrOfAnotherRunAreRefused) {
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    ASSERT_TRUE(commit(*opened.store, event(opened.start.epoch, 5)));
    for (const Record& wrong : {event(opened.start.epoch, 5), event(opened.start.epoch, 4),
                                event(Epoch{1}, 6), event(opened.start.epoch, 1ULL << 40U)}) {
        const Result<void> done = commit(*opened.store, wrong);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::kInvalid);
    }
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(5, 5));
}

TEST(Store, TelemetryIsPendingBeforeAndAfterItReachesTheDisk) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.flush = std::chrono::hours(1);
    Opened opened = open_store(options, clock);
    for (std::uint64_t i = 1; i <= 20; ++i) {
        ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, i)));
    }
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry, 3)), numbers(1, 20));
    close(*opened.store);
    const Opened again = open_store(options, clock);
    const std::vector<Record> found = all_pending(*again.store, Stream::kTelemetry, 3);
    EXPECT_EQ(sequences(found), numbers(1, 20));
    EXPECT_EQ(found[4].bytes, "batch 5");
    EXPECT_EQ(found[4].identity, (Identity{opened.start.epoch, Stream::kTelemetry, 5}));
}

TEST(Folder, OfOthersIsLeftAsItIs) {
    const auto mode = [](const std::string& path) {
        struct stat status {};
        EXPECT_EQ(::stat(path.c_str(), &status), 0);
        return status.st_mode & 07777U;
    };
    const TempFolder folder;
    std::filesystem::create_directories(folder.path());
    // A disk of its own is for the store: closed to others.
    std::filesystem::create_directory(folder.file("lost+found"));
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    EXPECT_TRUE(Folder::open(folder.path()));
    EXPECT_EQ(mode(folder.path()), 0700U);
    // A folder that everybody uses, and one of another program.
    ASSERT_EQ(::chmod(folder.path().c_str(), 01777), 0);
    const Result<Folder> sticky = Folder::open(folder.path());
    ASSERT_FALSE(sticky);
    EXPECT_NE(sticky.error().what.find("everybody keeps files there"), std::string::npos);
    EXPECT_EQ(mistake_in_folder(folder.path()), sticky.error().what);
    EXPECT_EQ(mode(folder.path()), 01777U);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    std::filesystem::create_directory(folder.file("apt"));
    const Result<Folder> foreign = Folder::open(folder.path());
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().what.find("\"apt\" is in it"), std::string::npos);
    EXPECT_EQ(mistake_in_folder(folder.path()), foreign.error().what);
    EXPECT_NE(mistake_in_folder("/dev/null").find("is no folder"), std::string::npos);
    EXPECT_EQ(mistake_in_folder(folder.file("not-yet")), "");
    EXPECT_EQ(mode(folder.path()), 0755U);
    // What a store is in stays a store's, whatever else was put there.
    std::filesystem::create_directory(folder.file("state.db.damaged-1"));
    EXPECT_TRUE(Folder::open(folder.path()));
}

TEST(Store, TelemetryReachesTheDiskWithinFlush) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.flush = std::chrono::milliseconds(20);
    Opened opened = open_store(options, clock);
    const std::uint64_t before = opened.store->usage().commits;
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
    EXPECT_TRUE(eventually([&] { return opened.store->usage().commits > before; }));
}

TEST(Store, PendingIsOldestFirstOverStarts) {
    const TempFolder folder;
    const TestClock clock;
    std::vector<Identity> want;
    for (int start = 0; start < 4; ++start) {
        Opened opened = open_store(options_for(folder), clock);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, i)));
            want.push_back({opened.start.epoch, Stream::kTelemetry, i});
        }
        close(*opened.store);
    }
    const Opened opened = open_store(options_for(folder), clock);
    std::vector<Identity> found;
    for (const Record& record : all_pending(*opened.store, Stream::kTelemetry, 2)) {
        found.push_back(record.identity);
    }
    EXPECT_EQ(found, want);
}

TEST(Store, AnswersStayWithinTheirBytes) {
    const TempFolder folder;
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    for (std::uint64_t i = 1; i <= 10; ++i) {
        ASSERT_TRUE(
            opened.store->append_telemetry(telemetry(opened.start.epoch, i, std::string(100'000, 'x'))));
    }
    const Result<Pending> found = pending(*opened.store, Stream::kTelemetry);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->records.size(), 3U) << "256 KiB and the record that passes it";
    EXPECT_TRUE(found->more);
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(1, 10));
}

TEST(Store, CloseWritesEverythingAndRefusesMore) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.flush = std::chrono::hours(1);
    Opened opened = open_store(options, clock);
    ASSERT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
    opened.store->commit_event(event(opened.start.epoch, 1), "state", nullptr);
    opened.store->save_book("book");
    close(*opened.store);
    EXPECT_EQ(commit(*opened.store, event(opened.start.epoch, 2)).error().code, Errc::kInterrupted);
    EXPECT_EQ(opened.store->append_telemetry(telemetry(opened.start.epoch, 2)).error().code,
              Errc::kInterrupted);
    opened.store.reset();
    const Opened again = open_store(options, clock);
    EXPECT_EQ(again.start.book, "book");
    EXPECT_EQ(all_pending(*again.store, Stream::kEvent).size(), 1U);
    EXPECT_EQ(all_pending(*again.store, Stream::kTelemetry).size(), 1U);
}

TEST(Store, TelemetryBeyondMemoryIsDroppedCountedAndDeclared) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.flush = std::chrono::hours(1);
    Opened opened = open_store(options, clock);
    std::atomic<bool> go = false;
    opened.store->commit_event(event(opened.start.epoch, 1), "",
                               [&go](const Result<void>&) { go.wait(false); });
    std::uint64_t kept = 0;
    for (std::uint64_t i = 1; i <= 40; ++i) {
        const Result<void> done =
            opened.store->append_telemetry(telemetry(opened.start.epoch, i, std::string(100'000, 'x')));
        kept += done ? 1 : 0;
        if (!done) {
            EXPECT_EQ(done.error().code, Errc::kFull);
        }
    }
    EXPECT_EQ(kept, 20U) << "2 MiB";
    go = true;
    go.notify_all();
    EXPECT_TRUE(eventually([&] { return opened.store->usage().records_abandoned == 20; }));
    close(*opened.store);
    const Opened again = open_store(options, clock);
    EXPECT_EQ(again.start.records_abandoned, 20U);
    ASSERT_EQ(again.start.abandoned.size(), 1U);
    EXPECT_EQ(again.start.abandoned[0].epoch, opened.start.epoch);
    EXPECT_EQ(again.start.abandoned[0].ranges, (std::vector<SequenceRange>{{21, 40}}));
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kTelemetry)), numbers(1, 20));
}

}  // namespace
}  // namespace gengfu::store::test
