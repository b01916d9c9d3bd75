// A store read without its daemon: whole, in order, and left as it was.
#include "daemon/store/archive.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/store/support.hpp"

namespace gengfu::store::test {
namespace {

/// Two starts over three days; \return their epochs.
std::vector<Epoch> fill(const TempFolder& folder) {
    TestClock clock;
    std::vector<Epoch> epochs;
    for (int start = 0; start < 2; ++start) {
        Opened opened = open_store(options_for(folder), clock);
        const Epoch epoch = opened.start.epoch;
        epochs.push_back(epoch);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            EXPECT_TRUE(opened.store->append_telemetry(telemetry(epoch, i)));
            EXPECT_TRUE(commit(*opened.store, event(epoch, i)));
            EXPECT_TRUE(eventually([&] { return opened.store->usage().telemetry_pending >= i; }));
        }
        opened.store->save_book("book of " + std::to_string(start));
        close(*opened.store);
        clock.set(*clock.wall() + std::chrono::hours(24));
    }
    return epochs;
}

std::vector<Record> all(Archive& archive, Epoch epoch, Stream stream, std::size_t page) {
    std::vector<Record> out;
    for (std::uint64_t from = 1;;) {
        Result<Pending> found = archive.read(epoch, stream, {from, ~0ULL}, page);
        EXPECT_TRUE(found) << found.error().what;
        if (!found) {
            return out;
        }
        out.insert(out.end(), found->records.begin(), found->records.end());
        if (!found->more) {
            return out;
        }
        from = out.back().identity.sequence + 1;
    }
}

TEST(Archive, HasAllRecordsOfAllStarts) {
    const TempFolder folder;
    const std::vector<Epoch> epochs = fill(folder);
    Result<Archive> archive = Archive::open(folder.path());
    ASSERT_TRUE(archive) << archive.error().what;
    EXPECT_TRUE(archive->troubles().empty());
    EXPECT_EQ(archive->book(), "book of 1");
    const std::vector<StreamRanges> held = archive->held();
    ASSERT_EQ(held.size(), 4U);
    EXPECT_EQ(held[0], (StreamRanges{epochs[0], Stream::kEvent, {{1, 3}}}));
    EXPECT_EQ(held[3], (StreamRanges{epochs[1], Stream::kTelemetry, {{1, 3}}}));
    for (const Epoch epoch : epochs) {
        for (const Stream stream : {Stream::kEvent, Stream::kTelemetry}) {
            for (const std::size_t page : {1U, 2U, 1000U}) {
                EXPECT_EQ(sequences(all(*archive, epoch, stream, page)), numbers(1, 3));
            }
        }
    }
    EXPECT_TRUE(archive->read(Epoch{1}, Stream::kEvent, {1, 9}, 9)->records.empty());
}

TEST(Archive, LeavesTheStoreAsItWas) {
    const TempFolder folder;
    const std::vector<Epoch> epochs = fill(folder);
    {
        const Result<Archive> archive = Archive::open(folder.path());
        ASSERT_TRUE(archive);
        EXPECT_EQ(Archive::open(folder.path()).error().code, Errc::kIo) << "nobody else meanwhile";
    }
    const TestClock clock;
    Opened opened = open_store(options_for(folder), clock);
    EXPECT_EQ(opened.start.number, 3U);
    EXPECT_EQ(opened.start.book, "book of 1");
    EXPECT_TRUE(opened.start.troubles.empty());
    EXPECT_EQ(all_pending(*opened.store, Stream::kTelemetry).size(), 6U);
    EXPECT_EQ(Archive::open(folder.path()).error().what.find("another gengfud runs") != std::string::npos,
              true);
}

TEST(Archive, LeavesOutADamagedFileAndSaysSo) {
    const TempFolder folder;
    const std::vector<Epoch> epochs = fill(folder);
    std::ofstream(folder.file("telemetry-20261121.db")) << "no database";
    Result<Archive> archive = Archive::open(folder.path());
    ASSERT_TRUE(archive);
    ASSERT_EQ(archive->troubles().size(), 1U);
    EXPECT_NE(archive->troubles()[0].find("telemetry-20261121.db cannot be read"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(folder.file("telemetry-20261121.db"))) << "not set aside";
    EXPECT_EQ(sequences(all(*archive, epochs[1], Stream::kTelemetry, 2)), numbers(1, 3));
}

TEST(Archive, IsNotMadeWhereThereIsNone) {
    const TempFolder folder;
    EXPECT_EQ(Archive::open(folder.path()).error().code, Errc::kNotFound);
    EXPECT_FALSE(std::filesystem::exists(folder.path()));
    std::filesystem::create_directories(folder.path());
    EXPECT_EQ(Archive::open(folder.path()).error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace gengfu::store::test
