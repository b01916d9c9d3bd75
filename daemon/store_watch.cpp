#include "daemon/store_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gengfu {
namespace {

constexpr auto kDamageTold = std::chrono::minutes(1);
/// Of many files set aside the newest are named; the folder has them all.
constexpr std::size_t kMostNamed = 3;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

StoreWatch::StoreWatch(std::vector<std::string> at_start, Monotonic now) : at_start_(std::move(at_start)) {
    if (!at_start_.empty()) {
        damage_told_until_ = now + kDamageTold;
    }
}

bool StoreWatch::look(const store::Usage& usage, Monotonic now) {
    bool news = std::exchange(full_, usage.full) != usage.full;
    const bool failing = !usage.trouble.empty() && !usage.full;
    news = std::exchange(failing_, failing) != failing || news;
    trouble_ = usage.trouble;
    if (usage.set_aside.size() > set_aside_.size()) {
        set_aside_ = usage.set_aside;
        damage_told_until_ = now + kDamageTold;
        news = true;
    }
    Duration longest = of_the_disk(usage.write_under_way, now);
    if (std::exchange(slow_writes_, usage.slow_writes) != usage.slow_writes) {
        longest = std::max(longest, of_the_disk(usage.last_slow_write, now));
    }
    const double slow = longest > store::kSlowWrite ? seconds(longest) : 0;
    slow_ = std::max(slow_, slow);
    return news || slow > 0;
}

void StoreWatch::unobserved(Duration pause, Monotonic now) {
    pause_ = pause;
    paused_until_ = now;
}

/// No write begins during a pause: one that reaches back beyond its end was under way all through it.
Duration StoreWatch::of_the_disk(Duration write, Monotonic now) const {
    return now - write < paused_until_ ? write - pause_ : write;
}

double StoreWatch::take_slow() {
    return std::exchange(slow_, 0);
}

config::Text StoreWatch::detail() const {
    if (set_aside_.empty()) {
        const std::string& what = !trouble_.empty() || at_start_.empty() ? trouble_ : at_start_.back();
        return what.empty() ? config::Text{} : config::Text{",原因见 gengfu status", ": " + what};
    }
    std::string paths;
    for (std::size_t i = set_aside_.size() - std::min(kMostNamed, set_aside_.size()); i < set_aside_.size();
         ++i) {
        paths += (paths.empty() ? "" : ", ") + set_aside_[i];
    }
    if (set_aside_.size() > kMostNamed) {
        paths += ", …";
    }
    return {":" + paths, ": " + paths};
}

}  // namespace gengfu
