#include "tests/sim/fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/rtu_frame.hpp"
#include "tests/unit/sim/frames.hpp"

namespace gengfu::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;

Outgoing outgoing(Framing framing = Framing::kRtu) {
    Outgoing out;
    out.framing = framing;
    out.transaction = 0x1234;
    out.unit = 1;
    out.pdu = hex("03 02 01 38");
    out.turnaround = 20ms;
    return out;
}
const char* const kGoodFrame = "01 03 02 01 38 B8 06";

std::optional<Answer> with(const Fault& fault, Framing framing = Framing::kRtu) {
    Random random(7);
    return wrap(outgoing(framing), {fault}, random);
}

Fault of_kind(FaultKind kind) {
    Fault fault;
    fault.kind = kind;
    return fault;
}

TEST(Fault, WithoutOneTheAnswerIsRight) {
    Random random(7);
    const auto rtu = wrap(outgoing(), {}, random);
    const auto tcp = wrap(outgoing(Framing::kTcp), {}, random);
    ASSERT_TRUE(rtu && tcp);
    EXPECT_THAT(rtu->bytes, ElementsAreArray(hex(kGoodFrame)));
    EXPECT_EQ(rtu->turnaround, 20ms);
    EXPECT_THAT(tcp->bytes, ElementsAreArray(hex("12 34 00 00 00 05 01 03 02 01 38")));
}

TEST(Fault, SilenceIsNoAnswer) {
    EXPECT_FALSE(with(of_kind(FaultKind::kSilence)));
}

TEST(Fault, LateIsTheSameAnswerLater) {
    Fault fault = of_kind(FaultKind::kLate);
    fault.delay = 700ms;
    const auto answer = with(fault);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->turnaround, 720ms);
    EXPECT_THAT(answer->bytes, ElementsAreArray(hex(kGoodFrame)));
}

TEST(Fault, WrongUnitIsAWholeFrameOfAnother) {
    const auto answer = with(of_kind(FaultKind::kWrongUnit));
    ASSERT_TRUE(answer);
    const auto parsed = parse_rtu(answer->bytes);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->unit, 2);
}

TEST(Fault, BadCrcDiffersInTheChecksumOnly) {
    const auto answer = with(of_kind(FaultKind::kBadCrc));
    ASSERT_TRUE(answer);
    EXPECT_FALSE(parse_rtu(answer->bytes));
    const Bytes good = hex(kGoodFrame);
    EXPECT_THAT(std::span(answer->bytes).first(6), ElementsAreArray(std::span(good).first(6)));
}

TEST(Fault, ExceptionIsAWholeFrame) {
    Fault fault = of_kind(FaultKind::kException);
    fault.code = 6;
    const auto answer = with(fault);
    ASSERT_TRUE(answer);
    const auto parsed = parse_rtu(answer->bytes);
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->pdu, ElementsAreArray(hex("83 06")));
}

TEST(Fault, NoiseSurroundsAWholeAnswer) {
    Fault fault = of_kind(FaultKind::kNoise);
    fault.before = 3;
    fault.after = 2;
    const auto answer = with(fault);
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->bytes.size(), 12U);
    EXPECT_THAT(std::span(answer->bytes).subspan(3, 7), ElementsAreArray(hex(kGoodFrame)));
}

TEST(Fault, GarbageHasNothingOfTheAnswer) {
    Fault fault = of_kind(FaultKind::kGarbage);
    fault.count = 16;
    const auto answer = with(fault);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->bytes.size(), 16U);
    EXPECT_FALSE(parse_rtu(answer->bytes));
}

TEST(Fault, TruncatedStopsInTheMiddle) {
    Fault fault = of_kind(FaultKind::kTruncated);
    fault.count = 4;
    const auto answer = with(fault);
    ASSERT_TRUE(answer);
    EXPECT_THAT(answer->bytes, ElementsAreArray(hex("01 03 02 01")));
}

TEST(Fault, AShareHitsAboutThatPart) {
    Fault fault = of_kind(FaultKind::kSilence);
    fault.share = 0.25;
    Random random(3);
    int hits = 0;
    for (int i = 0; i < 4000; ++i) {
        hits += draw_faults({fault}, random).empty() ? 0 : 1;
    }
    EXPECT_NEAR(hits, 1000, 150);
}

TEST(Fault, EveryKindHasAWordAndBack) {
    for (const std::string_view name : fault_names()) {
        const auto kind = fault_kind(name);
        ASSERT_TRUE(kind) << name;
        EXPECT_EQ(fault_name(*kind), name);
    }
    EXPECT_FALSE(fault_kind("sulking"));
}

}  // namespace
}  // namespace gengfu::sim
