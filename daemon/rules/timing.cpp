#include "daemon/rules/timing.hpp"

#include <algorithm>

namespace gengfu::rules {
namespace {

Says about_rise(const Opinion& opinion, Voice voice, int level) {
    if (opinion.reached >= level) {
        return Says::kTowards;
    }
    return voice == Voice::kFull ? Says::kAgainst : Says::kNothing;
}

Says about_fall(const Opinion& opinion, Voice voice, int level) {
    if (opinion.held >= level) {
        return Says::kAgainst;
    }
    return voice == Voice::kFull ? Says::kTowards : Says::kNothing;
}

}  // namespace

void run(Timer& timer, Says says, Duration stretch) {
    if (timer.running) {
        timer.candidate =
            (timer.candidate + static_cast<std::uint64_t>(stretch.count())) & (~std::uint64_t{0} >> 1U);
    }
    timer.running = says == Says::kTowards;
    if (says == Says::kTowards) {
        timer.elapsed += Duration(static_cast<Duration::rep>(timer.candidate));
        timer.candidate = 0;
    } else if (says == Says::kAgainst) {
        timer = {};
    }
}

void Timing::place(int to) {
    const int first = std::min(level, to) + 1;
    const int last = std::max(level, to);
    for (int i = first; i <= last; ++i) {
        timers.at(static_cast<std::size_t>(i)) = {};
    }
    level = to;
}

void advance(Timing& timing, std::size_t levels, const Delays& delays, const Opinion& opinion, Voice voice,
             Duration stretch) {
    const int count = static_cast<int>(std::min(levels, kMaxLevels));
    int next = timing.level;
    for (int i = count - 1; i >= 0; --i) {
        Timer& timer = timing.timers.at(static_cast<std::size_t>(i));
        const bool rise = i > timing.level;
        Says says = Says::kNothing;
        if (voice != Voice::kMute) {
            says = rise ? about_rise(opinion, voice, i) : about_fall(opinion, voice, i);
        }
        run(timer, says, stretch);
        if (says != Says::kTowards) {
            continue;
        }
        if (rise && timer.elapsed >= delays.on) {
            next = std::max(next, i);
        } else if (!rise && next == i && timer.elapsed >= delays.off) {
            next = i - 1;  // from the gravest down, as long as each one in turn is over
        }
    }
    if (next != timing.level) {
        timing.place(next);
    }
}

}  // namespace gengfu::rules
