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
        const Result<AlarmId> chosen = choose(standing_, text);
        ASSERT_TRUE(chosen) << text << ": " << chosen.error().what;
        EXPECT_EQ(*chosen, id) << text;
    }
}

TEST_F(ChooseTest, AWholeIdIsNotTheBeginningOfAnother) {
    standing_ = {standing_[2], standing_[4]};
    const Result<AlarmId> chosen = choose(standing_, "84650000000000ab-1");
    ASSERT_TRUE(chosen) << chosen.error().what;
    EXPECT_EQ(chosen->sequence, 1U);
}

TEST_F(ChooseTest, NamesTheIdsThatATextMayMean) {
    const Result<AlarmId> several = choose(standing_, "8465");
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error().code, Errc::kInvalid);
    EXPECT_EQ(several.error().what,
              "\"8465\" may mean 3 alarms: 84650000000000ab-1, 84650000000000ab-3, 84650000000000ab-12; give "
              "more of the id");
    const Result<AlarmId> twice = choose(standing_, "-3");
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().what.find("3c00000000000001-3, 84650000000000ab-3"), std::string::npos);
}

TEST_F(ChooseTest, ANumberOfOneAndTheBeginningOfAnotherIsAmbiguous) {
    Alarm lone;
    lone.id = {Epoch{0x7700000000000000}, 5};
    standing_.push_back(&lone);
    const Result<AlarmId> chosen = choose(standing_, "77");
    ASSERT_FALSE(chosen);
    EXPECT_NE(chosen.error().what.find("7700000000000000-5, 3c00000000000001-77"), std::string::npos)
        << chosen.error().what;
    EXPECT_TRUE(choose(standing_, "-77"));
}

TEST_F(ChooseTest, ANumberWinsOverABeginningThatSeveralHave) {
    Alarm other;
    other.id = {kBefore, 78};
    const Result<AlarmId> chosen = choose({standing_[1], &other, standing_[3]}, "3");
    ASSERT_TRUE(chosen) << chosen.error().what;
    EXPECT_EQ(*chosen, (AlarmId{kNow, 3}));
}

TEST_F(ChooseTest, SaysThatNothingFits) {
    for (const char* const text :
         {"", "-", "…-", "zz", "-03", "3 ", "84650000000000ab-123", "-99999999999999999999"}) {
        const Result<AlarmId> chosen = choose(standing_, text);
        ASSERT_FALSE(chosen) << text;
        EXPECT_EQ(chosen.error().code, Errc::kNotFound) << text;
    }
    EXPECT_LT(choose(standing_, std::string(60'000, '\x1b')).error().what.size(), 200U);
    EXPECT_EQ(choose({}, "a").error().code, Errc::kNotFound);
}

TEST(CommandWords, TellAStaleRevisionFromOneThatNeverWas) {
    const Outcome outcome{Answer::kStale, std::nullopt, 4};
    EXPECT_EQ(words_of(outcome, 2),
              "the alarm was raised again after revision 2; look at it and acknowledge the new one");
    EXPECT_EQ(words_of(outcome, 99), "the alarm never had revision 99: it is at revision 4");
}

TEST(CommandWords, AReasonIsOnePlainLine) {
    EXPECT_EQ(plain_reason(" x\x1b[31m\n on my\tway \xC2\x9B\xE2\x80\xAE"), "x [31m  on my way");
    EXPECT_EQ(plain_reason(" \n\t "), "");
    EXPECT_EQ(plain_reason("在路上"), "在路上");
}

}  // namespace
}  // namespace gengfu::alarms
