#include "daemon/store/progress.hpp"

#include <algorithm>
#include <utility>

namespace gengfu::store {
namespace {

const RangeSet kNothing;

}  // namespace

Progress::Progress(std::vector<std::string> consumers) : consumers_(std::move(consumers)) {}

void Progress::load(const Place& place, const std::string& consumer, RangeSet ranges) {
    confirmed_[place][consumer] = std::move(ranges);
    release(place);
}

void Progress::join(const std::string& consumer, const std::vector<std::string>& before) {
    for (auto& [place, by_consumer] : confirmed_) {
        if (before.empty() || by_consumer.contains(consumer)) {
            continue;
        }
        RangeSet common = of(place, before.front());
        for (const std::string& name : before) {
            common = intersection(common, of(place, name));
        }
        by_consumer[consumer] = std::move(common);
        changed_.emplace(place, consumer);
        release(place);
    }
}

bool Progress::confirm(const Place& place, const std::string& consumer,
                       const std::vector<SequenceRange>& ranges, std::uint64_t last) {
    if (std::find(consumers_.begin(), consumers_.end(), consumer) == consumers_.end()) {
        return false;
    }
    RangeSet& known = confirmed_[place][consumer];
    bool changed = false;
    for (SequenceRange range : ranges) {
        range.last = std::min(range.last, last);
        changed |= !known.covers(range) && known.add_within(range, kMostRanges);
    }
    if (changed) {
        changed_.emplace(place, consumer);
        release(place);
    }
    return changed;
}

void Progress::release(const Place& place) {
    RangeSet common = of(place, consumers_.front());
    for (const std::string& consumer : consumers_) {
        common = intersection(common, of(place, consumer));
    }
    released_[place] = std::move(common);
}

const RangeSet& Progress::released(const Place& place) const {
    const auto found = released_.find(place);
    return found == released_.end() ? kNothing : found->second;
}

const RangeSet& Progress::of(const Place& place, const std::string& consumer) const {
    const auto found = confirmed_.find(place);
    if (found == confirmed_.end()) {
        return kNothing;
    }
    const auto ranges = found->second.find(consumer);
    return ranges == found->second.end() ? kNothing : ranges->second;
}

std::vector<Progress::Change> Progress::take_changes() {
    std::vector<Change> changes;
    for (const auto& [place, consumer] : std::exchange(changed_, {})) {
        const auto found = confirmed_.find(place);
        const bool gone = found == confirmed_.end() || !found->second.contains(consumer);
        changes.push_back({place, consumer, gone});
    }
    return changes;
}

void Progress::forget_before(std::uint64_t start) {
    while (!confirmed_.empty() && confirmed_.begin()->first.start < start) {
        for (const auto& [consumer, ranges] : confirmed_.begin()->second) {
            changed_.emplace(confirmed_.begin()->first, consumer);
        }
        released_.erase(confirmed_.begin()->first);
        confirmed_.erase(confirmed_.begin());
    }
}

void Progress::forget(const std::string& consumer) {
    for (auto& [place, by_consumer] : confirmed_) {
        if (by_consumer.erase(consumer) != 0) {
            changed_.emplace(place, consumer);
            release(place);
        }
    }
}

std::set<std::string> Progress::consumers_known() const {
    std::set<std::string> names;
    for (const auto& [place, by_consumer] : confirmed_) {
        for (const auto& [consumer, ranges] : by_consumer) {
            names.insert(consumer);
        }
    }
    return names;
}

}  // namespace gengfu::store
