#include "drivers/modbus/read_plan.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "drivers/modbus/codec.hpp"
#include "drivers/modbus/frame.hpp"
#include "drivers/modbus/timing.hpp"

namespace gengfu::drivers::modbus {

namespace {

using config::Space;

constexpr std::uint32_t kAddressEnd = 0x10000;
/// A round trip with switches and a slow embedded stack's wake-up: only its ratio to `per_byte` matters, and
/// that says "never ask twice where once will do".
constexpr Duration kTcpRoundTrip = std::chrono::microseconds(500);
constexpr Duration kTcpPerByte = std::chrono::nanoseconds(80);  // 100 Mbit/s

bool is_bit_space(Space space) {
    return space == Space::kCoil || space == Space::kDiscrete;
}

std::uint8_t function_of(Space space) {
    switch (space) {
        case Space::kCoil:
            return 1;
        case Space::kDiscrete:
            return 2;
        case Space::kInput:
            return 4;
        case Space::kHolding:
            break;
    }
    return 3;
}

Space space_of(std::uint8_t function) {
    switch (function) {
        case 1:
            return Space::kCoil;
        case 2:
            return Space::kDiscrete;
        case 4:
            return Space::kInput;
        default:
            return Space::kHolding;
    }
}

/// What must come from one request: a point or a group. `end` is one past the last register.
struct Item {
    Space space = Space::kHolding;
    std::uint32_t begin = 0, end = 0;
    std::vector<const Wanted*> members;  // never empty
};

struct Extent {
    std::uint32_t begin = 0, end = 0;
    std::uint32_t count() const { return end - begin; }
};

bool touches_forbidden(Space space, Extent extent, const Limits& limits) {
    return std::ranges::any_of(limits.forbid, [=](const config::Forbidden& f) {
        return f.space == space && f.first < extent.end && f.last >= extent.begin;
    });
}

/// The least request that covers `begin` to `end` within the limits. Where it does not exist, none exists for
/// any wider range either, since every request that covers the wider one would do here: that ends the search
/// below.
std::optional<Extent> request_over(Space space, Extent wish, const Limits& limits) {
    const std::uint32_t most = is_bit_space(space) ? limits.max_bits : limits.max_registers;
    if (limits.even_start) {
        wish.begin &= ~1U;
    }
    const auto allowed = [&](Extent e) {
        return e.count() <= most && e.end <= kAddressEnd && !touches_forbidden(space, e, limits);
    };
    if (!limits.even_count || wish.count() % 2 == 0) {
        return allowed(wish) ? std::optional(wish) : std::nullopt;
    }
    const Extent longer{wish.begin, wish.end + 1};
    if (allowed(longer)) {
        return longer;
    }
    if (!limits.even_start && wish.begin > 0) {
        const Extent earlier{wish.begin - 1, wish.end};
        return allowed(earlier) ? std::optional(earlier) : std::nullopt;
    }
    return std::nullopt;
}

Duration price(Space space, std::uint32_t count, const Cost& cost) {
    return cost.fixed + cost.per_byte * (is_bit_space(space) ? (count + 7) / 8 : 2 * count);
}

Result<void> add(std::vector<Item>& items, std::map<std::uint32_t, std::size_t>& groups, const Wanted& w) {
    const std::uint32_t begin = w.reg.address;
    const Item item{w.reg.space, begin, begin + w.count, {&w}};
    if (w.count == 0) {
        return fail(Errc::kInvalid, "point " + std::to_string(w.point) + ": its type fits no register there");
    }
    if (w.group == 0) {
        items.push_back(item);
        return {};
    }
    const auto [known, is_new] = groups.try_emplace(w.group, items.size());
    if (is_new) {
        items.push_back(item);
        return {};
    }
    Item& group = items[known->second];
    if (group.space != w.reg.space) {
        return fail(Errc::kInvalid, "point " + std::to_string(w.point) +
                                        ": one request cannot read two register spaces (same_read)");
    }
    group.begin = std::min(group.begin, item.begin);
    group.end = std::max(group.end, item.end);
    group.members.push_back(&w);
    return {};
}

/// Points and groups by space and start. No two requests of a least-cost plan cover one another, so both
/// their starts and their ends rise, and every item can be given to the last request that starts at or before
/// it: some least-cost plan cuts this order into runs.
Result<std::vector<Item>> items_of(std::span<const Wanted> wanted) {
    std::vector<Item> items;
    items.reserve(wanted.size());
    std::map<std::uint32_t, std::size_t> groups;
    for (const Wanted& w : wanted) {
        if (Result<void> added = add(items, groups, w); !added) {
            return pass(added);
        }
    }
    std::ranges::stable_sort(items, [](const Item& a, const Item& b) {
        return a.space != b.space ? function_of(a.space) < function_of(b.space) : a.begin < b.begin;
    });
    return items;
}

Read read_of(std::span<const Item> run, Extent extent) {
    std::vector<const Wanted*> members;
    for (const Item& item : run) {
        members.insert(members.end(), item.members.begin(), item.members.end());
    }
    std::ranges::stable_sort(members, {}, [](const Wanted* w) { return w->reg.address; });
    Read read{.function = function_of(run.front().space),
              .address = static_cast<std::uint16_t>(extent.begin),
              .count = static_cast<std::uint16_t>(extent.count()),
              .points = {}};
    read.points.reserve(members.size());
    for (const Wanted* w : members) {
        read.points.push_back(w->point);
    }
    return read;
}

/// The request over a run of items of one space.
std::optional<Extent> extent_of(std::span<const Item> run, const Limits& limits) {
    Extent wish{run.front().begin, 0};
    for (const Item& item : run) {
        wish.end = std::max(wish.end, item.end);
    }
    return request_over(run.front().space, wish, limits);
}

std::string refusal(const Item& item) {
    return "point " + std::to_string(item.members.front()->point) + ": " +
           std::to_string(item.end - item.begin) + " registers from " + std::to_string(item.begin) +
           " cannot be read by one request that the device allows (length, alignment, forbidden registers)";
}

/// Best way to fetch the items up to some position: its price and where its last run begins.
struct Best {
    Duration price = Duration::max();
    std::size_t requests = 0;
    std::size_t run_begin = 0;
};

/// best[i]: of the first i items. Forward dynamic programming; runs from one start end where no request
/// covers them any more.
Result<std::vector<Best>> best_runs(std::span<const Item> items, const Limits& limits, const Cost& cost) {
    std::vector<Best> best(items.size() + 1);
    best[0].price = Duration::zero();
    for (std::size_t first = 0; first < items.size(); ++first) {
        Extent wish{items[first].begin, 0};
        const Space space = items[first].space;
        for (std::size_t next = first; next < items.size() && items[next].space == space; ++next) {
            wish.end = std::max(wish.end, items[next].end);
            const std::optional<Extent> extent = request_over(space, wish, limits);
            if (!extent) {
                break;
            }
            const Best here{best[first].price + price(space, extent->count(), cost), best[first].requests + 1,
                            first};
            Best& known = best[next + 1];
            if (here.price < known.price || (here.price == known.price && here.requests < known.requests)) {
                known = here;
            }
        }
        if (!extent_of(items.subspan(first, 1), limits)) {
            return fail(Errc::kInvalid, refusal(items[first]));
        }
    }
    return best;
}

/// Where to part items for bisection: anywhere in the middle half keeps the number of steps logarithmic, and
/// there the widest hole goes first, then what is nearest to the middle.
std::size_t middle_cut(std::span<const Item> items) {
    const std::size_t quarter = (items.size() + 3) / 4;
    std::size_t cut = items.size() / 2;
    std::int64_t widest = 0;
    std::uint32_t end = 0;
    for (std::size_t i = 1; i < items.size(); ++i) {
        end = std::max(end, items[i - 1].end);
        const std::int64_t hole = std::int64_t{items[i].begin} - end;
        if (i >= quarter && i <= items.size() - quarter && hole > widest) {
            widest = hole;
            cut = i;
        }
    }
    return cut;
}

}  // namespace

std::vector<Wanted> wanted(const config::Profile& profile, std::span<const config::PointRef> points) {
    std::map<std::string, std::uint32_t> groups;
    std::vector<Wanted> list;
    list.reserve(points.size());
    for (const config::PointRef ref : points) {
        const config::PointSpec& spec = profile.points[ref];
        std::uint32_t group = 0;
        if (!spec.same_read.empty()) {
            group = groups.try_emplace(spec.same_read, static_cast<std::uint32_t>(groups.size() + 1))
                        .first->second;
        }
        list.push_back({ref, spec.reg, register_count(spec), group});
    }
    return list;
}

Limits limits(const config::Profile& profile) {
    return {profile.max_registers, profile.max_bits, profile.even_start, profile.even_count, profile.forbid};
}

Cost cost(const config::Bus& bus, Duration turnaround) {
    if (bus.kind != config::BusKind::kModbusRtu) {
        return {kTcpRoundTrip + turnaround, kTcpPerByte};
    }
    const Duration character = character_time(bus.serial);
    return {character * (kRtuReadRequestBytes + kRtuReadAnswerOverhead) + 2 * silent_interval(bus.serial) +
                turnaround,
            character};
}

Duration duration(const Read& read, const Cost& cost) {
    return price(space_of(read.function), read.count, cost);
}

Result<std::vector<Read>> plan_reads(std::span<const Wanted> wanted, const Limits& limits, const Cost& cost) {
    Result<std::vector<Item>> items = items_of(wanted);
    if (!items) {
        return pass(items);
    }
    const std::span<const Item> all(*items);
    Result<std::vector<Best>> best = best_runs(all, limits, cost);
    if (!best) {
        return pass(best);
    }
    std::vector<Read> reads;
    for (std::size_t end = all.size(); end > 0; end = (*best)[end].run_begin) {
        const std::size_t begin = (*best)[end].run_begin;
        const std::span<const Item> run = all.subspan(begin, end - begin);
        reads.push_back(read_of(run, *extent_of(run, limits)));
    }
    std::ranges::reverse(reads);
    return reads;
}

std::vector<Read> split(const Read& read, std::span<const Wanted> wanted, const Limits& limits) {
    std::vector<Wanted> own;
    for (const Wanted& w : wanted) {
        if (std::ranges::find(read.points, w.point) != read.points.end()) {
            own.push_back(w);
        }
    }
    const Result<std::vector<Item>> items = items_of(own);
    if (!items || items->size() < 2) {
        return {};
    }
    const std::span<const Item> all(*items);
    const std::size_t cut = middle_cut(all);
    const std::optional<Extent> left = extent_of(all.first(cut), limits);
    const std::optional<Extent> right = extent_of(all.subspan(cut), limits);
    if (!left || !right) {
        return {};
    }
    return {read_of(all.first(cut), *left), read_of(all.subspan(cut), *right)};
}

std::span<const std::uint16_t> slice(const Read& read, const Wanted& wanted,
                                     std::span<const std::uint16_t> values) {
    assert(wanted.reg.address >= read.address && values.size() == read.count);
    return values.subspan(static_cast<std::size_t>(wanted.reg.address - read.address), wanted.count);
}

}  // namespace gengfu::drivers::modbus
