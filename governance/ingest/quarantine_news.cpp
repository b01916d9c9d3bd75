#include "governance/ingest/quarantine_news.hpp"

#include <fmt/format.h>

namespace gengfu::ingest {

QuarantineNews::Line QuarantineNews::due(Monotonic now) {
    if (untold_.messages == 0 || (ever_ && now - told_ < kPace)) {
        return {};
    }
    ever_ = true;
    told_ = now;
    const Quarantined all = std::exchange(untold_, {});
    const std::string whose = all.first_gateway.empty() ? "?" : all.first_gateway;
    Line line{
        fmt::format("{} 条消息无法入库,已连同原因存入 governance.quarantine;首条来自网关 {}:{}", all.messages,
                    whose, all.first_reason),
        fmt::format("{} messages cannot be stored; they are in governance.quarantine with the reason; the "
                    "first is of gateway {}: {}",
                    all.messages, whose, all.first_reason)};
    if (all.only_counted != 0) {
        line.zh += fmt::format(";其中 {} 条因配额已满仅计数", all.only_counted);
        line.en += fmt::format(
            "; {} of them are only counted, the room for such messages is taken "
            "(settings quarantine_of_gateway, quarantine_in_all)",
            all.only_counted);
    }
    return line;
}

}  // namespace gengfu::ingest
