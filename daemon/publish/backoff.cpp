#include "daemon/publish/backoff.hpp"

#include <algorithm>

namespace gengfu::publish {

Duration wait_after(std::uint32_t failures, double chance) {
    constexpr std::uint32_t kEnough = 6;  // 2^6 s is above the longest wait
    const std::uint32_t doublings = std::clamp(failures, 1U, kEnough);
    const Duration high = std::min<Duration>(kLongestWait, kShortestWait * (1LL << doublings));
    const Duration low = std::max<Duration>(kShortestWait, high / 2);
    const double spread = static_cast<double>((high - low).count()) * std::clamp(chance, 0.0, 1.0);
    return low + Duration(static_cast<Duration::rep>(spread));
}

}  // namespace gengfu::publish
