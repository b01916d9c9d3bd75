#include "drivers/modbus/read_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace gengfu::drivers::modbus {
namespace {

using config::Space;
using std::chrono::microseconds;

/// 9600 baud 8N1, unit with 5 ms turnaround: a second request is worth about 13 registers.
const Cost kSerial{microseconds(26'500), microseconds(1'042)};

Wanted holding(std::size_t point, unsigned address, unsigned count = 1, std::uint32_t group = 0) {
    return {point,
            {Space::kHolding, static_cast<std::uint16_t>(address)},
            static_cast<std::uint16_t>(count),
            group};
}

Wanted in(Space space, std::size_t point, unsigned address) {
    return {point, {space, static_cast<std::uint16_t>(address)}, 1, 0};
}

std::vector<Read> plan(const std::vector<Wanted>& wanted, const Limits& limits = {},
                       const Cost& cost = kSerial) {
    Result<std::vector<Read>> reads = plan_reads(wanted, limits, cost);
    EXPECT_TRUE(reads) << reads.error().what;
    return reads ? *reads : std::vector<Read>{};
}

TEST(ReadPlan, NothingWantedIsNothingRead) {
    EXPECT_TRUE(plan({}).empty());
}

TEST(ReadPlan, NeighboursComeInOneRequest) {
    EXPECT_EQ(plan({holding(7, 11), holding(5, 10), holding(6, 12, 2)}),
              (std::vector<Read>{{3, 10, 4, {5, 7, 6}}}));
}

TEST(ReadPlan, PointsOfOneRegisterShareIt) {
    EXPECT_EQ(plan({holding(0, 5), holding(1, 5), holding(2, 5)}), (std::vector<Read>{{3, 5, 1, {0, 1, 2}}}));
}

TEST(ReadPlan, HoleIsReadOverWhereThatIsCheaper) {
    EXPECT_EQ(plan({holding(0, 0), holding(1, 13)}), (std::vector<Read>{{3, 0, 14, {0, 1}}}));
    EXPECT_EQ(plan({holding(0, 0), holding(1, 14)}), (std::vector<Read>{{3, 0, 1, {0}}, {3, 14, 1, {1}}}));
}

TEST(ReadPlan, EverySpaceHasItsFunction) {
    EXPECT_EQ(plan({in(Space::kHolding, 0, 4), in(Space::kInput, 1, 4), in(Space::kCoil, 2, 4),
                    in(Space::kDiscrete, 3, 4)}),
              (std::vector<Read>{{1, 4, 1, {2}}, {2, 4, 1, {3}}, {3, 4, 1, {0}}, {4, 4, 1, {1}}}));
}

TEST(ReadPlan, LimitPartsARun) {
    Limits limits;
    limits.max_registers = 4;
    std::vector<Wanted> six;
    for (std::size_t i = 0; i < 6; ++i) {
        six.push_back(holding(i, static_cast<unsigned>(i)));
    }
    const std::vector<Read> reads = plan(six, limits);
    ASSERT_EQ(reads.size(), 2U);
    EXPECT_LE(reads[0].count, 4);
    EXPECT_LE(reads[1].count, 4);
}

TEST(ReadPlan, LongValueIsNeverTorn) {
    Limits limits;
    limits.max_registers = 3;
    EXPECT_EQ(plan({holding(0, 0, 2), holding(1, 2, 2), holding(2, 4, 2)}, limits).size(), 3U);
}

TEST(ReadPlan, ForbiddenRegisterIsNeverReadOver) {
    Limits limits;
    limits.forbid = {{Space::kHolding, 2, 3}};
    EXPECT_EQ(plan({holding(0, 1), holding(1, 4)}, limits),
              (std::vector<Read>{{3, 1, 1, {0}}, {3, 4, 1, {1}}}));
    limits.forbid = {{Space::kInput, 2, 3}};
    EXPECT_EQ(plan({holding(0, 1), holding(1, 4)}, limits).size(), 1U);
}

TEST(ReadPlan, GroupComesFromOneRequestHoweverDear) {
    EXPECT_EQ(plan({holding(0, 0, 1, 9), holding(1, 100, 1, 9), holding(2, 200)}),
              (std::vector<Read>{{3, 0, 101, {0, 1}}, {3, 200, 1, {2}}}));
}

TEST(ReadPlan, PointWithinAGroupsHoleRidesAlong) {
    EXPECT_EQ(plan({holding(0, 0, 1, 1), holding(1, 50), holding(2, 100, 1, 1)}),
              (std::vector<Read>{{3, 0, 101, {0, 1, 2}}}));
}

TEST(ReadPlan, AlignmentWidensTheRequest) {
    Limits limits;
    limits.even_start = true;
    limits.even_count = true;
    EXPECT_EQ(plan({holding(0, 5)}, limits), (std::vector<Read>{{3, 4, 2, {0}}}));
    limits.even_start = false;
    EXPECT_EQ(plan({holding(0, 5)}, limits), (std::vector<Read>{{3, 5, 2, {0}}}));
    limits.forbid = {{Space::kHolding, 6, 6}};
    EXPECT_EQ(plan({holding(0, 5)}, limits), (std::vector<Read>{{3, 4, 2, {0}}}));
    limits.forbid.clear();
    EXPECT_EQ(plan({holding(0, 65535)}, limits), (std::vector<Read>{{3, 65534, 2, {0}}}));
}

TEST(ReadPlan, AddressSpaceEndsAt65535) {
    EXPECT_EQ(plan({holding(0, 65534, 2)}), (std::vector<Read>{{3, 65534, 2, {0}}}));
    EXPECT_FALSE(plan_reads(std::vector{holding(0, 65535, 2)}, {}, kSerial));
}

struct Impossible {
    std::string name;
    std::vector<Wanted> wanted;
    Limits limits;
    std::string names;
};

class ReadPlanRefuses : public testing::TestWithParam<Impossible> {};

TEST_P(ReadPlanRefuses, WhatNoRequestCanFetch) {
    const Impossible& i = GetParam();
    const Result<std::vector<Read>> reads = plan_reads(i.wanted, i.limits, kSerial);
    ASSERT_FALSE(reads);
    EXPECT_EQ(reads.error().code, Errc::kInvalid);
    EXPECT_NE(reads.error().what.find(i.names), std::string::npos) << reads.error().what;
}

const Impossible kImpossible[] = {
    {"LongerThanTheLimit",
     {holding(0, 0), holding(42, 8, 4)},
     {.max_registers = 3, .forbid = {}},
     "point 42"},
    {"OverForbidden", {holding(42, 8, 4)}, {.forbid = {{Space::kHolding, 10, 10}}}, "point 42"},
    {"GroupOverForbidden",
     {holding(42, 8, 1, 1), holding(43, 12, 1, 1)},
     {.forbid = {{Space::kHolding, 10, 10}}},
     "point 42"},
    {"GroupLongerThanTheLimit", {holding(42, 0, 1, 1), holding(43, 125, 1, 1)}, {}, "point 42"},
    {"GroupAcrossSpaces", {holding(42, 0, 1, 1), {43, {Space::kInput, 1}, 1, 1}}, {}, "point 43"},
    {"NoRegisters", {holding(42, 0, 0)}, {}, "point 42"},
    {"EvenCountBeyondTheLimit",
     {holding(42, 0, 3)},
     {.max_registers = 3, .even_count = true, .forbid = {}},
     "point 42"},
    {"EvenStartOverForbidden",
     {holding(42, 5)},
     {.even_start = true, .forbid = {{Space::kHolding, 4, 4}}},
     "point 42"},
};
INSTANTIATE_TEST_SUITE_P(Table, ReadPlanRefuses, testing::ValuesIn(kImpossible),
                         [](const auto& test) { return test.param.name; });

// ------------------------------------------------------------------ against exhaustive search on small maps

bool allowed(const Read& read, const Limits& limits) {
    if (read.count > limits.max_registers || (limits.even_start && read.address % 2 != 0) ||
        (limits.even_count && read.count % 2 != 0)) {
        return false;
    }
    return std::ranges::none_of(limits.forbid, [&](const config::Forbidden& f) {
        return f.first < read.address + read.count && f.last >= read.address;
    });
}

bool covers(const Read& read, const Wanted& w) {
    return read.address <= w.reg.address && w.reg.address + w.count <= read.address + read.count;
}

/// The least cost by trying every way to cut `items` (sets that must be read together) into any sets
/// whatever, each with the cheapest request over it. Knows nothing of order, runs or dynamic programming.
class Exhaustive {
public:
    Exhaustive(const std::vector<std::vector<Wanted>>& items, const Limits& limits, const Cost& cost)
        : items_(items), limits_(limits), cost_(cost) {}

    std::optional<Duration> best() {
        sets_.clear();
        best_.reset();
        place(0);
        return best_;
    }

private:
    std::optional<Duration> cheapest(const std::vector<Wanted>& set) const {
        unsigned begin = 65536;
        unsigned end = 0;
        for (const Wanted& w : set) {
            begin = std::min<unsigned>(begin, w.reg.address);
            end = std::max<unsigned>(end, w.reg.address + w.count);
        }
        std::optional<Duration> least;
        for (unsigned from = begin > 2 ? begin - 2 : 0; from <= begin; ++from) {
            for (unsigned to = end; to <= end + 2; ++to) {
                const Read read{
                    3, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to - from), {}};
                if (allowed(read, limits_) && (!least || duration(read, cost_) < *least)) {
                    least = duration(read, cost_);
                }
            }
        }
        return least;
    }

    void place(std::size_t item) {
        if (item == items_.size()) {
            Duration sum{};
            for (const std::vector<Wanted>& set : sets_) {
                const std::optional<Duration> one = cheapest(set);
                if (!one) {
                    return;
                }
                sum += *one;
            }
            best_ = best_ ? std::min(*best_, sum) : sum;
            return;
        }
        for (std::size_t i = 0; i <= sets_.size(); ++i) {
            const bool is_new = i == sets_.size();
            if (is_new) {
                sets_.emplace_back();
            }
            const std::size_t before = sets_[i].size();
            sets_[i].insert(sets_[i].end(), items_[item].begin(), items_[item].end());
            place(item + 1);
            sets_[i].resize(before);
            if (is_new) {
                sets_.pop_back();
                break;
            }
        }
    }

    const std::vector<std::vector<Wanted>>& items_;
    Limits limits_;
    Cost cost_;
    std::vector<std::vector<Wanted>> sets_;
    std::optional<Duration> best_;
};

struct RandomMap {
    std::vector<Wanted> wanted;
    std::vector<std::vector<Wanted>> items;
    Limits limits;
    Cost cost;
};

RandomMap draw(std::mt19937& random) {
    const auto pick = [&](unsigned low, unsigned high) {
        return std::uniform_int_distribution<unsigned>(low, high)(random);
    };
    RandomMap map;
    map.limits.max_registers = static_cast<std::uint16_t>(pick(4, 30));
    map.limits.even_start = pick(0, 3) == 0;
    map.limits.even_count = pick(0, 3) == 0;
    for (unsigned i = pick(0, 3); i > 0; --i) {
        const unsigned first = pick(0, 40);
        map.limits.forbid.push_back({Space::kHolding, static_cast<std::uint16_t>(first),
                                     static_cast<std::uint16_t>(first + pick(0, 2))});
    }
    map.cost = {microseconds(pick(1, 40)), microseconds(pick(0, 3))};
    std::map<std::uint32_t, std::size_t> groups;
    const unsigned count = pick(1, 7);
    for (unsigned i = 0; i < count; ++i) {
        const std::uint32_t group = pick(0, 4) == 0 ? pick(1, 2) : 0;
        const unsigned widths[] = {1, 2, 4};
        const Wanted w = holding(i, pick(0, 40), widths[pick(0, 2)], group);
        map.wanted.push_back(w);
        const auto known = groups.find(group);
        if (group != 0 && known != groups.end()) {
            map.items[known->second].push_back(w);
        } else {
            groups[group] = map.items.size();
            map.items.push_back({w});
        }
    }
    return map;
}

void check_every_point_is_whole(const RandomMap& map, const std::vector<Read>& reads) {
    std::set<std::size_t> seen;
    for (const Read& read : reads) {
        EXPECT_TRUE(allowed(read, map.limits)) << read.address << " " << read.count;
        for (const std::size_t point : read.points) {
            EXPECT_TRUE(seen.insert(point).second) << "read twice";
            EXPECT_TRUE(covers(read, map.wanted[point]));
        }
    }
    EXPECT_EQ(seen.size(), map.wanted.size());
    for (const std::vector<Wanted>& item : map.items) {
        const auto with = [&](const Wanted& w) {
            return std::ranges::find_if(
                reads, [&](const Read& r) { return std::ranges::find(r.points, w.point) != r.points.end(); });
        };
        for (const Wanted& w : item) {
            EXPECT_EQ(with(w), with(item.front())) << "a group was torn";
        }
    }
}

TEST(ReadPlanProperty, CostsAsLittleAsExhaustiveSearchFinds) {
    unsigned possible = 0;
    for (unsigned seed = 0; seed < 1500; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const RandomMap map = draw(random);
        const Result<std::vector<Read>> reads = plan_reads(map.wanted, map.limits, map.cost);
        const std::optional<Duration> best = Exhaustive(map.items, map.limits, map.cost).best();
        ASSERT_EQ(reads.has_value(), best.has_value());
        if (!reads) {
            continue;
        }
        ++possible;
        check_every_point_is_whole(map, *reads);
        const Duration sum =
            std::accumulate(reads->begin(), reads->end(), Duration{},
                            [&](Duration s, const Read& r) { return s + duration(r, map.cost); });
        ASSERT_EQ(sum, *best);
    }
    EXPECT_GT(possible, 700U);
}

// ------------------------------------------------------------------ bisection

TEST(Split, PartsAtTheWidestHoleNearTheMiddle) {
    const std::vector<Wanted> wanted{holding(0, 0), holding(1, 1), holding(2, 9), holding(3, 10)};
    const std::vector<Read> parts = split({3, 0, 11, {0, 1, 2, 3}}, wanted, {});
    EXPECT_EQ(parts, (std::vector<Read>{{3, 0, 2, {0, 1}}, {3, 9, 2, {2, 3}}}));
}

TEST(Split, OnePointOrOneGroupIsTheCulprit) {
    EXPECT_TRUE(split({3, 0, 4, {0}}, std::vector{holding(0, 0, 4)}, {}).empty());
    EXPECT_TRUE(split({3, 0, 3, {0, 1}}, std::vector{holding(0, 0, 1, 5), holding(1, 2, 1, 5)}, {}).empty());
}

TEST(Split, FindsAnyCulpritInLogarithmicSteps) {
    std::vector<Wanted> wanted;
    for (std::size_t i = 0; i < 60; ++i) {
        wanted.push_back(holding(i, static_cast<unsigned>(2 * i)));
    }
    const std::vector<Read> whole = plan(wanted);
    ASSERT_EQ(whole.size(), 1U);
    for (std::size_t culprit = 0; culprit < wanted.size(); ++culprit) {
        Read at = whole.front();
        int steps = 0;
        for (std::vector<Read> parts = split(at, wanted, {}); !parts.empty(); parts = split(at, wanted, {})) {
            ASSERT_EQ(parts.size(), 2U);
            ASSERT_EQ(parts[0].points.size() + parts[1].points.size(), at.points.size());
            at = covers(parts[0], wanted[culprit]) ? parts[0] : parts[1];
            ++steps;
        }
        EXPECT_EQ(at.points, std::vector{culprit});
        EXPECT_LE(steps, 12);
    }
}

// ------------------------------------------------------------------ from the configuration

TEST(Wanted, ComesFromTheProfile) {
    config::Profile profile;
    config::PointSpec a;
    a.reg = {Space::kInput, 4};
    a.type = config::Type::kF32;
    a.same_read = "pair";
    config::PointSpec b;
    b.reg = {Space::kInput, 9};
    config::PointSpec c = a;
    c.reg.address = 12;
    profile.points = {a, b, c};
    const std::vector<config::PointRef> all{0, 1, 2};
    const std::vector<Wanted> list = wanted(profile, all);
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list[0].count, 2);
    EXPECT_EQ(list[1].count, 1);
    EXPECT_EQ(list[1].group, 0U);
    EXPECT_NE(list[0].group, 0U);
    EXPECT_EQ(list[0].group, list[2].group);
    EXPECT_EQ(list[2].point, 2U);
}

TEST(Slice, FindsAPointsRegistersInTheAnswer) {
    const Read read{3, 100, 4, {0, 1}};
    const std::vector<std::uint16_t> values{10, 11, 12, 13};
    const auto two = slice(read, holding(1, 102, 2), values);
    EXPECT_EQ(std::vector(two.begin(), two.end()), (std::vector<std::uint16_t>{12, 13}));
}

TEST(CostModel, IsThePhysicsOfTheLine) {
    config::Bus bus;
    bus.serial.baud = 9600;
    bus.serial.parity = config::Parity::kEven;
    // Domain table: 11-bit characters at 9600 baud, one register, 17.2 ms on the wire, 25.2 ms with both
    // gaps.
    const Duration one = duration({3, 0, 1, {}}, cost(bus, Duration{}));
    EXPECT_NEAR(std::chrono::duration<double>(one).count() * 1e3, 25.2, 0.05);
    const Duration many = duration({3, 0, 125, {}}, cost(bus, Duration{}));
    EXPECT_NEAR(std::chrono::duration<double>(many).count() * 1e3, 309.4, 0.05);
    EXPECT_EQ(duration({1, 0, 9, {}}, cost(bus, Duration{})), one);  // 9 bits: two bytes, as a register
}

TEST(CostModel, TcpPrefersOneLongRequest) {
    config::Bus bus;
    bus.kind = config::BusKind::kModbusTcp;
    EXPECT_EQ(plan({holding(0, 0), holding(1, 124)}, {}, cost(bus, Duration{})).size(), 1U);
}

}  // namespace
}  // namespace gengfu::drivers::modbus
