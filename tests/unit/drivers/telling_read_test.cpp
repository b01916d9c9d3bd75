#include "drivers/modbus/telling_read.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "drivers/modbus/frame.hpp"

namespace gengfu::drivers::modbus {
namespace {

Request read(std::uint8_t function, std::uint16_t count) {
    return {.unit = 7, .function = function, .address = 100, .count = count, .values = {}, .turnaround = {}};
}

std::vector<Shape> shapes(std::uint8_t function, const std::vector<std::uint16_t>& counts) {
    std::vector<Shape> all;
    for (const std::uint16_t count : counts) {
        all.push_back(answer_shape(read(function, count)));
    }
    return all;
}

TEST(TellingRead, IsShorterThanAllThatIsOwed) {
    struct Case {
        std::uint8_t function;
        std::uint16_t count;
        std::vector<std::uint16_t> owed;
        std::uint16_t telling;  ///< 0: none
    };
    const Case cases[] = {
        {3, 10, {}, 0}, {3, 10, {9, 11}, 0},     {3, 10, {10}, 9},     {4, 10, {10, 9}, 8},  {3, 2, {2}, 1},
        {3, 1, {1}, 0}, {3, 3, {3, 2, 1}, 2},    {3, 3, {3, 1, 2}, 1}, {3, 125, {125}, 124}, {1, 8, {8}, 0},
        {2, 9, {9}, 8}, {1, 2000, {2000}, 1992}, {1, 24, {17}, 16},
    };
    for (const Case& one : cases) {
        const Request request = read(one.function, one.count);
        const auto telling = telling_read(request, shapes(one.function, one.owed));
        SCOPED_TRACE(std::to_string(one.function) + " " + std::to_string(one.count));
        EXPECT_EQ(telling ? telling->count : 0, one.telling);
        if (telling) {
            EXPECT_EQ(telling->address, request.address) << "within what may be read";
            EXPECT_EQ(telling->function, request.function);
            EXPECT_TRUE(encode(*telling));
        }
    }
}

TEST(TellingRead, AnotherFunctionTellsByItself) {
    EXPECT_FALSE(telling_read(read(4, 10), shapes(3, {10})));
}

TEST(TellingRead, WritesAreNotSaidTwice) {
    Request write = read(16, 2);
    write.values = {1, 2};
    EXPECT_FALSE(telling_read(write, std::vector<Shape>{answer_shape(write)}));
}

}  // namespace
}  // namespace gengfu::drivers::modbus
