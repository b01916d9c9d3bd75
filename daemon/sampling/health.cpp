#include "daemon/sampling/health.hpp"

#include <algorithm>

namespace gengfu::sampling {

bool DeviceHealth::succeeded() {
    const Health before = health_;
    failures_ = 0;
    heard_ = true;
    pause_ = kFirstPause;
    probe_not_before_ = {};
    answers_ = std::min(answers_ + 1, kOnlineAfter);
    if (health_ == Health::kUnknown || answers_ >= kOnlineAfter) {
        health_ = Health::kOnline;
    } else if (health_ == Health::kOffline) {
        health_ = Health::kDegraded;
    }
    return health_ != before;
}

void DeviceHealth::count_failure(bool damaged, int after) {
    const int most = after * kOfflineAfterDamaged;
    answers_ = 0;
    failures_ = std::min(failures_ + (damaged ? kOfflineAfter : kOfflineAfterDamaged), most);
    if (failures_ < most) {
        health_ = health_ == Health::kOffline ? Health::kOffline : Health::kDegraded;
    } else {
        health_ = Health::kOffline;
    }
}

bool DeviceHealth::unreachable() {
    const Health before = health_;
    count_failure(false, kOfflineAfter);
    return health_ != before;
}

bool DeviceHealth::failed(Monotonic now, bool damaged) {
    const Health before = health_;
    heard_ = heard_ || damaged;
    count_failure(damaged, heard_ ? kOfflineAfter : kOfflineAfterUnheard);
    if (health_ == Health::kOffline) {
        probe_not_before_ = now + pause_;
        pause_ = std::min(pause_ * 2, kLongestPause);
    }
    return health_ != before;
}

void ProbeBudget::spent(Monotonic began, Monotonic ended) {
    const auto share = std::chrono::duration_cast<Duration>((ended - began) / kProbeShare);
    not_before_ = std::max(not_before_, began - kMadeUpForProbes) + share;
}

}  // namespace gengfu::sampling
