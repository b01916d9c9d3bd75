#pragma once

#include <chrono>

#include "daemon/core/time.hpp"

namespace gengfu {

/// Notices that the gateway itself stood still: the process was stopped, its virtual machine paused, its disk
/// or its processor took it for seconds. Nobody was asked meanwhile, so that this time proves no silence.
/// Pure; one thread.
class PauseWatch {
public:
    /// Core comes round at least once a second (Pipeline::note_later()); twice that is no pause yet.
    static constexpr Duration kPause = std::chrono::seconds(2);

    explicit PauseWatch(Monotonic start) : last_(start) {}

    /// Core comes round; call before anything is found to be silent. \return the time since the last call
    /// where that is longer than kPause: it was not observed; else zero
    Duration look(Monotonic now);

private:
    Monotonic last_;
};

}  // namespace gengfu
