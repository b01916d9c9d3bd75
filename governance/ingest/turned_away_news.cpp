#include "governance/ingest/turned_away_news.hpp"

#include <fmt/format.h>

#include <utility>

namespace gengfu::ingest {

TurnedAwayNews::Line TurnedAwayNews::due(Monotonic now) {
    if (untold_.turned_away == 0 || (ever_ && now - told_ < kPace)) {
        return {};
    }
    ever_ = true;
    told_ = now;
    const Parked all = std::exchange(untold_, {});
    return {fmt::format("{} 批数据的目录未知,等候空间已满(设置 parked_of_gateway、parked_in_all),未确认,"
                        "由网关保留并重发;首批来自网关 {},目录 {}",
                        all.turned_away, all.first_gateway, all.first_hash),
            fmt::format("{} batches without a known catalogue found no room to wait for it (settings "
                        "parked_of_gateway, parked_in_all); they are not confirmed, so their gateways keep "
                        "them and send them again; the first is of gateway {} and wants catalogue {}",
                        all.turned_away, all.first_gateway, all.first_hash)};
}

}  // namespace gengfu::ingest
