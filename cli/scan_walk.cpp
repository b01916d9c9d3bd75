#include "cli/scan_walk.hpp"

#include <algorithm>
#include <utility>

#include "cli/json_word.hpp"
#include "cli/noise.hpp"
#include "cli/profile_match.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

/// Asked so often in all, once somebody has shown.
constexpr int kTries = 4;
/// So long noise that was found explains what is damaged.
constexpr Duration kStaysNoisy = std::chrono::seconds(30);

}  // namespace

ScanWalk::ScanWalk(const std::vector<config::KnownProfile>& profiles, config::Bus bus, ScanPlan plan,
                   Duration timeout, Line& line)
    : profiles_(profiles), bus_(std::move(bus)), plan_(std::move(plan)), timeout_(timeout), line_(line) {}

void ScanWalk::resume(const json& state) {
    if (state.value("asks", std::size_t{0}) == plan_.asks.size() &&
        word(state, "line") == settings_text(bus_.serial)) {
        next_ = std::min(state.value("next", std::size_t{0}), plan_.asks.size());
        found_ = state.value("found", json::array());
        noisy_ = state.value("noisy", json::array());
        late_ = state.value("late", std::uint64_t{0});
    }
}

json ScanWalk::state() const {
    return {{"asks", plan_.asks.size()},
            {"line", settings_text(bus_.serial)},
            {"next", next_},
            {"found", found_},
            {"noisy", noisy_},
            {"late", late_}};
}

Result<void> ScanWalk::step() {
    const Ask ask = plan_.asks[next_];
    if (!is_known(ask)) {
        if (Result<void> used = use(ask.settings); !used) {
            return used;
        }
        const std::uint64_t before = unasked_frames(line_.bus().traffic());
        const auto answer = look(ask, {});
        if (!answer) {
            return fail(answer.error().code, answer.error().what);
        }
        late_ += unasked_frames(line_.bus().traffic()) - before;
        if (*answer != Reply::kSilence) {
            if (Result<void> examined = examine(ask, *answer); !examined) {
                return examined;
            }
        }
    }
    ++next_;
    return done() ? hear_the_last() : Result<void>();
}

std::string ScanWalk::position() const {
    const Ask& ask = plan_.asks[std::min(next_, plan_.asks.size() - 1)];
    return settings_text(plan_.settings[ask.settings]) + " unit " + std::to_string(ask.unit);
}

/// A unit that was found at one parity of a speed is not looked for at the others.
bool ScanWalk::is_known(const Ask& ask) const {
    for (const json& one : found_) {
        if (one["unit"] == ask.unit && one["baud"] == plan_.settings[ask.settings].baud) {
            return true;
        }
    }
    return false;
}

/// Of the units that were asked last none may have had its time yet.
Result<void> ScanWalk::hear_the_last() {
    const std::uint64_t before = unasked_frames(line_.bus().traffic());
    const Result<void> heard = listen(line_);
    late_ += unasked_frames(line_.bus().traffic()) - before;
    return heard;
}

Result<void> ScanWalk::use(std::size_t settings) {
    const bool serial = bus_.kind == config::BusKind::kModbusRtu;
    if (serial && settings != settings_) {
        if (Result<void> used = line_.use(plan_.settings[settings]); !used) {
            return used;
        }
    }
    settings_ = settings;
    return {};
}

/// \retval Errc::kIo, kStale, kInterrupted  the line itself
Result<Reply> ScanWalk::look(const Ask& ask, Duration silence) {
    drivers::Request one = question(ask.unit, ask.function, 0, 1, timeout_);
    one.min_gap = silence;
    const auto answer = line_.ask(one);
    if (answer) {
        return Reply::kAnswer;
    }
    switch (answer.error().code) {
        case Errc::kTimeout:
            return Reply::kSilence;
        case Errc::kBadFrame:
            return Reply::kDamaged;
        case Errc::kRefused:
        case Errc::kBusy:
        case Errc::kUnsupported:
            return Reply::kAnswer;
        default:
            return fail(answer.error().code, answer.error().what);
    }
}

Result<void> ScanWalk::examine(const Ask& ask, Reply first) {
    std::vector<Reply> replies{first};
    const std::uint64_t unasked = unasked_frames(line_.bus().traffic());
    while (replies.size() < kTries) {
        // Listened to for as long as a slower unit of the same address may still take.
        const auto reply = look(ask, kSlowestSensor);
        if (!reply) {
            return fail(reply.error().code, reply.error().what);
        }
        replies.push_back(*reply);
    }
    const bool followed = unasked_frames(line_.bus().traffic()) > unasked;
    Presence who = presence(replies, followed);
    if (who == Presence::kSeveral && presence(replies, followed, true) != who) {
        const Result<bool> noisy = is_noisy_now();
        if (!noisy) {
            return fail(noisy.error().code, noisy.error().what);
        }
        who = presence(replies, followed, *noisy);
        if (who == Presence::kNobody) {
            noisy_.push_back({{"unit", ask.unit}, {"line", settings_text(plan_.settings[ask.settings])}});
        }
    }
    if (who == Presence::kNobody) {
        return {};
    }
    json one{
        {"unit", ask.unit},
        {"line", bus_.kind == config::BusKind::kModbusRtu ? settings_text(plan_.settings[ask.settings]) : ""},
        {"baud", plan_.settings[ask.settings].baud},
        {"as_configured", plan_.settings[ask.settings] == bus_.serial},
        {"several", who == Presence::kSeveral},
        {"profiles", json::array()}};
    if (who == Presence::kOne) {
        one["profiles"] = matching_profiles(line_, bus_, profiles_, ask.unit, timeout_);
    }
    found_.push_back(std::move(one));
    return {};
}

/// A line that was noisy a moment ago is so still.
Result<bool> ScanWalk::is_noisy_now() {
    const SystemClock clock;
    if (clock.now() < noisy_until_) {
        return true;
    }
    Result<bool> noisy = is_noisy(line_, timeout_);
    if (noisy && *noisy) {
        noisy_until_ = clock.now() + kStaysNoisy;
    }
    return noisy;
}

}  // namespace gengfu::cli
