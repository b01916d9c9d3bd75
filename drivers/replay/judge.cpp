#include "drivers/replay/judge.hpp"

#include <algorithm>
#include <span>

#include "drivers/modbus/frame.hpp"
#include "drivers/modbus/mbap_framer.hpp"
#include "drivers/modbus/rtu_framer.hpp"

namespace gengfu::drivers::replay {

using modbus::Fit;
using modbus::MbapFramer;
using modbus::RtuFramer;

namespace {

/// Copies the front of `bytes` into `room`. \return how many
std::size_t pour(std::span<const std::uint8_t>& bytes, std::span<std::uint8_t> room) {
    const std::size_t count = std::min(bytes.size(), room.size());
    std::ranges::copy(bytes.first(count), room.begin());
    bytes = bytes.subspan(count);
    return count;
}

class Judge {
public:
    Judge(const Request& request, const std::string& who, Monotonic now, Traffic& traffic)
        : request_(request), who_(who), now_(now), traffic_(traffic) {}

    Result<Answer> rtu(const Exchange& exchange) {
        RtuFramer framer;
        framer.expect(request_, exchange.request, RtuFramer::Echo::kUnknown);
        std::span<const std::uint8_t> bytes(exchange.received);
        while (!bytes.empty()) {
            if (const auto match = framer.filled(pour(bytes, framer.room()))) {
                return accept(match->fit, match->message);
            }
        }
        if (const auto match = framer.settle()) {
            return accept(match->fit, match->message);
        }
        const std::span<const std::uint8_t> other = framer.misfit();
        const std::string misfits = other.empty() ? std::string() : modbus::misfit(request_, other);
        const modbus::Leftovers leftovers = framer.finish();
        if (!misfits.empty()) {
            ++traffic_.bad_frames;
            return fail(Errc::kBadFrame, who_ + ": " + misfits);
        }
        traffic_.foreign_frames += leftovers.units.size();
        traffic_.noise_bytes += leftovers.noise_bytes;
        return nothing_whole(leftovers.noise_bytes > 0 ? Came::kSomething : Came::kNothing);
    }

    Result<Answer> tcp(const Exchange& exchange) {
        MbapFramer framer;
        std::span<const std::uint8_t> bytes(exchange.received);
        while (!bytes.empty()) {
            framer.filled(pour(bytes, framer.room()));
            for (;;) {
                const Result<std::optional<MbapFramer::Frame>> frame = framer.next();
                if (!frame) {
                    return nothing_whole(Came::kSomething);
                }
                if (!*frame) {
                    break;
                }
                if ((*frame)->transaction == exchange.transaction &&
                    (*frame)->message.front() == request_.unit) {
                    return accept(modbus::fit(request_, (*frame)->message), (*frame)->message);
                }
                ++traffic_.foreign_frames;
            }
        }
        return nothing_whole(framer.is_empty() ? Came::kNothing : Came::kSomething);
    }

private:
    enum class Came : std::uint8_t { kNothing, kSomething };

    Result<Answer> accept(Fit fit, std::span<const std::uint8_t> message) {
        switch (fit) {
            case Fit::kAnswer:
                ++traffic_.answers;
                return Answer{.values = modbus::values(request_, message), .sent = now_, .received = now_};
            case Fit::kException:
                ++traffic_.answers;
                ++traffic_.exceptions;
                return tl::make_unexpected(modbus::exception_error(message.back(), who_));
            case Fit::kOther:
                break;
        }
        ++traffic_.bad_frames;
        return fail(Errc::kBadFrame, who_ + ": " + modbus::misfit(request_, message));
    }

    Result<Answer> nothing_whole(Came came) {
        if (came == Came::kSomething) {
            ++traffic_.bad_frames;
            return fail(Errc::kBadFrame, who_ + ": no whole answer, wrong check sum or length");
        }
        ++traffic_.timeouts;
        return fail(Errc::kTimeout, who_ + ": no answer in the transcript");
    }

    const Request& request_;
    const std::string& who_;
    Monotonic now_;
    Traffic& traffic_;
};

}  // namespace

Result<Answer> judge(Protocol protocol, const Request& request, const Exchange& exchange,
                     const std::string& who, Monotonic now, Traffic& traffic) {
    Judge judge(request, who, now, traffic);
    return protocol == Protocol::kTcp ? judge.tcp(exchange) : judge.rtu(exchange);
}

}  // namespace gengfu::drivers::replay
