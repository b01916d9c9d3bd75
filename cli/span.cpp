#include "cli/span.hpp"

#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::cli {

Result<Duration> span_of(const std::string& since) {
    const Result<Duration> span = config::parse_duration(since);
    if (!span || *span == Duration::zero()) {
        return fail(Errc::kInvalid,
                    "--since " + config::in_quotes(since) + ": how far back, for example 7d, 12h or 90min");
    }
    return *span;
}

std::string in_seconds(Duration span) {
    return config::readable(std::chrono::round<std::chrono::seconds>(span));
}

}  // namespace gengfu::cli
