#include "drivers/modbus/rtu_bus.hpp"

// The part of RtuBus that minds what nobody asked for: second answers, late ones, those of others, noise.
namespace gengfu::drivers::modbus {

namespace {

/// Bytes that a driver adds when it is switched on.
constexpr std::size_t kGlitch = 1;

}  // namespace

Result<void> RtuBus::hear_out(const Request& request, bool another, bool too_early) {
    framer_.expect_nothing();
    const Duration whole = line_.character * static_cast<std::int64_t>(answer_size(request) + kCrcBytes);
    if (Result<void> heard = listen_until(twins_.hear_until(request.unit) + whole + line_.latency, request);
        !heard) {
        return heard;
    }
    const Leftovers leftovers = framer_.finish();
    another = count(leftovers, request.unit, line_busy_until_, line_busy_until_) || another;
    if (another) {
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame,
                    who(request) +
                        ": two answers to one request: two units have this address, another master "
                        "asks it too, or a converter repeats; `gengfu scan` shows who is there");
    }
    if (leftovers.noise_bytes > 0) {
        twins_.unclear(request.unit);
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who(request) +
                                         ": something damaged came after its answer, which may be "
                                         "that of a second unit with this address");
    }
    if (too_early && !twins_.alone_too_early(request.unit, clock_.now())) {
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame,
                    who(request) +
                        ": its answer began before the request had ended, and so belongs to "
                        "an earlier one: it, or a second unit with its address, answers twice");
    }
    twins_.alone(request.unit, clock_.now());
    return {};
}

/// Reads what comes into the framer.
Result<void> RtuBus::listen_until(Monotonic until, const Request& request) {
    for (;;) {
        const Woken woken = waker_->wait(fd_.get(), POLLIN, until, clock_);
        if (woken == Woken::kInterrupted) {
            return fail(Errc::kInterrupted, who(request) + ": interrupted");
        }
        if (woken == Woken::kHangUp) {
            return lost("the port is unplugged or the connection lost");
        }
        if (woken == Woken::kReady) {
            Result<bool> came = take_stray_bytes();
            if (!came) {
                return pass(came);
            }
            line_busy_until_ = std::max(line_busy_until_, clock_.now());
        }
        if (woken == Woken::kDeadline || clock_.now() >= until) {
            return {};
        }
    }
}

/// \param asked_unit  whose frames are late answers though it owed nothing before; -1: none
/// \param of_others  what frames of other units are that nobody asked. In an exchange in which the asked unit
///                   says nothing they are more likely its answer under a wrong address than a second one of
///                   theirs.
bool RtuBus::count(const Leftovers& leftovers, int asked_unit, std::optional<Monotonic> came,
                   Monotonic unseen, OfOthers of_others) {
    traffic_.noise_bytes += leftovers.noise_bytes;
    if (leftovers.noise_bytes > kGlitch) {
        twins_.disturbed(clock_.now());
    }
    bool another = false;
    for (const std::uint8_t unit : leftovers.units) {
        const bool is_sign = unit == asked_unit || of_others == OfOthers::kUnasked;
        if (is_sign && quarantine_.owed(unit)) {
            ++traffic_.late_frames;
            quarantine_.came_late(unit, {came.value_or(unseen), came.value_or(clock_.now())});
        } else if (is_sign && twins_.is_watched(unit)) {
            ++traffic_.unasked_frames;
            twins_.unasked(unit, clock_.now(), came);
        } else {
            const bool late = unit == asked_unit || quarantine_.is_owing(unit);
            ++(late ? traffic_.late_frames : traffic_.foreign_frames);
            if (!late && twins_.may_have_more(unit, came.value_or(unseen))) {
                twins_.suspected(unit, clock_.now());
            }
            continue;
        }
        another = another || unit == asked_unit;
    }
    return another;
}

}  // namespace gengfu::drivers::modbus
