#include "governance/ingest/keeper.hpp"

#include <chrono>
#include <string>
#include <thread>

#include "daemon/core/log.hpp"
#include "governance/ingest/database.hpp"

namespace gengfu::ingest {
namespace {

using std::chrono::seconds;

void pause(Duration how_long, const std::atomic<bool>& stop) {
    const auto end = std::chrono::steady_clock::now() + how_long;
    while (!stop && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

Result<void> maintain(Database& database) {
    Result<Rows> done = database.run("CALL governance.maintain()");
    return done ? Result<void>{} : pass(done);
}

}  // namespace

void keep(const Settings& settings, const std::atomic<bool>& stop) {
    std::string told;
    while (!stop) {
        Result<Database> database = Database::open(settings.database, "gengfu-ingest upkeep");
        Result<void> done = database ? maintain(*database) : pass(database);
        // That the database is away is told by the lanes; what maintain() itself runs into, here.
        if (!done && done.error().code != Errc::kIo && done.error().what != told) {
            told = done.error().what;
            log::warning("数据库维护未完成:" + told, "upkeep of the database is not done: " + told);
        } else if (done) {
            told.clear();
        }
        pause(seconds(60), stop);
    }
}

}  // namespace gengfu::ingest
