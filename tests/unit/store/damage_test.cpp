#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/unit/store/support.hpp"

// Files that were cut short, overwritten, deleted or had bits flipped between two runs.
namespace gengfu::store::test {
namespace {

namespace fs = std::filesystem;
using Harm = std::function<void(const std::string& file)>;

void overwrite(const std::string& file, std::uint64_t at, const std::string& bytes) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream << bytes;
    ASSERT_TRUE(stream.good()) << file;
}

void flip_bit(const std::string& file, std::uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const int byte = stream.get();
    ASSERT_NE(byte, EOF) << file;
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(byte ^ 0x10));
}

/// Flips a bit inside the first place where `text` stands.
void flip_in(const std::string& file, const std::string& text) {
    std::ifstream stream(file, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    const std::size_t at = content.find(text);
    ASSERT_NE(at, std::string::npos) << "\"" << text << "\" is not in " << file;
    flip_bit(file, at + text.size() / 2);
}

const std::pair<const char*, Harm> kHarms[] = {
    {"Header", [](const std::string& file) { overwrite(file, 0, "not a database"); }},
    {"HeaderBit", [](const std::string& file) { flip_bit(file, 3); }},
    {"Version", [](const std::string& file) { overwrite(file, 60, std::string("\0\0\0\x63", 4)); }},
    {"Application", [](const std::string& file) { flip_bit(file, 69); }},
    {"Empty", [](const std::string& file) { fs::resize_file(file, 0); }},  // as a power cut may leave it
    {"Half", [](const std::string& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
    {"OnePage", [](const std::string& file) { fs::resize_file(file, 4096); }},
    {"Odd", [](const std::string& file) { fs::resize_file(file, 5000); }},
    {"Zeroes",
     [](const std::string& file) {
         overwrite(file, 0, std::string(static_cast<std::size_t>(fs::file_size(file)), '\0'));
     }},
    {"Noise",
     [](const std::string& file) {
         overwrite(file, 4096, std::string(static_cast<std::size_t>(fs::file_size(file)) - 4096, '\x5A'));
     }},
};
const std::pair<const char*, Harm> kLosses[] = {
    {"Gone", [](const std::string& file) { fs::remove(file); }},
};

// A store with a bit of everything, closed.
Epoch fill(const Options& options, const Clock& clock) {
    Opened opened = open_store(options, clock);
    for (std::uint64_t i = 1; i <= 60; ++i) {
        opened.store->commit_event(
            event(opened.start.epoch, i, "the event " + std::string(200, 'e') + std::to_string(i)),
            "state " + std::to_string(i), nullptr);
        EXPECT_TRUE(opened.store->append_telemetry(
            telemetry(opened.start.epoch, i, "the batch " + std::string(400, 't') + std::to_string(i))));
        if (i == 20) {
            opened.store->save_book("the book of twenty");
        }
    }
    Answer<Result<void>> saved;
    opened.store->save_configuration("the configuration " + std::string(9000, 'c'), saved);
    EXPECT_TRUE(saved.get());
    opened.store->confirm("broker", opened.start.epoch, Stream::kEvent, {{1, 10}});
    close(*opened.store);
    return opened.start.epoch;
}

bool has_damaged(const std::string& path, const std::string& name) {
    const std::vector<std::string> names = files_in(path);
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& file) { return file.starts_with(name + ".damaged-"); });
}

struct Case {
    std::string name;
    std::string file;
    Harm harm;
    bool set_aside;
};
std::vector<Case> cases(const std::vector<std::string>& files) {
    std::vector<Case> all;
    for (const std::string& file : files) {
        std::string label = file;
        std::erase_if(label, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
        for (const auto& [name, harm] : kHarms) {
            all.push_back({label + name, file, harm, true});
        }
        for (const auto& [name, harm] : kLosses) {
            all.push_back({label + name, file, harm, false});
        }
    }
    return all;
}

class DamagedState : public testing::TestWithParam<Case> {};

TEST_P(DamagedState, OtherCopyIsUsedAndNothingIsMissing) {
    const TempFolder folder;
    const TestClock clock;
    const Options options = options_for(folder);
    const Epoch epoch = fill(options, clock);
    GetParam().harm(folder.file(GetParam().file));

    Opened opened = open_store(options, clock);
    ASSERT_NE(opened.store, nullptr);
    EXPECT_EQ(opened.start.number, 2U);
    EXPECT_EQ(opened.start.epochs, (std::vector<KnownEpoch>{{epoch, 1, 60}}));
    EXPECT_EQ(opened.start.book, "the book of twenty");
    EXPECT_EQ(opened.start.later_events.size(), 40U);
    EXPECT_EQ(opened.start.later_events.front(), "state 21");
    EXPECT_EQ(opened.start.configuration.substr(0, 18), "the configuration ");
    EXPECT_EQ(sequences(all_pending(*opened.store, Stream::kEvent)), numbers(11, 60));
    EXPECT_EQ(has_damaged(folder.path(), GetParam().file), GetParam().set_aside);
    EXPECT_EQ(opened.start.troubles.size(), GetParam().set_aside ? 1U : 0U);
    close(*opened.store);

    const Opened again = open_store(options, clock);
    EXPECT_EQ(again.start.number, 3U);
    EXPECT_TRUE(again.start.troubles.empty()) << "mended once";
}
INSTANTIATE_TEST_SUITE_P(Table, DamagedState, testing::ValuesIn(cases({"state.db", "state.db.copy"})),
                         [](const auto& test) { return test.param.name; });

TEST(Damage, BitsFlippedInsideStateValuesAreNoticed) {
    for (const char* text : {"the book of twenty", "ccccccccc", "1-10"}) {
        const TempFolder folder;
        const TestClock clock;
        fill(options_for(folder), clock);
        flip_in(folder.file("state.db"), text);
        const Opened opened = open_store(options_for(folder), clock);
        EXPECT_EQ(opened.start.troubles.size(), 1U) << text;
        EXPECT_EQ(opened.start.book, "the book of twenty");
        EXPECT_EQ(opened.start.configuration.find_first_not_of('c', 18), std::string::npos);
    }
}

TEST(Damage, BothCopiesDamagedIsSaidAndANewStateIsBegun) {
    const TempFolder folder;
    const TestClock clock;
    const Epoch epoch = fill(options_for(folder), clock);
    overwrite(folder.file("state.db"), 0, "no");
    overwrite(folder.file("state.db.copy"), 0, "no");
    const Opened second = open_store(options_for(folder), clock);
    ASSERT_NE(second.store, nullptr);
    ASSERT_FALSE(second.start.troubles.empty());
    EXPECT_NE(second.start.troubles[0].find("both copies of state.db are damaged"), std::string::npos);
    EXPECT_TRUE(has_damaged(folder.path(), "state.db"));
    EXPECT_TRUE(has_damaged(folder.path(), "state.db.copy"));
    EXPECT_EQ(second.start.number, 2U) << "the number is known from the records";
    EXPECT_EQ(second.start.epochs, (std::vector<KnownEpoch>{{epoch, 1, 60}}));
    EXPECT_EQ(second.start.later_events.size(), 60U) << "without a book all events say what stands";
    EXPECT_EQ(sequences(all_pending(*second.store, Stream::kEvent)), numbers(1, 60))
        << "sent again, under the same identity";
}

TEST(Damage, AStoreWhoseFilesAreAllEmptyIsNotTakenForANewOne) {
    const TempFolder folder;
    const TestClock clock;
    fill(options_for(folder), clock);
    for (const char* name : {"state.db", "state.db.copy", "events.db"}) {
        fs::resize_file(folder.file(name), 0);
    }
    const Opened second = open_store(options_for(folder), clock);
    EXPECT_EQ(second.start.number, 2U) << "known from the telemetry";
    ASSERT_EQ(second.start.troubles.size(), 2U);
    EXPECT_NE(second.start.troubles[0].find("empty"), std::string::npos) << second.start.troubles[0];
    EXPECT_NE(second.start.troubles[1].find("events.db"), std::string::npos) << second.start.troubles[1];
    for (const char* name : {"state.db", "state.db.copy", "events.db"}) {
        EXPECT_TRUE(has_damaged(folder.path(), name)) << name;
    }
}

TEST(Damage, WhatIsSaidOfADamagedFileIsOneLineWithoutSql) {
    for (const auto& [name, harm] : kHarms) {
        const TempFolder folder;
        const TestClock clock;
        fill(options_for(folder), clock);
        harm(folder.file("state.db"));
        const Opened opened = open_store(options_for(folder), clock);
        ASSERT_EQ(opened.start.troubles.size(), 1U) << name;
        const std::string& said = opened.start.troubles[0];
        for (const char* word : {"PRAGMA", "SELECT", "INSERT", ";  ", "\n", "errno 0"}) {
            EXPECT_EQ(said.find(word), std::string::npos) << name << ": " << said;
        }
        EXPECT_LT(said.size(), 300U) << said;
    }
}

TEST(Damage, StoreOfANewerGengfuIsRefusedAndLeftAlone) {
    const TempFolder folder;
    const TestClock clock;
    fill(options_for(folder), clock);
    for (const char* name : {"state.db", "state.db.copy"}) {
        overwrite(folder.file(name), 60, std::string("\0\0\0\x02", 4));
    }
    const std::vector<std::string> before = files_in(folder.path());
    const Result<Opened> opened = open(options_for(folder), clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kInvalid);
    EXPECT_NE(opened.error().what.find("newer Gengfu"), std::string::npos) << opened.error().what;
    EXPECT_EQ(files_in(folder.path()), before);
}

class DamagedEvents : public testing::TestWithParam<Case> {};

TEST_P(DamagedEvents, DaemonRunsAndSaysSo) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    std::mutex mutex;
    std::vector<std::string> told;
    options.trouble = [&](const std::string& trouble) {
        const std::lock_guard lock(mutex);
        told.push_back(trouble);
    };
    fill(options, clock);
    GetParam().harm(folder.file(GetParam().file));

    Opened opened = open_store(options, clock);
    ASSERT_NE(opened.store, nullptr);
    EXPECT_EQ(opened.start.number, 2U);
    EXPECT_EQ(opened.start.book, "the book of twenty");
    EXPECT_TRUE(commit(*opened.store, event(opened.start.epoch, 1)));
    EXPECT_TRUE(opened.store->append_telemetry(telemetry(opened.start.epoch, 1)));
    const std::vector<Record> events = all_pending(*opened.store, Stream::kEvent);
    const std::vector<Record> batches = all_pending(*opened.store, Stream::kTelemetry);
    ASSERT_FALSE(events.empty());
    ASSERT_FALSE(batches.empty());
    EXPECT_EQ(events.back().identity.epoch, opened.start.epoch);
    EXPECT_EQ(batches.back().identity.epoch, opened.start.epoch);
    if (GetParam().set_aside) {
        EXPECT_TRUE(has_damaged(folder.path(), GetParam().file));
        const std::lock_guard lock(mutex);
        EXPECT_GE(opened.start.troubles.size() + told.size(), 1U);
    }
    close(*opened.store);
    const Opened again = open_store(options, clock);
    EXPECT_EQ(again.start.number, 3U);
    EXPECT_TRUE(again.start.troubles.empty());
}
INSTANTIATE_TEST_SUITE_P(Table, DamagedEvents,
                         testing::ValuesIn(cases({"events.db", "telemetry-20261121.db"})),
                         [](const auto& test) { return test.param.name; });

struct StreamCase {
    const char* name;
    const char* file;
    const char* text;
    Stream stream;
    std::uint64_t first;
};
class FlippedRecord : public testing::TestWithParam<StreamCase> {};

TEST_P(FlippedRecord, IsLeftOutDeclaredAndTheOthersArrive) {
    const TempFolder folder;
    const TestClock clock;
    const Epoch epoch = fill(options_for(folder), clock);
    flip_in(folder.file(GetParam().file), GetParam().text);
    Opened opened = open_store(options_for(folder), clock);
    const std::vector<Record> found = all_pending(*opened.store, GetParam().stream, 7);
    EXPECT_EQ(found.size(), 60 - GetParam().first) << "one is missing";
    for (const Record& record : found) {
        EXPECT_EQ(record.identity.epoch, epoch);
        EXPECT_TRUE(record.bytes.ends_with(std::to_string(record.identity.sequence)));
    }
    EXPECT_TRUE(eventually([&] { return opened.store->usage().records_abandoned == 1; }));
    close(*opened.store);
    const Opened again = open_store(options_for(folder), clock);
    ASSERT_EQ(again.start.abandoned.size(), 1U);
    EXPECT_EQ(again.start.abandoned[0].stream, GetParam().stream);
    EXPECT_EQ(again.start.abandoned[0].epoch, epoch);
}
const StreamCase kStreamCases[] = {
    {"Event", "events.db", "eeeeeeee33state 33", Stream::kEvent, 11},
    {"Telemetry", "telemetry-20261121.db", "tttttttt33", Stream::kTelemetry, 1},
};
INSTANTIATE_TEST_SUITE_P(Table, FlippedRecord, testing::ValuesIn(kStreamCases),
                         [](const auto& test) { return test.param.name; });

TEST(Damage, CheckInTheBackgroundFindsAFlippedBitThatNobodyReads) {
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    const Epoch epoch = fill(options, clock);
    {
        Opened opened = open_store(options, clock);
        opened.store->confirm("broker", epoch, Stream::kTelemetry, {{1, 60}});
        close(*opened.store);
    }
    flip_in(folder.file("events.db"), "eeeeeeee33state 33");
    const Opened opened = open_store(options, clock);
    EXPECT_TRUE(eventually([&] { return opened.store->usage().records_abandoned == 1; }));
}

TEST(Damage, FileThatWasDeletedIsDeclaredLost) {
    const TempFolder folder;
    TestClock clock;
    const Options options = options_for(folder);
    Opened opened = open_store(options, clock);
    const Epoch epoch = opened.start.epoch;
    for (std::uint64_t day = 0; day < 3; ++day) {
        clock.set(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::days(day) +
                  std::chrono::hours(8));
        ASSERT_TRUE(opened.store->append_telemetry(telemetry(epoch, day + 1)));
        const std::string name = "telemetry-2026112" + std::to_string(day + 1) + ".db";
        ASSERT_TRUE(eventually([&] { return fs::exists(folder.file(name)); }));
    }
    close(*opened.store);
    fs::remove(folder.file("telemetry-20261122.db"));
    const Opened again = open_store(options, clock);
    EXPECT_EQ(sequences(all_pending(*again.store, Stream::kTelemetry)), (std::vector<std::uint64_t>{1, 3}));
    EXPECT_TRUE(eventually([&] { return again.store->usage().records_abandoned == 1; }));
    EXPECT_TRUE(eventually([&] { return again.store->usage().telemetry_pending == 2; }));
}

}  // namespace
}  // namespace gengfu::store::test
