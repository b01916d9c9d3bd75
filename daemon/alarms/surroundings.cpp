#include "daemon/alarms/surroundings.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>

#include "daemon/alarms/describe.hpp"

namespace gengfu::alarms {
namespace {

constexpr std::int64_t microseconds_of(Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

constexpr std::int64_t kBeforeUs = microseconds_of(kBefore);
constexpr std::int64_t kOlderPaceUs = kBeforeUs / kOlderSamples;

/// What a rule judges by, its own point first; of a group what its members do, and of a silence of a whole
/// device what else is judged there. Each once.
class JudgedBy {
public:
    JudgedBy(const config::Site& site, const config::Rule& rule) : site_(site) {
        add(rule);
        if (points_.empty() && rule.kind == config::RuleKind::kSilent) {
            for (const config::Rule& other : site.rules) {
                if (other.device == rule.device && other.point) {
                    add(other);
                }
            }
        }
    }
    const std::vector<PointId>& points() const { return points_; }

private:
    void add(const config::Rule& rule) {
        for (const PointId point : rule.axes.empty() ? rule.points : rule.axes) {
            add(point);
        }
        if (rule.point && rule.axes.empty()) {
            add(*rule.point);
        }
        for (const config::Member& member : rule.members) {
            for (const RuleId each : member.rules) {
                if (seen_.insert(each).second) {
                    add(site_.rules[each.value]);
                }
            }
        }
    }
    void add(PointId point) {
        if (points_.size() < kMostPoints &&
            std::find(points_.begin(), points_.end(), point) == points_.end()) {
            points_.push_back(point);
        }
    }

    const config::Site& site_;
    std::set<RuleId> seen_;
    std::vector<PointId> points_;
};

}  // namespace

template <std::size_t Size>
void Surroundings::Ring<Size>::push(const Seen& one) {
    seen[next] = one;
    next = static_cast<std::uint8_t>((next + 1) % Size);
    count = static_cast<std::uint8_t>(std::min<std::size_t>(count + 1U, Size));
}

Surroundings::Surroundings(const config::Site& site) : place_(site.points.size(), kNone) {
    const auto watch = [&](PointId point) {
        if (place_[point.value] == kNone) {
            place_[point.value] = static_cast<std::uint32_t>(memory_.size());
            memory_.emplace_back();
        }
    };
    for (const config::Rule& rule : site.rules) {
        if (!rule.alarm) {
            continue;
        }
        std::vector<Watched>& all = watched_[key_of(site, rule)];
        const JudgedBy by(site, rule);
        for (const PointId point : by.points()) {
            watch(point);
            const DeviceId device = site.point(point).device;
            const std::string name = site.spec(point).name;
            all.push_back({point, point == rule.point     ? ""
                                  : device == rule.device ? name
                                                          : site.device(device).name + "/" + name});
        }
    }
    memory_.shrink_to_fit();
}

Surroundings::Seen::Seen(const Sample& sample)
    : packed_(microseconds_of(sample.taken.time_since_epoch()) * 4096 +
              static_cast<std::int64_t>(sample.quality) * 256 + static_cast<std::int64_t>(sample.reason)),
      value_(sample.value) {}

bool Surroundings::Seen::says_the_same(const Seen& other) const {
    return std::bit_cast<std::uint64_t>(value_) == std::bit_cast<std::uint64_t>(other.value_) &&
           quality() == other.quality() && reason() == other.reason();
}

void Surroundings::observe(const Sample& sample) {
    const std::uint32_t place = place_[sample.point.value];
    if (place == kNone) {
        return;
    }
    Memory& memory = memory_[place];
    const Seen seen(sample);
    if (memory.recent.count == kRecentSamples) {
        keep(memory, memory.recent.oldest(), seen);
    }
    memory.recent.push(seen);
}

/// \param newest  for which `leaving` makes room
void Surroundings::keep(Memory& memory, const Seen& leaving, const Seen& newest) {
    if (!memory.older) {
        if (newest.taken_us() - leaving.taken_us() >= kBeforeUs && leaving.says_the_same(newest)) {
            return;
        }
        memory.older = std::make_unique<Ring<kOlderSamples>>();
    }
    if (memory.older->count == 0 || leaving.taken_us() - memory.older->newest().taken_us() >= kOlderPaceUs) {
        memory.older->push(leaving);
    }
}

std::vector<Surroundings::Watched> Surroundings::watched(const Alarm& alarm) const {
    const auto found = watched_.find(alarm.key);
    if (found == watched_.end()) {
        return {};
    }
    if (!alarm.evidence.anomaly || !alarm.key.point.empty()) {
        return found->second;
    }
    std::vector<Watched> about;
    for (const Watched& each : found->second) {
        if (each.name == alarm.evidence.anomaly->point) {
            about.push_back(each);
        }
    }
    return about;
}

std::vector<SampleAround> Surroundings::around(const Alarm& alarm) const {
    std::vector<SampleAround> out;
    const std::int64_t taken = alarm.evidence.taken.monotonic_us;
    for (const Watched& each : watched(alarm)) {
        const Memory& memory = memory_[place_[each.point.value]];
        const auto add = [&](const auto& ring) {
            constexpr std::size_t kSize = std::tuple_size_v<std::decay_t<decltype(ring.seen)>>;
            for (std::size_t i = 0; i < ring.count; ++i) {
                const Seen& seen = ring.seen[(ring.next + kSize - ring.count + i) % kSize];
                if (seen.taken_us() >= taken - kBeforeUs) {
                    out.push_back(
                        {each.name, seen.taken_us() - taken, seen.value(), seen.quality(), seen.reason()});
                }
            }
        };
        if (memory.older) {
            add(*memory.older);
        }
        add(memory.recent);
    }
    std::stable_sort(out.begin(), out.end(), [](const SampleAround& left, const SampleAround& right) {
        return left.offset_us < right.offset_us;
    });
    return out;
}

}  // namespace gengfu::alarms
