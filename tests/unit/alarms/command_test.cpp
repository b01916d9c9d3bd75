#include "daemon/alarms/command.hpp"

#include <gtest/gtest.h>

namespace gengfu::alarms {
namespace {

constexpr Epoch kNow{0x84650000000000ab};
constexpr Epoch kBefore{0x3c00000000000001};

/// Alarms 1, 3 and 12 of this start, 3 and 77 of the one before.
class ChooseTest : public testing::Test {
protected:
    ChooseTest() {
        for (const AlarmId id : {AlarmId{kBefore, 3}, AlarmId{kBefore, 77}, AlarmId{kNow, 1},
                                 AlarmId{kNow, 3}, AlarmId{kNow, 12}}) {
            Alarm alarm;
            alarm.id = id;
            alarms_.push_back(alarm);
        }
        for (const Alarm& alarm : alarms_) {
            standing_.push_back(&alarm);
        }
    }

    std::vector<Alarm> alarms_;
    std::vector<const Alarm*> standing_;
    std::deque<AlarmId> over_;
};

TEST_F(ChooseTest, TakesWholeIdsBeginningsAndNumbers) {
    const std::pair<const char*, AlarmId> cases[] = {{"84650000000000ab-1", {kNow, 1}},
                                                     {"84650000000000AB-1", {kNow, 1}},
                                                     {"84650000000000ab-12", {kNow, 12}},
                                                     {"3c00000000000001-7", {kBefore, 77}},
                                                     {"12", {kNow, 12}},
                                                     {"-12", {kNow, 12}},
                                                     {"…-12", {kNow, 12}},
                                                     {"...-12", {kNow, 12}},
                                                     {"1", {kNow, 1}},
                                                     {"-77", {kBefore, 77}}};
    for (const auto& [text, id] : cases) {
        const Result<AlarmId> chosen = choose(standing_, over_, text);
        ASSERT_TRUE(chosen) << text << ": " << chosen.error().what;
        EXPECT_EQ(*chosen, id) << text;
    }
}

TEST_F(ChooseTest, AWholeIdIsNotTheBeginningOfAnother) {
    standing_ = {standing_[2], standing_[4]};
    const Result<AlarmId> chosen = choose(standing_, over_, "84650000000000ab-1");
    ASSERT_TRUE(chosen) << chosen.error().what;
    EXPECT_EQ(chosen->sequence, 1U);
}

TEST_F(ChooseTest, NamesTheIdsThatATextMayMean) {
    const Result<AlarmId> several = choose(standing_, over_, "8465");
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().code, Errc::kInvalid);
    EXPECT_EQ(several.error().what,
              "\"8465\" may mean 3 alarms: 84650000000000ab-1, 84650000000000ab-3, 84650000000000ab-12; give "
              "more of the id");
    const Result<AlarmId> twice = choose(standing_, over_, "-3");
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().what.find("3c00000000000001-3, 84650000000000ab-3"), std::string::npos);
}

TEST_F(ChooseTest, ANumberOfOneAndTheBeginningOfAnotherIsAmbiguous) {
    Alarm lone;
    lone.id = {Epoch{0x7700000000000000}, 5};
    standing_.push_back(&lone);
    const Result<AlarmId> chosen = choose(standing_, over_, "77");
    ASSERT_FALSE(chosen);
    EXPECT_NE(chosen.error().what.find("7700000000000000-5, 3c00000000000001-77"), std::string::npos)
        << chosen.error().what;
    EXPECT_TRUE(choose(standing_, over_, "-77"));
}

TEST_F(ChooseTest, ANumberWinsOverABeginningThatSeveralHave) {
    Alarm other;
    other.id = {kBefore, 78};
    const Result<AlarmId> chosen = choose({standing_[1], &other, standing_[3]}, {}, "3");
    ASSERT_TRUE(chosen) << chosen.error().what;
    EXPECT_EQ(*chosen, (AlarmId{kNow, 3}));
}

/// Somebody noted down "12" of the start before; since then that alarm is over, and 12 is another one.
TEST_F(ChooseTest, WhatMayMeanAnAlarmThatIsOverTouchesNoOther) {
    over_ = {{kBefore, 12}, {Epoch{0x9100000000000000}, 4}, {kNow, 2}};
    for (const char* const text : {"12", "-12", "…-12"}) {
        const Result<AlarmId> chosen = choose(standing_, over_, text);
        ASSERT_FALSE(chosen) << text;
        EXPECT_EQ(chosen.error().code, Errc::kInvalid);
        EXPECT_NE(chosen.error().what.find("3c00000000000001-12 (over)"), std::string::npos)
            << chosen.error().what;
        EXPECT_NE(chosen.error().what.find("84650000000000ab-12"), std::string::npos) << chosen.error().what;
    }
    EXPECT_EQ(*choose(standing_, over_, "84650000000000ab-12"), (AlarmId{kNow, 12}))
        << "a whole id is one alarm's";
    EXPECT_EQ(*choose(standing_, over_, "1"), (AlarmId{kNow, 1})) << "no other alarm had that number";
    // A beginning, too: the one alarm that stood of an epoch may be over, and another one stand.
    standing_ = {standing_[4]};
    EXPECT_EQ(choose(standing_, over_, "8465").error().code, Errc::kInvalid);
    over_ = {};
    EXPECT_TRUE(choose(standing_, over_, "8465"));
    over_ = {{Epoch{0x9100000000000000}, 4}};
    for (const char* const text : {"4", "91", "9100000000000000-4"}) {
        const Result<AlarmId> gone = choose(standing_, over_, text);
        ASSERT_FALSE(gone) << text;
        EXPECT_EQ(gone.error().code, Errc::kNotFound);
        EXPECT_NE(gone.error().what.find("9100000000000000-4 (over)"), std::string::npos)
            << gone.error().what;
    }
}

TEST_F(ChooseTest, SaysThatNothingFits) {
    for (const char* const text :
         {"", "-", "…-", "zz", "-03", "3 ", "84650000000000ab-123", "-99999999999999999999"}) {
        const Result<AlarmId> chosen = choose(standing_, over_, text);
        ASSERT_FALSE(chosen) << text;
        EXPECT_EQ(chosen.error().code, Errc::kNotFound) << text;
    }
    EXPECT_LT(choose(standing_, over_, std::string(60'000, '\x1b')).error().what.size(), 200U);
    EXPECT_EQ(choose({}, {}, "a").error().code, Errc::kNotFound);
}

TEST(CommandWords, TellAStaleRevisionFromOneThatNeverWas) {
    const Outcome outcome{Answer::kStale, std::nullopt, 4};
    EXPECT_EQ(words_of(outcome, 2),
              "the alarm was raised again, or is graver, since revision 2; look at it and acknowledge it as "
              "it is now");
    EXPECT_EQ(words_of(outcome, 99), "the alarm never had revision 99: it is at revision 4");
}

TEST(CommandWords, AReasonIsOnePlainLine) {
    EXPECT_EQ(plain_reason(" x\x1b[31m\n on my\tway \xC2\x9B\xE2\x80\xAE"), "x [31m  on my way");
    EXPECT_EQ(plain_reason(" \n\t "), "");
    EXPECT_EQ(plain_reason("在路上"), "在路上");
}

}  // namespace
}  // namespace gengfu::alarms
