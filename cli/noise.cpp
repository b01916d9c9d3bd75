#include "cli/noise.hpp"

namespace gengfu::cli {

namespace {

/// Modbus over Serial Line V1.02, 2.2: 248 to 255 are reserved. Some sensors ship with 255 all the same.
constexpr std::uint8_t kNobody = 250;
constexpr int kTries = 6;
/// What a slow unit still answers to an earlier question is over.
constexpr Duration kQuiet = std::chrono::seconds(1);

drivers::Request ask_nobody(Duration timeout) {
    return {.unit = kNobody,
            .function = 3,
            .address = 0,
            .count = 1,
            .values = {},
            .turnaround = timeout,
            .min_gap = kQuiet};
}

bool is_of_the_line(Errc code) {
    return code == Errc::kIo || code == Errc::kStale || code == Errc::kInterrupted;
}

}  // namespace

Result<void> listen(Line& line) {
    const auto answer = line.ask(ask_nobody(std::chrono::milliseconds(1)));
    return answer || !is_of_the_line(answer.error().code) ? Result<void>()
                                                          : fail(answer.error().code, answer.error().what);
}

Result<bool> is_noisy(Line& line, Duration timeout) {
    drivers::Request request = ask_nobody(timeout);
    for (int i = 0; i < kTries; ++i) {
        const auto answer = line.ask(request);
        const Errc code = answer ? Errc::kTimeout : answer.error().code;
        if (code == Errc::kBadFrame) {
            return true;
        }
        if (is_of_the_line(code)) {
            return fail(code, answer.error().what);
        }
        request.min_gap = {};
    }
    return false;
}

}  // namespace gengfu::cli
