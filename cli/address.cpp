// gengfu address BUS --profile P --from 1 --to 17: gives a new sensor its unit id.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/line.hpp"
#include "cli/noise.hpp"
#include "cli/recognise.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr int kTries = 4;

/// What was found, for the last words.
struct Outcome {
    bool at_new = false;  ///< answers at the new address and holds it
    bool at_old = false;  ///< still answers at the old one
    std::uint16_t holds = 0;
    std::string trouble;  ///< of the line: neither is known
};

/// Says nothing of any unit: the port is gone, the loan is over, the user stopped it.
bool is_of_the_line(Errc code) {
    return code == Errc::kIo || code == Errc::kStale || code == Errc::kInterrupted;
}

class Address {
public:
    Address(const AddressWish& wish, const config::KnownProfile& known, Duration turnaround, Line& line)
        : wish_(wish), known_(known), provision_(*known.provision), turnaround_(turnaround), line_(line) {}

    /// Writes nothing unless exactly one unit answers to the old address and none to the new.
    Result<void> look_first() {
        if (const auto taken = who_answers(wish_.to); !taken || *taken != Presence::kNobody) {
            return taken ? refuse("somebody answers to unit " + std::to_string(wish_.to) +
                                  " already: choose another, or change that one first")
                         : fail(taken.error().code, taken.error().what);
        }
        const auto present = who_answers(wish_.from);
        if (!present) {
            return fail(present.error().code, present.error().what);
        }
        if (*present == Presence::kNobody) {
            return refuse(
                "nobody answers to unit " + std::to_string(wish_.from) +
                ": is it connected, powered, and is the line set as it ships? `gengfu scan` finds it");
        }
        if (*present == Presence::kSeveral) {
            return refuse("two or more units answer to unit " + std::to_string(wish_.from) +
                          ": leave only one of them on the line");
        }
        return is_the_sensor();
    }

    Result<void> write() {
        for (const config::RegisterValue& before : provision_.before) {
            if (Result<void> written = put(wish_.from, before.reg, before.value, provision_.function);
                !written) {
                return written;
            }
        }
        Result<void> written = put(wish_.from, provision_.reg, wish_.to, provision_.function);
        // Some answer from the new address, and some not at all: what was read back tells.
        if (!written && written.error().code != Errc::kTimeout && written.error().code != Errc::kBadFrame) {
            return written;
        }
        for (const config::RegisterValue& after : provision_.after) {
            Result<void> kept = put(wish_.to, after.reg, after.value, provision_.function);
            if (!kept && kept.error().code == Errc::kTimeout) {
                kept =
                    put(wish_.from, after.reg, after.value, provision_.function);  // it has not changed yet
            }
            if (!kept && kept.error().code != Errc::kTimeout) {
                return kept;
            }
        }
        return {};
    }

    Outcome read_back() {
        Outcome outcome;
        const auto at_new = holds(wish_.to);
        outcome.at_new = at_new && *at_new == wish_.to;
        const auto at_old = holds(wish_.from);
        outcome.at_old = at_old.has_value();
        for (const auto* const one : {&at_new, &at_old}) {
            if (!*one && is_of_the_line(one->error().code)) {
                outcome.trouble = one->error().what;
            }
        }
        outcome.holds = at_new ? *at_new : at_old ? *at_old : std::uint16_t{0};
        return outcome;
    }

private:
    static tl::unexpected<Error> refuse(const std::string& why) {
        return fail(Errc::kRefused, why + "; nothing was written");
    }

    drivers::Request request(std::uint8_t unit, std::uint8_t function, config::Register reg) const {
        return {.unit = unit,
                .function = function,
                .address = reg.address,
                .count = 1,
                .values = {},
                .turnaround = turnaround_,
                .min_gap = known_.profile.min_gap};
    }

    Result<std::uint16_t> holds(std::uint8_t unit) {
        auto answer = line_.ask(request(unit, 3, provision_.reg));
        for (int i = 1; i < kTries && !answer && answer.error().code == Errc::kTimeout; ++i) {
            answer = line_.ask(request(unit, 3, provision_.reg));
        }
        if (!answer) {
            return pass(answer);
        }
        return answer->values.front();
    }

    Result<Presence> who_answers(std::uint8_t unit) {
        std::vector<Reply> replies;
        const std::uint64_t unasked = unasked_frames(line_.bus().traffic());
        for (int i = 0; i < kTries; ++i) {
            // Of two units with one address the slower one answers when the quicker one has: the line is
            // listened to until that cannot come any more.
            drivers::Request again = request(unit, 3, provision_.reg);
            again.min_gap = std::max(again.min_gap, turnaround_);
            const auto answer = line_.ask(again);
            const Errc code = answer ? Errc{} : answer.error().code;
            if (!answer && is_of_the_line(code)) {
                return fail(code, answer.error().what);
            }
            const bool silent = !answer && code == Errc::kTimeout;
            const bool damaged = !answer && code == Errc::kBadFrame;
            replies.push_back(silent ? Reply::kSilence : damaged ? Reply::kDamaged : Reply::kAnswer);
        }
        const bool followed = unasked_frames(line_.bus().traffic()) > unasked;
        const Presence who = presence(replies, followed);
        const bool only_if_quiet = who == Presence::kSeveral && presence(replies, followed, true) != who;
        if (only_if_quiet) {
            const Result<bool> noisy = is_noisy(line_, turnaround_);
            if (!noisy) {
                return fail(noisy.error().code, noisy.error().what);
            }
            if (*noisy) {
                return refuse(
                    "the line is noisy, bytes come even when nobody is asked: who answers to unit " +
                    std::to_string(unit) + " cannot be known; " + kNoiseAdvice);
            }
        }
        return who;
    }

    /// A register that does not hold the old address is not the one, or not of this sensor.
    Result<void> is_the_sensor() {
        const auto now = holds(wish_.from);
        if (!now && is_of_the_line(now.error().code)) {
            return fail(now.error().code, now.error().what);
        }
        if (!now) {
            return refuse("unit " + std::to_string(wish_.from) + " does not give " +
                          config::to_text(provision_.reg) + " (" + now.error().what + "): is it a " +
                          known_.profile.name + "?");
        }
        if (*now != wish_.from) {
            return refuse(config::to_text(provision_.reg) + " of unit " + std::to_string(wish_.from) +
                          " holds " + std::to_string(*now) + ", not its address: it is no " +
                          known_.profile.name);
        }
        return {};
    }

    Result<void> put(std::uint8_t unit, config::Register reg, std::uint16_t value, std::uint8_t function) {
        drivers::Request write = request(unit, function, reg);
        write.values = {value};
        const auto answer = line_.ask(write);
        return answer ? Result<void>() : fail(answer.error().code, answer.error().what);
    }

    const AddressWish& wish_;
    const config::KnownProfile& known_;
    const config::Provision& provision_;
    Duration turnaround_;
    Line& line_;
};

Result<const config::KnownProfile*> profile_named(const Knowledge& knowledge, const std::string& name) {
    std::vector<std::string> names;
    for (const config::KnownProfile& known : knowledge.profiles) {
        if (known.profile.name == name) {
            if (known.provision) {
                return &known;
            }
            return fail(
                Errc::kInvalid,
                "profile " + config::in_quotes(name) +
                    " does not say how a unit id is changed ([provision]): the sensor's manual tells, "
                    "often it is a switch on it or the maker's own program");
        }
        names.push_back(known.profile.name);
    }
    if (names.empty()) {
        return fail(Errc::kNotFound, knowledge.no_profiles);
    }
    return fail(Errc::kInvalid,
                "no profile is named " + config::in_quotes(name) + config::did_you_mean(name, names));
}

int tell(const AddressWish& wish, const Outcome& outcome) {
    const std::string to = std::to_string(wish.to);
    const std::string from = std::to_string(wish.from);
    std::string what;
    if (!outcome.trouble.empty()) {
        what = "the address was written, and could not be read back: " + outcome.trouble +
               "; look with `gengfu scan` to which unit it answers";
    } else if (outcome.at_new && !outcome.at_old) {
        what = "done: it answers to unit " + to + ", and no longer to " + from +
               ". Switch its power off and on once, and `gengfu scan` it again: an address that is not kept "
               "shows then";
    } else if (outcome.at_new) {
        what = "it answers to unit " + to + ", but somebody still answers to " + from +
               ": there was more than one of them; look with `gengfu scan`";
    } else if (outcome.at_old && outcome.holds == wish.to) {
        what = "written, but it still answers to unit " + from +
               ": switch its power off and on, then it should be " + to + "; make sure with `gengfu scan`";
    } else if (outcome.at_old) {
        what = "it did not take the address, and still answers to unit " + from +
               ": is its setting locked, by a switch or a password?";
    } else {
        what = "it answers neither to unit " + from + " nor to " + to +
               " now: switch its power off and on, then look with `gengfu scan`";
    }
    const bool good = outcome.trouble.empty() &&
                      ((outcome.at_new && !outcome.at_old) || (outcome.at_old && outcome.holds == wish.to));
    if (wish.common.format == Format::kJson) {
        std::printf("%s\n", json{{"from", wish.from},
                                 {"to", wish.to},
                                 {"answers_to_new", outcome.at_new},
                                 {"answers_to_old", outcome.at_old},
                                 {"message", what}}
                                .dump()
                                .c_str());
    } else {
        print(what + "\n");
    }
    return good ? kDone : kFailed;
}

/// An address that the configuration gives to a device is that device's, also while it does not answer: it
/// may be cut off, and come back.
Result<void> leaves_the_configured_alone(const AddressWish& wish, const config::Site& site,
                                         const std::string& bus) {
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        const config::Device& device = site.devices[i];
        const bool concerned = device.unit == wish.from || device.unit == wish.to;
        if (!concerned || site.bus(device.bus).name != bus ||
            std::ranges::find(wish.as, device.name) != wish.as.end()) {
            continue;
        }
        const config::Position at = site.at(DeviceId{i});
        const std::string who = "unit " + std::to_string(device.unit) + " is " +
                                config::in_quotes(device.name) + " of the configuration (" + at.file + ":" +
                                std::to_string(at.line) + ")";
        const std::string what =
            device.unit == wish.to
                ? ": should it only be cut off now, two sensors would have one address when it is back"
                : ": it would not be found there any more";
        const std::string unless = device.unit == wish.to
                                       ? "; if this sensor is that device, say --as "
                                       : "; if this sensor is that device, or another that has its address "
                                         "while that one is unplugged, "
                                         "say --as ";
        return fail(Errc::kRefused, who + what + unless + device.name + "; nothing was written");
    }
    return {};
}

int failed(const Error& error) {
    complain(error.what);
    return error.code == Errc::kInvalid ? kWrongUsage : kFailed;
}

}  // namespace

int address(const AddressWish& wish) {
    if (wish.from == wish.to) {
        return failed({Errc::kInvalid, "--from and --to are the same"});
    }
    const Knowledge knowledge = gather_knowledge(wish.common);
    const auto known = profile_named(knowledge, wish.profile);
    if (!known) {
        return failed(known.error());
    }
    const Result<config::Bus> bus = find_bus(knowledge, wish.bus, wish.line);
    if (!bus) {
        return failed(bus.error());
    }
    if (knowledge.site) {
        const Result<void> free = leaves_the_configured_alone(wish, *knowledge.site, bus->name);
        if (!free) {
            return failed(free.error());
        }
    } else {
        complain(knowledge.trouble + ": whose addresses these are is not known");
    }
    stop_on_signals();
    auto line = Line::take(wish.common, *bus, Taking::kBorrow);
    if (!line) {
        return failed(line.error());
    }
    const Duration turnaround =
        std::max({kSlowestSensor, bus->timeout, (*known)->profile.turnaround.value_or(Duration::zero())});
    Address work(wish, **known, turnaround, **line);
    if (const Result<void> looked = work.look_first(); !looked) {
        const bool refused = looked.error().code == Errc::kRefused;
        return failed({looked.error().code, looked.error().what + (refused ? "" : "; nothing was written")});
    }
    if (is_stopped()) {
        return failed({Errc::kInterrupted, "stopped; nothing was written"});
    }
    if (const Result<void> written = work.write(); !written) {
        return failed(
            {written.error().code,
             written.error().what +
                 "; it may have been written or not: look with `gengfu scan` to which unit it answers"});
    }
    return tell(wish, work.read_back());
}

}  // namespace gengfu::cli
