#include "drivers/replay/other_cut.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <vector>

#include "drivers/modbus/frame.hpp"

namespace gengfu::drivers::replay {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Values = std::vector<std::uint16_t>;

Bytes with_crc(Bytes bytes) {
    const std::uint16_t crc = modbus::crc16(bytes);
    bytes.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
    bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
    return bytes;
}

/// A recording of unit 1, function 3.
class OtherCutTest : public testing::Test {
protected:
    void ask(unsigned address, unsigned count, Bytes received, std::uint8_t function = 3) {
        const Request request{.unit = 1,
                              .function = function,
                              .address = static_cast<std::uint16_t>(address),
                              .count = static_cast<std::uint16_t>(count),
                              .values = {}};
        const auto message = modbus::encode(request);
        ASSERT_TRUE(message) << message.error().what;
        Exchange exchange;
        exchange.request.assign(message->view().begin(), message->view().end());
        exchange.received = std::move(received);
        recorded.push_back(std::move(exchange));
    }
    void answered(unsigned address, const Values& values) {
        Bytes frame = {1, 3, static_cast<std::uint8_t>(2 * values.size())};
        for (const std::uint16_t value : values) {
            frame.push_back(static_cast<std::uint8_t>(value >> 8U));
            frame.push_back(static_cast<std::uint8_t>(value & 0xFFU));
        }
        ask(address, static_cast<unsigned>(values.size()), with_crc(frame));
    }
    void refused(unsigned address, unsigned count, std::uint8_t code) {
        ask(address, count, with_crc({1, 0x83, code}));
    }

    /// The next answers, as "1 2 3", or the error's name.
    void expect(OtherCut& cut, std::initializer_list<const char*> wanted) {
        for (const char* want : wanted) {
            const Result<Answer> answer = cut.next(recorded, Protocol::kRtu, "unit 1", Monotonic{});
            std::string got;
            if (answer) {
                for (const std::uint16_t value : answer->values) {
                    got += (got.empty() ? "" : " ") + std::to_string(value);
                }
            } else if (answer.error().exception != 0) {
                got = "exception " + std::to_string(answer.error().exception);
            } else {
                got = answer.error().code == Errc::kTimeout ? "silence" : "damaged";
            }
            EXPECT_EQ(got, want);
        }
    }
    static OtherCut read(unsigned address, unsigned count) {
        return OtherCut(Request{.unit = 1,
                                .function = 3,
                                .address = static_cast<std::uint16_t>(address),
                                .count = static_cast<std::uint16_t>(count),
                                .values = {}});
    }

    std::vector<Exchange> recorded;
};

TEST_F(OtherCutTest, WhatWasReadInTwoIsReadInOne) {
    answered(0, {1, 2});
    answered(2, {3});
    answered(0, {4, 5});
    answered(2, {6});
    OtherCut cut = read(0, 3);
    expect(cut, {"1 2 3", "4 5 6", "4 5 6", "4 5 6"});
}

TEST_F(OtherCutTest, WhatWasReadInOneIsReadInParts) {
    answered(0, {1, 2, 3});
    answered(0, {4, 5, 6});
    OtherCut first = read(0, 1), rest = read(1, 2);
    expect(first, {"1", "4", "4"});
    expect(rest, {"2 3", "5 6", "5 6"});
}

TEST_F(OtherCutTest, AHoleThatWasNotReadIsNotMadeUp) {
    answered(0, {1, 2});
    answered(4, {5});
    OtherCut over = read(0, 5), hole = read(2, 2), part = read(1, 2);
    expect(over, {"exception 2", "exception 2"});
    expect(hole, {"silence"});
    expect(part, {"exception 2"});
    const Result<Answer> refused = over.next(recorded, Protocol::kRtu, "unit 1", Monotonic{});
    EXPECT_EQ(refused.error().code, Errc::kUnsupported) << "what makes the reader ask for the parts";
    EXPECT_NE(refused.error().what.find("the transcript has only parts of it"), std::string::npos);
}

TEST_F(OtherCutTest, WhatFaredAlikeFaresSoInAnyCut) {
    ask(0, 2, {});
    ask(2, 1, {});
    refused(10, 2, 4);
    refused(12, 1, 4);
    ask(20, 1, {1, 3, 2, 0, 42, 0, 0});
    ask(21, 1, {1, 3, 2, 0, 42, 0, 0});
    OtherCut silent = read(0, 3), part = read(1, 1), failing = read(10, 3), damaged = read(20, 2);
    expect(silent, {"silence", "silence"});
    expect(part, {"silence"});
    expect(failing, {"exception 4", "exception 4"});
    expect(damaged, {"damaged"});
}

TEST_F(OtherCutTest, WhatFaredDifferentlyIsAskedForInParts) {
    answered(0, {1});
    refused(1, 1, 4);
    answered(0, {2});
    answered(1, {3});
    OtherCut cut = read(0, 2);
    expect(cut, {"exception 2", "2 3", "2 3"});
}

TEST_F(OtherCutTest, ARefusedWholeIsFollowedByItsParts) {
    refused(0, 3, 2);
    answered(0, {1});
    refused(1, 1, 2);
    answered(2, {3});
    OtherCut pair = read(0, 2), last = read(2, 1), culprit = read(1, 1);
    expect(pair, {"exception 2", "exception 2"});
    expect(last, {"3", "3"});
    expect(culprit, {"exception 2"});
}

TEST_F(OtherCutTest, SlowAndFastPointsKeepWhatWasReadLast) {
    answered(0, {1, 10});
    answered(0, {2});
    answered(0, {3});
    answered(0, {4, 20});
    OtherCut cut = read(0, 2), slow = read(1, 1);
    expect(cut, {"1 10", "2 10", "3 10", "4 20", "4 20"});
    expect(slow, {"10", "20", "20"});
}

TEST_F(OtherCutTest, OtherUnitsFunctionsAndWhatWasCutOffSayNothing) {
    answered(0, {1, 2});
    ask(0, 2, with_crc({1, 4, 4, 0, 7, 0, 8}), 4);
    ask(0, 2, {});
    recorded.back().cut_off = true;
    ask(0, 2, with_crc({2, 3, 4, 0, 7, 0, 8}));
    recorded.back().request[0] = 2;
    OtherCut cut = read(1, 1);
    expect(cut, {"2", "2", "2"});
}

TEST_F(OtherCutTest, WhatIsNoReadIsPassedOver) {
    answered(0, {1, 2});
    for (const Bytes& odd : {Bytes{1, 3},
                             {1, 3, 0, 0, 0},
                             {1, 3, 0, 0, 0, 0},
                             {1, 3, 0, 0, 255, 255},
                             {1, 3, 255, 255, 0, 2},
                             {1, 3, 0, 0, 0, 1, 7}}) {
        recorded.push_back(recorded.front());
        recorded.back().request = odd;
    }
    OtherCut cut = read(1, 1);
    expect(cut, {"2", "2"});
}

TEST_F(OtherCutTest, BitsLikewise) {
    ask(0, 10, with_crc({1, 1, 2, 0b10000001, 0b10}), 1);
    ask(10, 2, with_crc({1, 1, 1, 0b01}), 1);
    OtherCut cut(Request{.unit = 1, .function = 1, .address = 7, .count = 4, .values = {}});
    expect(cut, {"1 0 1 1"});
}

TEST_F(OtherCutTest, AtTheEndOfTheAddressSpace) {
    answered(65534, {1, 2});
    OtherCut cut = read(65535, 1);
    expect(cut, {"2"});
}

}  // namespace
}  // namespace gengfu::drivers::replay
