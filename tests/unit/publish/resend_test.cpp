#include "daemon/publish/resend.hpp"

#include <gtest/gtest.h>

namespace gengfu::publish {
namespace {

using store::StreamRanges;
using List = std::vector<StreamRanges>;
constexpr Epoch kOld{1}, kNew{2};

struct Case {
    std::string name;
    List wanted, except, chosen, missing;
};

const List kHeld{{kOld, Stream::kEvent, {{5, 9}}},
                 {kNew, Stream::kEvent, {{1, 4}}},
                 {kNew, Stream::kTelemetry, {{100, 200}}}};

class Choose : public testing::TestWithParam<Case> {};

TEST_P(Choose, IsWhatThereIsOfWhatIsLacking) {
    List missing;
    EXPECT_EQ(Resend::choose(kHeld, GetParam().wanted, GetParam().except, missing), GetParam().chosen);
    EXPECT_EQ(missing, GetParam().missing);
}

const Case kCases[] = {
    {"Everything", {}, {}, kHeld, {}},
    {"EverythingButWhatItHas",
     {},
     {{kOld, Stream::kEvent, {{1, 7}}}, {kNew, Stream::kTelemetry, {{101, 101}, {150, 300}}}},
     {{kOld, Stream::kEvent, {{8, 9}}},
      {kNew, Stream::kEvent, {{1, 4}}},
      {kNew, Stream::kTelemetry, {{100, 100}, {102, 149}}}},
     {}},
    {"AllButAStream",
     {},
     {{kNew, Stream::kTelemetry, {}}},
     {{kOld, Stream::kEvent, {{5, 9}}}, {kNew, Stream::kEvent, {{1, 4}}}},
     {}},
    {"AWholeStream", {{kNew, Stream::kTelemetry, {}}}, {}, {{kNew, Stream::kTelemetry, {{100, 200}}}}, {}},
    {"ByNumberWithWhatIsGone",
     {{kOld, Stream::kEvent, {{1, 6}, {9, 12}}}},
     {},
     {{kOld, Stream::kEvent, {{5, 6}, {9, 9}}}},
     {{kOld, Stream::kEvent, {{1, 4}, {10, 12}}}}},
    {"ToTheEnd",
     {{kOld, Stream::kEvent, {{6, ~std::uint64_t{0}}}}},
     {},
     {{kOld, Stream::kEvent, {{6, 9}}}},
     {{kOld, Stream::kEvent, {{10, ~std::uint64_t{0}}}}}},
    {"AnEpochThatIsNotOurs",
     {{Epoch{9}, Stream::kEvent, {{1, 2}}}},
     {},
     {},
     {{Epoch{9}, Stream::kEvent, {{1, 2}}}}},
    {"Nothing", {{kOld, Stream::kEvent, {{5, 9}}}}, {{kOld, Stream::kEvent, {{5, 9}}}}, {}, {}}};
INSTANTIATE_TEST_SUITE_P(Table, Choose, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Resend, EventsOfAllEpochsComeBeforeTelemetryAndInPieces) {
    Resend resend;
    ASSERT_TRUE(
        resend.want("db", {{kNew, Stream::kTelemetry, {{100, 200}}}, {kOld, Stream::kEvent, {{5, 9}}}}));
    auto question = resend.ask();
    ASSERT_TRUE(question);
    EXPECT_EQ(question->stream, Stream::kEvent);
    EXPECT_FALSE(resend.ask()) << "one reading at a time";
    EXPECT_TRUE(resend.answered(question->number, 7, true));
    question = resend.ask();
    EXPECT_EQ(question->range, (store::SequenceRange{8, 9}));
    EXPECT_TRUE(resend.answered(question->number, std::nullopt, false)) << "8 and 9 are gone";
    question = resend.ask();
    EXPECT_EQ(question->stream, Stream::kTelemetry);
    EXPECT_TRUE(resend.answered(question->number, 200, true)) << "more, but not of what was asked for";
    EXPECT_FALSE(resend.ask());
    EXPECT_TRUE(resend.idle());
}

TEST(Resend, ALaterWishTakesThePlaceOfTheEarlier) {
    Resend resend;
    resend.want("db", {{kOld, Stream::kEvent, {{5, 9}}}});
    const auto before = resend.ask();
    resend.want("db", {{kOld, Stream::kEvent, {{7, 7}}}});
    EXPECT_FALSE(resend.answered(before->number, 6, true));
    EXPECT_EQ(resend.ask()->range, (store::SequenceRange{7, 7}));
    resend.want("db", {});
    EXPECT_FALSE(resend.ask());
}

TEST(Resend, WhatHadNoPubackGoesAgain) {
    Resend resend;
    resend.want("db", {{kOld, Stream::kEvent, {{5, 9}}}});
    const auto question = resend.ask();
    ASSERT_TRUE(resend.answered(question->number, 7, true));
    for (std::uint64_t sequence = 5; sequence <= 7; ++sequence) {
        resend.sent({kOld, Stream::kEvent, sequence});
    }
    resend.delivered({kOld, Stream::kEvent, 6});
    resend.lost();
    std::vector<store::SequenceRange> ranges;
    while (const auto next = resend.ask()) {
        ranges.push_back(next->range);
        resend.answered(next->number, next->range.last, false);
    }
    EXPECT_EQ(ranges, (std::vector<store::SequenceRange>{{5, 5}, {7, 7}, {8, 9}}));
}

TEST(Resend, AFailedReadingIsAskedAgain) {
    Resend resend;
    resend.want("db", {{kOld, Stream::kEvent, {{5, 9}}}});
    resend.failed(resend.ask()->number);
    EXPECT_EQ(resend.ask()->range, (store::SequenceRange{5, 9}));
}

TEST(Resend, NotForEndlesslyManyConsumers) {
    Resend resend;
    for (std::size_t i = 0; i < Resend::kMostConsumers; ++i) {
        EXPECT_TRUE(resend.want(std::to_string(i), {{kOld, Stream::kEvent, {{5, 9}}}}));
    }
    EXPECT_FALSE(resend.want("one more", {{kOld, Stream::kEvent, {{5, 9}}}}));
    EXPECT_TRUE(resend.want("3", {{kOld, Stream::kEvent, {{5, 5}}}}));
}

}  // namespace
}  // namespace gengfu::publish
