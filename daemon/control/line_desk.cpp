#include "daemon/control/line_desk.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "daemon/config/text.hpp"
#include "daemon/core/log.hpp"
#include "daemon/sampling/registers.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

std::string line_of(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string error_line(const std::string& what) {
    return line_of({{"error", what}});
}

std::string word(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Thing>
Result<std::uint32_t> position_of(const std::vector<Thing>& things, const std::string& name,
                                  const std::string& kind) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < things.size(); ++i) {
        if (things[i].name == name) {
            return i;
        }
        names.push_back(things[i].name);
    }
    return fail(Errc::kNotFound,
                "no " + kind + " is named " + config::in_quotes(name) + config::did_you_mean(name, names));
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Bytes as they went over a line, numbered from 1.
class Pieces {
public:
    struct Piece {
        std::uint64_t number = 0;
        drivers::Direction direction{};
        Monotonic at{};
        std::string bytes;  ///< hexadecimal
    };

    /// Of the bus's thread. \return whether anybody still asks
    bool add(drivers::Direction direction, std::span<const std::uint8_t> bytes, Monotonic at) {
        constexpr const char* kDigits = "0123456789ABCDEF";
        std::string text;
        for (const std::uint8_t byte : bytes) {
            text += kDigits[byte >> 4U];
            text += kDigits[byte & 15U];
        }
        const std::lock_guard lock(mutex_);
        if (at - asked_ > kTraceIdle) {
            tapped_ = false;
            return false;
        }
        pieces_.push_back({++last_, direction, at, std::move(text)});
        if (pieces_.size() > kTracePieces) {
            pieces_.pop_front();
        }
        return true;
    }

    enum class Tapped : std::uint8_t { kAlready, kNot };
    Tapped asked(Monotonic now) {
        const std::lock_guard lock(mutex_);
        asked_ = now;
        return std::exchange(tapped_, true) ? Tapped::kAlready : Tapped::kNot;
    }

    json after(std::optional<std::uint64_t> number) const {
        const std::lock_guard lock(mutex_);
        json list = json::array();
        for (const Piece& piece : pieces_) {
            if (number && piece.number > *number) {
                list.push_back({{"direction", piece.direction == drivers::Direction::kSent ? ">" : "<"},
                                {"at", seconds(piece.at.time_since_epoch())},
                                {"bytes", piece.bytes}});
            }
        }
        const std::uint64_t oldest = pieces_.empty() ? last_ + 1 : pieces_.front().number;
        const std::uint64_t lost = number && *number + 1 < oldest ? oldest - *number - 1 : 0;
        return {{"pieces", std::move(list)}, {"last", last_}, {"lost", lost}};
    }

private:
    mutable std::mutex mutex_;
    std::deque<Piece> pieces_;
    std::uint64_t last_ = 0;
    Monotonic asked_{};
    bool tapped_ = false;
};

json raw_json(const sampling::RawRead& read) {
    constexpr const char* kSpaces[] = {"coil", "discrete", "input", "holding"};
    json one{{"space", kSpaces[static_cast<std::size_t>(read.first.space)]},
             {"address", read.first.address},
             {"count", read.count},
             {"words", read.words}};
    if (!read.trouble.empty()) {
        one["trouble"] = read.trouble;
    }
    return one;
}

}  // namespace

json to_json(const std::string& device, const std::vector<sampling::RawRead>& reads) {
    json list = json::array();
    for (const sampling::RawRead& read : reads) {
        list.push_back(raw_json(read));
    }
    return {{"device", device}, {"reads", std::move(list)}};
}

struct LineDesk::Impl {
    struct Loan {
        Monotonic since{}, until{};
    };
    std::map<std::uint32_t, Loan> loans;
    std::map<std::uint32_t, std::shared_ptr<Pieces>> traces;

    void registers(const Daemon& daemon, const json& request, const Reply& reply) {
        const config::Site& site = *daemon.site;
        const Result<std::uint32_t> device = position_of(site.devices, word(request, "device"), "device");
        if (!device) {
            reply(error_line(device.error().what));
            return;
        }
        const DeviceId id{*device};
        const Result<void> asked =
            daemon.on_line(site.device(id).bus, [post = daemon.post, &site, id, reply](drivers::Bus* line) {
                Result<std::vector<sampling::RawRead>> reads =
                    fail(Errc::kIo, "the line " + site.bus(site.device(id).bus).name +
                                        " is not open; `gengfu status` says why");
                if (line != nullptr) {
                    reads = sampling::read_registers(site, id, *line);
                }
                const std::string said =
                    reads ? line_of(to_json(site.device(id).name, *reads)) : error_line(reads.error().what);
                post([reply, said] { reply(said); });
            });
        if (!asked) {
            reply(error_line(asked.error().what));
        }
    }

    void borrow(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
        const Result<std::uint32_t> bus = position_of(daemon.site->buses, word(request, "bus"), "bus");
        if (!bus) {
            reply(error_line(bus.error().what));
            return;
        }
        const Monotonic now = daemon.now().monotonic;
        Loan& loan = loans[*bus];
        const std::string name = daemon.site->buses[*bus].name;
        if (loan.until < now) {
            loan.since = now;
            log::warning(
                "总线 " + name + " 借给 " + peer.user + ",其传感器暂停监测",
                "bus " + name + " is lent to " + peer.user + ": its sensors are not watched meanwhile");
        } else if (now - loan.since > kLongestLoan) {
            reply(error_line(
                "the line has been lent for " +
                std::to_string(std::chrono::duration_cast<std::chrono::minutes>(kLongestLoan).count()) +
                " minutes; its sensors must be watched again now"));
            return;
        }
        loan.until = now + kLoan;
        hand_over(daemon, *bus, kLoan, peer, reply);
    }

    void give_back(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
        const Result<std::uint32_t> bus = position_of(daemon.site->buses, word(request, "bus"), "bus");
        if (!bus) {
            reply(error_line(bus.error().what));
            return;
        }
        loans.erase(*bus);
        hand_over(daemon, *bus, Duration::zero(), peer, reply);
    }

    static void hand_over(const Daemon& daemon, std::uint32_t bus, Duration time, const Peer& peer,
                          const Reply& reply) {
        const Result<void> asked =
            daemon.lend(BusId{bus}, time, "a tool of " + peer.user, [post = daemon.post, time, reply] {
                post([reply, time] { reply(line_of({{"lent_seconds", seconds(time)}})); });
            });
        if (!asked) {
            reply(error_line(asked.error().what));
        }
    }

    /// The first asking begins it, and is answered with the number of the last piece so far.
    void trace(const Daemon& daemon, const json& request, const Reply& reply) {
        const Result<std::uint32_t> bus = position_of(daemon.site->buses, word(request, "bus"), "bus");
        if (!bus) {
            reply(error_line(bus.error().what));
            return;
        }
        std::shared_ptr<Pieces>& pieces = traces[*bus];
        if (!pieces) {
            pieces = std::make_shared<Pieces>();
        }
        const auto after = request.find("after");
        const bool begun = after != request.end() && after->is_number_unsigned();
        json found = pieces->after(begun ? std::optional(after->get<std::uint64_t>())
                                         : std::optional<std::uint64_t>());
        const Pieces::Tapped tapped = pieces->asked(daemon.now().monotonic);
        if (begun && tapped == Pieces::Tapped::kNot) {
            found["resumed"] = true;  // nobody asked for so long that what went on was not kept
        }
        const std::string answer = line_of(found);
        if (begun && tapped == Pieces::Tapped::kAlready) {
            reply(answer);
            return;
        }
        const Result<void> asked = daemon.tap(
            BusId{*bus}, [pieces](drivers::Direction direction, std::span<const std::uint8_t> bytes,
                                  Monotonic at) { return pieces->add(direction, bytes, at); });
        reply(asked ? answer : error_line(asked.error().what));
    }
};

LineDesk::LineDesk() : impl_(std::make_unique<Impl>()) {}
LineDesk::~LineDesk() = default;

bool LineDesk::answer(const Daemon& daemon, const json& request, const Peer& peer, const Reply& reply) {
    const std::string verb = word(request, "verb");
    if (verb == "registers") {
        impl_->registers(daemon, request, reply);
    } else if (verb == "borrow") {
        impl_->borrow(daemon, request, peer, reply);
    } else if (verb == "give-back") {
        impl_->give_back(daemon, request, peer, reply);
    } else if (verb == "trace") {
        impl_->trace(daemon, request, reply);
    } else {
        return false;
    }
    return true;
}

}  // namespace gengfu::control
