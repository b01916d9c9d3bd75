#include "cli/raw_values.hpp"

#include <gtest/gtest.h>

namespace gengfu::cli {
namespace {

config::PointSpec spec(const std::string& role, config::Type type, config::Order order = {}) {
    config::PointSpec made;
    made.role = role;
    made.type = type;
    made.order = order;
    made.reg = {config::Space::kHolding, 10};
    return made;
}

Words words(std::uint16_t first, std::uint16_t second) {
    return {{{config::Space::kHolding, 10}, first}, {{config::Space::kHolding, 11}, second}};
}

const Guess* find(const std::vector<Guess>& guesses, const std::string& order, const std::string& type) {
    for (const Guess& guess : guesses) {
        if (guess.order == order && guess.type == type) {
            return &guess;
        }
    }
    return nullptr;
}

TEST(RawValues, ShowsAFloatInEveryOrder) {
    // 230.5 as ABCD is 4366 8000.
    const struct {
        const char* order;
        std::uint16_t first, second;
    } cases[] = {{"ABCD", 0x4366, 0x8000},
                 {"CDAB", 0x8000, 0x4366},
                 {"BADC", 0x6643, 0x0080},
                 {"DCBA", 0x0080, 0x6643}};
    for (const auto& each : cases) {
        const auto all = guesses(spec("voltage", config::Type::kF32), words(each.first, each.second));
        ASSERT_NE(find(all, each.order, "f32"), nullptr);
        EXPECT_DOUBLE_EQ(find(all, each.order, "f32")->value, 230.5);
        EXPECT_TRUE(find(all, each.order, "f32")->plausible) << each.order;
        EXPECT_EQ(find(all, each.order, "f32")->as_profile, std::string("ABCD") == each.order);
        EXPECT_EQ(all.size(), 2 * 2 + 4 * 3U);
    }
}

TEST(RawValues, MarksWhatARoleCanBe) {
    const auto all = guesses(spec("voltage", config::Type::kF32), words(0x4366, 0x8000));
    EXPECT_FALSE(find(all, "CDAB", "f32")->plausible) << "a negative zero with dirt in it";
    EXPECT_FALSE(find(all, "ABCD", "u32")->plausible);
    EXPECT_FALSE(plausible_range(spec("made-up", config::Type::kU16)).has_value());
    config::PointSpec own = spec("voltage", config::Type::kU16);
    own.range = config::Range{5, 6};
    EXPECT_EQ(plausible_range(own)->low, 5) << "the profile knows better than its role";
}

TEST(RawValues, AppliesScaleAndOffset) {
    config::PointSpec scaled = spec("temperature", config::Type::kI16);
    scaled.scale = 0.1;
    scaled.offset = -1;
    EXPECT_NEAR(find(guesses(scaled, words(0xFFF6, 0)), "ABCD", "i16")->value, -2.0, 1e-9);
}

TEST(RawValues, ShowsNoMoreThanWasRead) {
    const Words one{{{config::Space::kHolding, 10}, 7}};
    EXPECT_EQ(guesses(spec("level", config::Type::kU16), one).size(), 4U) << "16 bits only";
    EXPECT_TRUE(guesses(spec("level", config::Type::kU16), {}).empty());
    config::PointSpec bit = spec("mounted", config::Type::kBool);
    bit.reg.space = config::Space::kDiscrete;
    EXPECT_TRUE(guesses(bit, {{bit.reg, 1}}).empty());
    config::PointSpec last = spec("level", config::Type::kU16);
    last.reg.address = 0xFFFF;
    EXPECT_EQ(guesses(last, {{last.reg, 7}, {{config::Space::kHolding, 0}, 9}}).size(), 4U);
}

}  // namespace
}  // namespace gengfu::cli
