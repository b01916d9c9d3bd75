// A store that format 1 left behind (tests/golden/store/format-1): this release and every later one reads it.
// GENGFU_ACCEPT_GOLDEN makes a store anew as today's program leaves it; its telemetry file is then to be
// given pages of 4096 bytes, which the first releases had (tests/golden/store/README.md).
#include <cstdlib>

#include "tests/unit/store/support.hpp"

namespace gengfu::store::test {
namespace {

namespace fs = std::filesystem;

const std::string kGolden = std::string(GENGFU_SOURCE_DIR) + "/tests/golden/store/format-1";
constexpr std::uint64_t kEvents = 6, kTelemetry = 12;

std::string event_bytes(std::uint64_t sequence) {
    return "event " + std::to_string(sequence) + std::string("\0\xFF with any bytes", 17);
}
std::string batch_bytes(std::uint64_t sequence) {
    return std::string(40 * sequence, static_cast<char>('a' + sequence)) + std::to_string(sequence);
}

void make_golden() {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    options.consumers = {"broker", "governance-db"};
    close(*open_store(options, clock).store);
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    for (std::uint64_t sequence = 1; sequence <= kEvents; ++sequence) {
        Record record{{epoch, Stream::kEvent, sequence}, Encoding::kProtobuf, event_bytes(sequence)};
        ASSERT_TRUE(commit(*opened.store, std::move(record), "state " + std::to_string(sequence)));
        if (sequence == 4) {
            opened.store->save_book("the book");
        }
    }
    for (std::uint64_t sequence = 1; sequence <= kTelemetry; ++sequence) {
        const auto encoding = sequence % 2 == 0 ? Encoding::kJson : Encoding::kProtobuf;
        ASSERT_TRUE(opened.store->append_telemetry(
            {{epoch, Stream::kTelemetry, sequence}, encoding, batch_bytes(sequence)}));
    }
    Answer<Result<void>> saved;
    opened.store->save_configuration("the configuration", saved);
    ASSERT_TRUE(saved.get());
    opened.store->confirm("broker", epoch, Stream::kEvent, {{1, 5}});
    opened.store->confirm("governance-db", epoch, Stream::kEvent, {{1, 2}, {4, 4}});
    opened.store->confirm("broker", epoch, Stream::kTelemetry, {{1, 10}});
    opened.store->confirm("governance-db", epoch, Stream::kTelemetry, {{1, 8}});
    close(*opened.store);
    fs::remove_all(kGolden);
    fs::create_directories(fs::path(kGolden).parent_path());
    fs::copy(folder.path(), kGolden, fs::copy_options::recursive);
}

TEST(GoldenStore, IsReadWholeByThisRelease) {
    if (std::getenv("GENGFU_ACCEPT_GOLDEN") != nullptr) {
        make_golden();
    }
    const TempFolder folder;
    fs::copy(kGolden, folder.path(), fs::copy_options::recursive);
    const TestClock clock;
    Options options = options_for(folder);
    options.consumers = {"broker", "governance-db"};
    Opened opened = open_store(options, clock);
    const Start& start = opened.start;
    EXPECT_TRUE(start.troubles.empty()) << start.troubles.front();
    EXPECT_EQ(start.number, 3U);
    EXPECT_EQ(start.book, "the book");
    EXPECT_EQ(start.later_events, (std::vector<std::string>{"state 5", "state 6"}));
    EXPECT_EQ(start.configuration, "the configuration");
    EXPECT_EQ(start.records_abandoned, 0U);
    ASSERT_EQ(start.epochs.size(), 2U);
    EXPECT_EQ(start.epochs[1].start, 2U);
    EXPECT_EQ(start.epochs[1].last_event, kEvents);
    const Epoch epoch = start.epochs[1].epoch;

    const std::vector<Record> events = all_pending(*opened.store, Stream::kEvent);
    EXPECT_EQ(sequences(events), (std::vector<std::uint64_t>{3, 5, 6})) << "what a consumer lacks";
    for (const Record& record : events) {
        EXPECT_EQ(record.identity.epoch, epoch);
        EXPECT_EQ(record.encoding, Encoding::kProtobuf);
        EXPECT_EQ(record.bytes, event_bytes(record.identity.sequence));
    }
    Answer<Result<Pending>> found;
    opened.store->history(epoch, Stream::kTelemetry, {1, 1000}, 100, found);
    const Result<Pending> telemetry = found.get();
    ASSERT_TRUE(telemetry);
    EXPECT_EQ(sequences(telemetry->records), numbers(1, kTelemetry)) << "confirmed ones too";
    for (const Record& record : telemetry->records) {
        EXPECT_EQ(record.encoding, record.identity.sequence % 2 == 0 ? Encoding::kJson : Encoding::kProtobuf);
        EXPECT_EQ(record.bytes, batch_bytes(record.identity.sequence));
    }
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kTelemetry)), numbers(9, kTelemetry));

    // And goes on in it.
    ASSERT_TRUE(commit(*opened.store, event(start.epoch, 1), "state of today"));
    ASSERT_TRUE(opened.store->append_telemetry(test::telemetry(start.epoch, 1)));
    close(*opened.store);
    const Opened again = open_store(options, clock);
    EXPECT_EQ(again.start.number, 4U);
    EXPECT_TRUE(again.start.troubles.empty());
    EXPECT_EQ(again.start.later_events.size(), 3U);
}

}  // namespace
}  // namespace gengfu::store::test
