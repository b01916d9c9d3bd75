#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace gengfu {

/// Bounded hand-over of values from worker threads to core. Never blocks: at a full inbox the oldest value
/// goes, and is counted (the next poll brings a newer one).
template <class T>
class Inbox {
public:
    explicit Inbox(std::size_t limit) : limit_(limit) {}

    /// \return true when the inbox was empty: somebody must be told to take().
    bool put(T value) {
        const std::lock_guard lock(mutex_);
        if (values_.size() >= limit_) {
            values_.pop_front();
            ++dropped_;
        }
        values_.push_back(std::move(value));
        return values_.size() == 1;
    }

    std::deque<T> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(values_, {});
    }

    std::uint64_t dropped() const {
        const std::lock_guard lock(mutex_);
        return dropped_;
    }

private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::deque<T> values_;
    std::uint64_t dropped_ = 0;
};

}  // namespace gengfu
