#include "daemon/rules/watch_list.hpp"

#include <algorithm>

namespace gengfu::rules {
namespace {

bool later(const WatchList::Entry& a, const WatchList::Entry& b) {
    return a.when > b.when;
}

}  // namespace

void WatchList::push(const Entry& entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<Monotonic> WatchList::earliest() const {
    if (heap_.empty()) {
        return std::nullopt;
    }
    return heap_.front().when;
}

std::optional<WatchList::Entry> WatchList::pop_due(Monotonic now) {
    if (heap_.empty() || heap_.front().when > now) {
        return std::nullopt;
    }
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
}

}  // namespace gengfu::rules
