#include "daemon/store/ranges.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace gengfu::store {
namespace {

RangeSet made(std::initializer_list<SequenceRange> ranges) {
    RangeSet set;
    for (const SequenceRange& range : ranges) {
        set.add(range);
    }
    return set;
}

struct Case {
    std::string name;
    RangeSet set;
    std::string want;
};
class RangesAdd : public testing::TestWithParam<Case> {};

TEST_P(RangesAdd, MergesToTheFewestRanges) {
    EXPECT_EQ(to_text(GetParam().set), GetParam().want);
}

const Case kCases[] = {
    {"Nothing", {}, ""},
    {"One", made({{5, 5}}), "5-5"},
    {"Apart", made({{5, 6}, {1, 2}}), "1-2,5-6"},
    {"TouchBelow", made({{5, 6}, {3, 4}}), "3-6"},
    {"TouchAbove", made({{3, 4}, {5, 6}}), "3-6"},
    {"BridgeAll", made({{1, 2}, {5, 6}, {9, 9}, {2, 9}}), "1-9"},
    {"Inside", made({{1, 9}, {3, 4}}), "1-9"},
    {"Around", made({{3, 4}, {6, 7}, {1, 9}}), "1-9"},
    {"ZeroIsNoSequence", made({{0, 5}}), ""},
    {"UpsideDown", made({{5, 4}}), ""},
    {"EndOfNumbers", made({{~0ULL - 1, ~0ULL}, {1, 1}}), "1-1,18446744073709551614-18446744073709551615"},
};
INSTANTIATE_TEST_SUITE_P(Table, RangesAdd, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Ranges, BoundHoldsButGapsCanStillClose) {
    RangeSet set = made({{1, 1}, {3, 3}});
    EXPECT_FALSE(set.add_within({5, 5}, 2));
    EXPECT_TRUE(set.add_within({2, 2}, 2));
    EXPECT_EQ(to_text(set), "1-3");
}

TEST(Ranges, TextThatIsNotOursIsRefused) {
    for (const char* text :
         {"1", "1-", "-1", "2-1", "1-2,", "0-1", "1-2;3-4", "a-b", "1-2 ", "99999999999999999999-1"}) {
        EXPECT_FALSE(parse_ranges(text)) << text;
    }
}

// Against a plain set of numbers, seeded.
class RangesProperty : public testing::TestWithParam<unsigned> {};

struct Model {
    RangeSet set;
    std::set<std::uint64_t> plain;
};

Model random_model(std::mt19937_64& random) {
    Model model;
    for (std::uint64_t i = random() % 40; i > 0; --i) {
        const std::uint64_t first = 1 + random() % 120;
        const std::uint64_t last = first + random() % 6;
        model.set.add({first, last});
        for (std::uint64_t n = first; n <= last; ++n) {
            model.plain.insert(n);
        }
    }
    return model;
}

TEST_P(RangesProperty, BehavesAsASetOfNumbers) {
    std::mt19937_64 random(GetParam());
    for (int round = 0; round < 200; ++round) {
        const Model a = random_model(random);
        const Model b = random_model(random);
        const RangeSet both = intersection(a.set, b.set);
        for (std::uint64_t n = 1; n <= 130; ++n) {
            ASSERT_EQ(a.set.contains(n), a.plain.contains(n));
            ASSERT_EQ(both.contains(n), a.plain.contains(n) && b.plain.contains(n));
        }
        const std::uint64_t from = 1 + random() % 130;
        const std::uint64_t last = from + random() % 20;
        std::uint64_t inside = 0;
        std::optional<std::uint64_t> missing;
        for (std::uint64_t n = from; n <= last; ++n) {
            inside += a.plain.count(n);
            missing = missing ? missing : a.plain.contains(n) ? std::nullopt : std::optional(n);
        }
        ASSERT_EQ(a.set.count_in({from, last}), inside);
        ASSERT_EQ(a.set.covers({from, last}), !missing);
        const auto gap = a.set.gap(from, last);
        ASSERT_EQ(gap.has_value(), missing.has_value());
        if (gap) {
            ASSERT_EQ(gap->first, *missing);
            ASSERT_EQ(a.set.count_in(*gap), 0U);
            ASSERT_TRUE(gap->last == last || a.plain.contains(gap->last + 1));
        }
        for (std::size_t i = 1; i < a.set.ranges().size(); ++i) {
            ASSERT_GT(a.set.ranges()[i].first, a.set.ranges()[i - 1].last + 1) << "ranges touch";
        }
        ASSERT_EQ(parse_ranges(to_text(a.set)), a.set);
    }
}
INSTANTIATE_TEST_SUITE_P(Seeds, RangesProperty, testing::Range(1U, 6U));

}  // namespace
}  // namespace gengfu::store
