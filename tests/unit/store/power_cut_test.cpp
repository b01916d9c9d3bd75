#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/unit/store/fault_vfs.hpp"
#include "tests/unit/store/support.hpp"

// What a power cut may cost: never an event that was answered, never a number or an epoch that repeats.
namespace gengfu::store::test {
namespace {

// What the store has promised over all starts.
struct Promises {
    std::vector<Identity> events;  ///< answered as committed, in order
    std::vector<std::uint64_t> epochs;
    std::uint64_t number = 0;  ///< of the last start
};

struct Damage {
    std::uint64_t cuts = 0, promised = 0, lost_events = 0, repeated_starts = 0, disordered = 0, troubles = 0,
                  failed_opens = 0;
};

// A run that ends by the cut: events one after the other, telemetry beside them, a book now and then.
void run_until_cut(Store& store, const Start& start, FaultVfs& disk, Promises& promises, Damage& damage) {
    for (std::uint64_t i = 1; i <= 100 && !disk.powerless(); ++i) {
        const Record record =
            event(start.epoch, i,
                  "event " + std::to_string(i) + std::string(static_cast<std::size_t>(i) * 1237 % 9000, 'e'));
        const std::string state = std::to_string(start.number) + "/" + std::to_string(i);
        static_cast<void>(store.append_telemetry(telemetry(start.epoch, i, std::string(700, 't'))));
        if (commit(store, record, state)) {
            promises.events.push_back(record.identity);
            ++damage.promised;
        }
        if (i % 11 == 0) {
            store.save_book("book at " + state);
        }
    }
}

void check_promises(const Opened& opened, const Promises& promises, Damage& damage) {
    const std::vector<Record> found = all_pending(*opened.store, Stream::kEvent);
    auto at = found.begin();
    for (const Identity& promised : promises.events) {
        at = std::find_if(at, found.end(), [&](const Record& record) { return record.identity == promised; });
        if (at == found.end()) {
            ++damage.lost_events;
            at = found.begin();
        }
    }
    std::vector<Identity> identities;
    for (const Record& record : found) {
        identities.push_back(record.identity);
    }
    std::sort(identities.begin(), identities.end());
    damage.disordered += std::adjacent_find(identities.begin(), identities.end()) == identities.end() ? 0 : 1;
    const bool epoch_known = std::find(promises.epochs.begin(), promises.epochs.end(),
                                       opened.start.epoch.value) != promises.epochs.end();
    damage.repeated_starts += epoch_known || opened.start.number <= promises.number ? 1 : 0;
    damage.troubles += opened.start.troubles.size();
}

Damage cut_power(int cuts, std::uint64_t seed, FaultVfs::Syncs syncs) {
    const TestClock clock;
    FaultVfs disk;
    Damage damage;
    std::mt19937_64 random(seed);
    for (int round = 0; round * 8 < cuts; ++round) {
        const TempFolder folder;  // a fresh card now and then: the making of the files is cut too
        Promises promises;
        for (int cut = 0; cut < 8; ++cut) {
            disk.set(syncs);
            disk.lose_power_after(1 + random() % 500);
            {
                Result<Opened> opened = open(options_for(folder), clock);
                if (opened && !disk.powerless()) {
                    check_promises(*opened, promises, damage);
                    promises.number = opened->start.number;
                    promises.epochs.push_back(opened->start.epoch.value);
                    run_until_cut(*opened->store, opened->start, disk, promises, damage);
                } else if (!disk.powerless()) {
                    ++damage.failed_opens;
                }
                disk.lose_power_after(0);  // before close() can tidy up
            }
            disk.restore_power(random());
            ++damage.cuts;
        }
        Result<Opened> opened = open(options_for(folder), clock);
        if (opened) {
            check_promises(*opened, promises, damage);
        } else {
            ++damage.failed_opens;
        }
    }
    return damage;
}

// More of them: GENGFU_POWER_CUTS=1000.
int cuts_wanted() {
    const char* wanted = std::getenv("GENGFU_POWER_CUTS");
    return wanted != nullptr ? std::atoi(wanted) : 200;
}

TEST(PowerCut, LosesNoEventThatWasAnswered) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Damage damage = cut_power(cuts_wanted(), seed, FaultVfs::Syncs::kHonest);
    EXPECT_GT(damage.promised, 200U) << "the cuts come before anything was promised: the test proves nothing";
    EXPECT_EQ(damage.lost_events, 0U);
    EXPECT_EQ(damage.disordered, 0U);
    EXPECT_EQ(damage.repeated_starts, 0U);
    EXPECT_EQ(damage.troubles, 0U) << "an honest disk damages no file";
    EXPECT_EQ(damage.failed_opens, 0U);
}

// The same without synchronisation: if this found nothing, the test above would prove nothing.
TEST(PowerCut, WithoutSynchronisationEventsAreLost) {
    const Damage damage = cut_power(40, 7, FaultVfs::Syncs::kDropped);
    EXPECT_GT(damage.lost_events, 0U);
    EXPECT_GT(damage.lost_events + damage.troubles + damage.failed_opens, 10U);
}

}  // namespace
}  // namespace gengfu::store::test
