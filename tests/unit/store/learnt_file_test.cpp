#include "daemon/store/learnt_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace gengfu::store {
namespace {

namespace fs = std::filesystem;

class LearntFile : public testing::Test {
protected:
    LearntFile() {
        std::string made = (fs::temp_directory_path() / "gengfu-learnt-XXXXXX").string();
        folder_ = ::mkdtemp(made.data());
    }
    ~LearntFile() override { fs::remove_all(folder_); }

    void write(const std::vector<LearntRecord>& records) {
        LearntWriter writer(folder_);
        ASSERT_TRUE(writer.begin());
        for (const LearntRecord& record : records) {
            ASSERT_TRUE(writer.append(learnt_record(record), 1));
        }
        ASSERT_TRUE(writer.commit());
    }
    std::string file() const { return folder_ + "/learnt"; }
    std::string bytes() const {
        std::ifstream in(file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void put(const std::string& bytes) const { std::ofstream(file(), std::ios::binary) << bytes; }

    std::string folder_;
};

const std::vector<LearntRecord> kRecords{{"well\nlevel\nunusual\nevery 60", std::string(4000, '\x5a')},
                                         {"b", ""},
                                         {"", "x"},
                                         {"c", std::string(900, '\0')}};

TEST_F(LearntFile, GivesBackWhatWasWritten) {
    EXPECT_TRUE(read_learnt(folder_).records.empty());
    EXPECT_EQ(read_learnt(folder_).trouble, "");
    write(kRecords);
    const LearntRead read = read_learnt(folder_);
    EXPECT_EQ(read.records, kRecords);
    EXPECT_EQ(read.trouble, "");
    struct stat status {};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    write({});
    EXPECT_TRUE(read_learnt(folder_).records.empty());
    EXPECT_EQ(read_learnt(folder_).trouble, "");
}

TEST_F(LearntFile, TheOldOneStaysUntilTheNewOneIsWhole) {
    write(kRecords);
    {
        LearntWriter writer(folder_);
        ASSERT_TRUE(writer.begin());
        ASSERT_TRUE(writer.append(learnt_record({"new", "new"}), 1));
    }  // killed
    EXPECT_EQ(read_learnt(folder_).records, kRecords);
    write({{"new", "new"}});
    EXPECT_EQ(read_learnt(folder_).records.size(), 1U);
}

TEST_F(LearntFile, EveryFlippedByteIsFoundAndCostsAtMostWhatFollows) {
    write(kRecords);
    const std::string whole = bytes();
    for (std::size_t i = 0; i < whole.size(); i += i < 60 || i + 60 > whole.size() ? 1 : 101) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        const LearntRead read = parse_learnt(damaged);
        EXPECT_NE(read.trouble, "") << i;
        for (const LearntRecord& record : read.records) {
            EXPECT_NE(std::find(kRecords.begin(), kRecords.end(), record), kRecords.end()) << i;
        }
    }
}

TEST_F(LearntFile, OneDamagedRecordDoesNotTakeTheOthersAlong) {
    write(kRecords);
    std::string damaged = bytes();
    damaged[100] = '!';
    const LearntRead read = parse_learnt(damaged);
    EXPECT_EQ(read.records.size(), 3U);
    EXPECT_NE(read.trouble.find("1 of 4"), std::string::npos) << read.trouble;
}

TEST_F(LearntFile, ACutIsToldAtEveryLength) {
    write(kRecords);
    const std::string whole = bytes();
    for (std::size_t length = 0; length < whole.size(); length += length < 60 ? 1 : 97) {
        EXPECT_NE(parse_learnt(std::string_view(whole).substr(0, length)).trouble, "") << length;
    }
    EXPECT_NE(parse_learnt(whole + "more").trouble, "");
}

TEST_F(LearntFile, FilesOfFormat1AreReadByEveryLaterRelease) {
    const auto golden = [this](const char* name) {
        fs::copy_file(std::string(GENGFU_SOURCE_DIR) + "/tests/golden/learnt/" + name, file(),
                      fs::copy_options::overwrite_existing);
        return read_learnt(folder_);
    };
    const LearntRead whole = golden("format-1.learnt");
    EXPECT_EQ(whole.trouble, "");
    ASSERT_EQ(whole.records.size(), 2U);
    EXPECT_EQ(whole.records[0].name, "well\nlevel\nunusual\nevery 60000000000, level [m] x1+0");
    ASSERT_EQ(whole.records[0].state.size(), 64U);
    EXPECT_EQ(whole.records[0].state[63], 63);
    EXPECT_EQ(whole.records[1], (LearntRecord{"cabinet\n\nhot\nevery 1", std::string(16, '\0')}));
    EXPECT_EQ(golden("one-record-damaged.learnt").records.size(), 1U);
    EXPECT_NE(golden("one-record-damaged.learnt").trouble, "");
    EXPECT_NE(golden("cut-short.learnt").trouble, "");
}

TEST_F(LearntFile, WhatIsNoFileOfOursIsRefused) {
    for (const char* junk : {"", "GFLEARNT", "SQLite format 3", "GFLEARNT\x02\0\0\0"}) {
        EXPECT_NE(parse_learnt(junk).trouble, "");
    }
    fs::create_directory(file());
    EXPECT_NE(read_learnt(folder_).trouble, "");
    fs::remove(file());
    LearntWriter nowhere(folder_ + "/no/such");
    EXPECT_FALSE(nowhere.begin());
    EXPECT_FALSE(nowhere.append("x", 1));
}

}  // namespace
}  // namespace gengfu::store
