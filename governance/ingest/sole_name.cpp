#include "governance/ingest/sole_name.hpp"

#include <chrono>

#include "daemon/core/log.hpp"

namespace gengfu::ingest {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(2);
/// The connection of an instance that was killed and started anew may linger for a moment.
constexpr int kTellAfter = 3;

}  // namespace

Result<void> SoleName::look(Database& database, Monotonic now) {
    if (ours_ || now < look_) {
        return {};
    }
    look_ = now + kLookEvery;
    Params params;
    params.add(client_id_);
    Result<Rows> rows =
        database.run("SELECT pg_try_advisory_lock(hashtext('gengfu-ingest'), hashtext($1))", params);
    if (!rows) {
        return pass(rows);
    }
    ours_ = rows->text(0, 0) == "t";
    missed_ = ours_ ? 0 : missed_ + 1;
    if (ours_ || missed_ >= kTellAfter) {
        tell(ours_);
    }
    return {};
}

void SoleName::tell(bool ours) {
    if (ours == trouble_.empty()) {
        return;
    }
    if (ours) {
        trouble_.clear();
        log::info("client_id " + client_id_ + " 现在仅由本实例使用",
                  "client_id " + client_id_ + " is this instance's alone now");
        return;
    }
    trouble_ = "another gengfu-ingest with client_id \"" + client_id_ +
               "\" is connected to this database, and the broker lets only one of them stay: each instance "
               "needs a mqtt.client_id of its own";
    log::error("另一个 gengfu-ingest 以相同的 client_id \"" + client_id_ +
                   "\" 连接着本数据库,代理只允许其一在线:每个实例须有自己的 mqtt.client_id",
               trouble_);
}

}  // namespace gengfu::ingest
