#include "daemon/pause_watch.hpp"

#include <algorithm>

namespace gengfu {

Duration PauseWatch::look(Monotonic now) {
    const Duration gap = now - last_;
    last_ = std::max(last_, now);
    return gap > kPause ? gap : Duration::zero();
}

}  // namespace gengfu
