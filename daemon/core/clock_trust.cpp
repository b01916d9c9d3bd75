#include "daemon/core/clock_trust.hpp"

#include <sys/stat.h>
#include <sys/timex.h>

#include <cstdlib>
#include <ctime>

namespace gengfu {
namespace {

// systemd-timesyncd.service(8), Files: made when the clock has been synchronised in this boot.
constexpr const char* kSynchronisedFile = "/run/systemd/timesync/synchronized";
// Their runtime folders: they are there while the services run.
constexpr const char* kServices[] = {"/run/systemd/timesync", "/run/chrony", "/run/ntpd.pid", "/run/ntpsec"};

bool exists(const char* path) {
    struct stat about {};
    return ::stat(path, &about) == 0;
}

std::int64_t microseconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

std::optional<ClockTrust> parse_clock_trust(std::string_view word) {
    if (word == "auto") {
        return ClockTrust::kAuto;
    }
    if (word == "synchronised") {
        return ClockTrust::kSynchronised;
    }
    return word == "plausible" ? std::optional(ClockTrust::kPlausible) : std::nullopt;
}

ClockSigns read_clock_signs() {
    ClockSigns out;
    static const SystemClock kClock;
    out.plausible = kClock.wall().has_value();
    timex kernel{};
    const bool asked = ::adjtimex(&kernel) != -1;
    const bool disciplined = asked && (static_cast<unsigned>(kernel.status) & STA_UNSYNC) == 0U;
    out.synchronised = disciplined || exists(kSynchronisedFile);
    out.error_us = disciplined && kernel.maxerror > 0 ? static_cast<std::uint64_t>(kernel.maxerror) : 0;
    for (const char* service : kServices) {
        // Where the kernel may not be asked (a filter of system calls), only timesyncd can say that it is
        // done.
        out.service = out.service || (exists(service) && (asked || service == kServices[0]));
    }
    return out;
}

std::int64_t clock_offset_us() {
    // Between two looks at one clock, so that being put off the processor in between is no jump.
    std::int64_t best = 0;
    std::int64_t shortest = INT64_MAX;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const std::int64_t before = microseconds(CLOCK_MONOTONIC);
        const std::int64_t wall = microseconds(CLOCK_REALTIME);
        const std::int64_t after = microseconds(CLOCK_MONOTONIC);
        if (after - before < shortest) {
            shortest = after - before;
            best = wall - (before + (after - before) / 2);
        }
    }
    return best;
}

bool ClockTracker::judge(const ClockSigns& signs, bool jumped) {
    // The kernel forgets its synchronisation when somebody sets the clock; what it says now is of now.
    held_ = (held_ && !jumped) || signs.synchronised;
    if (!signs.plausible) {
        held_ = false;
        return false;
    }
    const bool needs_service =
        trust_ == ClockTrust::kSynchronised || (trust_ == ClockTrust::kAuto && signs.service);
    return held_ || !needs_service;
}

ClockTracker::Seen ClockTracker::look(Monotonic now, std::int64_t offset_us, const ClockSigns& signs) {
    Seen out;
    if (last_us_ && std::abs(offset_us - *last_us_) > kJumpUs) {
        out.jump_us = offset_us - *last_us_;
    }
    last_us_ = offset_us;
    out.known = judge(signs, out.jump_us.has_value());
    if (!out.known) {
        undated_ = true;  // what is recorded from now on has no wall time
        return out;
    }
    if (!told_us_ && !undated_) {
        told_us_ = offset_us;  // every record says it itself
    }
    const bool wrong = told_us_ && std::abs(offset_us - *told_us_) > kWrongUs;
    const bool may = !fixed_at_ || now - *fixed_at_ >= kFixPause;
    if ((undated_ || wrong) && may) {
        out.fix_us = offset_us;
        out.error_us = signs.synchronised ? signs.error_us : 0;
        told_us_ = offset_us;
        fixed_at_ = now;
        undated_ = false;
    }
    return out;
}

}  // namespace gengfu
