#include "daemon/publish/unconfirmed.hpp"

#include <algorithm>
#include <limits>

#include "daemon/store/ranges.hpp"

namespace gengfu::publish {
namespace {

constexpr std::size_t kMostAtOnce = 10000;
// A consumer confirms at most every 5 s; one that announces itself faster is in trouble of its own.
constexpr Duration kAnnouncePause = std::chrono::seconds(5);
constexpr Duration kSlot = std::chrono::seconds(1);

}  // namespace

Unconfirmed::Unconfirmed(std::vector<std::string> consumers, Duration patience,
                         const std::map<std::string, Duration>& silences)
    : patience_(patience), wait_(patience), random_(std::random_device{}()) {
    for (std::string& name : consumers) {
        if (name != "broker") {
            const auto known = silences.find(name);
            const Duration before = known == silences.end() ? Duration::zero() : known->second;
            consumers_[std::move(name)] = {.before = before};
        }
    }
}

void Unconfirmed::acknowledged(const Key& key, std::uint64_t sequence, Monotonic now) {
    if (!any()) {
        return;
    }
    if (slots_.empty() || now - slots_.back().begun >= std::min(kSlot, patience_ / 4)) {
        slots_.push_back({now});
    }
    slots_.back().sequences[key].add(sequence);
}

bool Unconfirmed::recent(const Key& key, std::uint64_t sequence) const {
    return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
        const auto found = slot.sequences.find(key);
        return found != slot.sequences.end() && found->second.contains(sequence);
    });
}

std::vector<std::uint64_t> Unconfirmed::lacking(const Confirmation& confirmation,
                                                const RangeSet& acknowledged, Monotonic now) {
    std::vector<std::uint64_t> out;
    if (!required(confirmation.consumer)) {
        return out;
    }
    while (!slots_.empty() && now - slots_.front().begun > wait_ + kSlot) {
        slots_.pop_front();
    }
    store::RangeSet has;
    for (const store::SequenceRange& range : confirmation.ranges) {
        has.add(range);
    }
    const Key key{confirmation.epoch, confirmation.stream};
    std::size_t looked = 0;
    for (const store::SequenceRange& range : acknowledged.ranges()) {
        std::uint64_t from = range.first;
        for (auto gap = has.gap(from, range.last); gap; gap = has.gap(from, range.last)) {
            for (std::uint64_t one = gap->first; one <= gap->last && looked < kMostAtOnce; ++one, ++looked) {
                if (!recent(key, one)) {
                    out.push_back(one);
                }
            }
            from = gap->last + 1;
            if (from > range.last || looked >= kMostAtOnce) {
                break;
            }
        }
    }
    if (!out.empty()) {
        // Thousands of gateways behind one consumer that was away do not come back at the same second.
        wait_ = patience_ +
                Duration(std::uniform_int_distribution<Duration::rep>(0, patience_.count() / 3)(random_));
    }
    return out;
}

bool Unconfirmed::announced(const std::string& consumer, Monotonic now) {
    const auto found = consumers_.find(consumer);
    if (found == consumers_.end() ||
        (found->second.announced != Monotonic{} && now - found->second.announced < kAnnouncePause)) {
        return false;
    }
    found->second.announced = now;
    return true;
}

void Unconfirmed::heard(const std::string& consumer, Monotonic now) {
    const auto found = consumers_.find(consumer);
    if (found != consumers_.end()) {
        found->second.heard = now;
    }
}

Duration Unconfirmed::silence(const Consumer& consumer, Monotonic now) const {
    return was_connected_ ? lost_.value_or(now) - consumer.heard : consumer.before;
}

std::map<std::string, Duration> Unconfirmed::silences(Monotonic now) const {
    std::map<std::string, Duration> out;
    for (const auto& [name, consumer] : consumers_) {
        out.emplace(name, silence(consumer, now));
    }
    return out;
}

Unconfirmed::Silence Unconfirmed::silent(Monotonic now) const {
    Silence longest;
    for (const auto& [name, consumer] : consumers_) {
        const Duration lasts = silence(consumer, now);
        if (longest.consumer.empty() || lasts > longest.lasts) {
            longest = {name, lasts};
        }
    }
    return longest;
}

void Unconfirmed::connected(Monotonic now) {
    for (auto& [name, consumer] : consumers_) {
        if (!was_connected_) {
            consumer.heard = now - consumer.before;
        } else if (lost_) {
            consumer.heard += now - *lost_;
        }
    }
    was_connected_ = true;
    lost_.reset();
}

void Unconfirmed::lost(Monotonic now) {
    if (was_connected_ && !lost_) {
        lost_ = now;
    }
}

}  // namespace gengfu::publish
