#include "governance/ingest/database_memory.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "daemon/core/log.hpp"
#include "daemon/core/read_file.hpp"
#include "governance/ingest/replace_file.hpp"

namespace gengfu::ingest {
namespace {

/// Gateways that are away come back within a day, or a person looks after them: `run --resend` asks again.
constexpr std::int64_t kOwedFor = 24LL * 3600 * 1'000'000;
constexpr Duration kTendEvery = std::chrono::seconds(5);
constexpr std::size_t kMarkerBytes = 4'096;

std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// A file that cannot be used is evidence: the first one stays beside its place.
std::string keep_aside(const std::string& path) {
    const std::string aside = path + ".damaged";
    if (std::rename(path.c_str(), aside.c_str()) == 0) {
        return "it is kept as " + aside;
    }
    return "it cannot be kept aside: " + std::string(std::strerror(errno));
}

}  // namespace

Result<Marker> DatabaseMemory::read_marker(Database& database) const {
    Params params;
    params.add(settings_.mqtt.client_id);
    Result<Rows> rows = database.run(kMarkerQuery, params);
    if (!rows) {
        return pass(rows);
    }
    const auto field = [&](std::size_t column) {
        return static_cast<std::uint64_t>(number(*rows, 0, column));
    };
    return Marker{.system = field(0),
                  .timeline = field(1),
                  .database = field(2),
                  .ledger = field(3),
                  .position = field(4),
                  .confirmations = field(5),
                  .owed_until_us = marker_ ? marker_->owed_until_us : 0};
}

void DatabaseMemory::read_file_once() {
    if (file_read_) {
        return;
    }
    file_read_ = true;
    begin_owing_ = settings_.resend;
    std::error_code ignored;
    if (settings_.state.empty() || !std::filesystem::exists(settings_.state, ignored)) {
        return;
    }
    const Result<std::string> text = read_file(settings_.state, kMarkerBytes);
    marker_ = text ? parse_marker(*text) : std::nullopt;
    if (!marker_) {
        begin_owing_ = true;
        const std::string kept = keep_aside(settings_.state);
        const std::string why = text ? settings_.state : text.error().what;
        log::error(
            "状态文件损坏,无法得知数据库是否被恢复过,因此向所有网关索取缺失的记录:" + why + ";" + kept,
            "state file is damaged: whether the database was restored cannot be known, so every gateway is "
            "asked for what it lacks: " +
                why + "; " + kept);
    }
}

bool DatabaseMemory::owed(Marker now, const char* why_zh, const char* why_en) {
    now.owed_until_us = wall_us() + kOwedFor;
    marker_ = now;
    log::warning(why_zh, why_en);
    return false;
}

Result<bool> DatabaseMemory::recognise(Database& database) {
    read_file_once();
    Result<Marker> now = read_marker(database);
    if (!now) {
        return pass(now);
    }
    if (marker_ && is_restored(*marker_, *now)) {
        begin_owing_ = false;
        return owed(*now, "数据库已被恢复或更换:向所有网关索取缺失的记录",
                    "the database was restored or replaced: every gateway is asked for what it lacks");
    }
    if (begin_owing_) {
        begin_owing_ = false;
        return owed(*now, "向所有网关索取数据库缺失的记录",
                    "every gateway is asked for what the database lacks");
    }
    marker_ = *now;
    return true;
}

bool DatabaseMemory::write() {
    const Result<void> done = replace_file(settings_.state, to_text(*marker_));
    if (!done && can_write_) {  // once, not at each attempt
        log::error("无法记住数据库状态,暂不向网关确认(不会丢失):" + done.error().what,
                   "state file cannot be written, so nothing is confirmed to gateways (nothing is lost): " +
                       done.error().what);
    } else if (done && !can_write_) {
        log::info("状态文件恢复可写,继续确认", "the state file is written again, gateways are confirmed");
    }
    can_write_ = static_cast<bool>(done);
    return can_write_;
}

Result<bool> DatabaseMemory::cover(Database& database) {
    if (settings_.state.empty()) {
        return true;
    }
    Params params;
    params.add(settings_.mqtt.client_id);
    if (Result<Rows> counted = database.run("SELECT governance.count_confirmation($1)", params); !counted) {
        return pass(counted);
    }
    Result<Marker> now = read_marker(database);
    if (!now) {
        return pass(now);
    }
    if (!marker_ || is_restored(*marker_, *now)) {
        return false;
    }
    marker_ = *now;
    return write();
}

Result<bool> DatabaseMemory::tend(Database& database) {
    const Monotonic now = std::chrono::steady_clock::now();
    if (now - tended_ < kTendEvery) {
        return true;
    }
    tended_ = now;
    Result<bool> same = recognise(database);
    if (same && !settings_.state.empty()) {
        write();
    }
    return same;
}

bool DatabaseMemory::owes() const {
    return marker_ && marker_->owed_until_us > wall_us();
}

}  // namespace gengfu::ingest
