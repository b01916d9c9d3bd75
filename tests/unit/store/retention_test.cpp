#include "daemon/store/retention.hpp"

#include <gtest/gtest.h>

namespace gengfu::store {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;

StoreView view_of(std::vector<FileView> files) {
    StoreView view;
    view.limit = 100 * kMiB;
    view.state_bytes = kMiB;
    view.events_bytes = 10 * kMiB;
    view.files = std::move(files);
    view.today = 20000;
    view.history_days = 30;
    return view;
}

struct Case {
    const char* name;
    StoreView view;
    Sacrifice what;
    std::size_t file;
};

StoreView with(StoreView view, std::uint64_t telemetry, std::uint64_t events, bool released_events) {
    view.incoming_telemetry = telemetry;
    view.incoming_events = events;
    view.has_released_events = released_events;
    return view;
}
StoreView damaged(StoreView view) {
    view.damaged_bytes = 5 * kMiB;
    return view;
}
StoreView clockless(StoreView view) {
    view.today.reset();
    return view;
}
StoreView events_of(StoreView view, std::uint64_t bytes) {
    view.events_bytes = bytes;
    return view;
}

const std::vector<FileView> kFull = {
    {30 * kMiB, false, 19990}, {25 * kMiB, true, 19991}, {19 * kMiB, true, 19992}};
const std::vector<FileView> kUnsent = {{40 * kMiB, false, 19990}, {34 * kMiB, false, 19991}};

const Case kCases[] = {
    {"AllFits", view_of({{kMiB, true, 19999}}), Sacrifice::kNothing, 0},
    {"HistoryOfLastDayStays", view_of({{kMiB, true, 19970}}), Sacrifice::kNothing, 0},
    {"HistoryBeyondItsTimeGoes", view_of({{kMiB, false, 19960}, {kMiB, true, 19969}}), Sacrifice::kHistory,
     1},
    {"OldestOfTheExpired", view_of({{kMiB, true, 19950}, {kMiB, true, 19960}}), Sacrifice::kHistory, 0},
    {"UnsentNeverExpires", view_of({{kMiB, false, 19000}}), Sacrifice::kNothing, 0},
    {"WithoutClockNothingExpires", clockless(view_of({{kMiB, true, 100}})), Sacrifice::kNothing, 0},
    {"UnknownDayIsAsOldAsTheNext", view_of({{kMiB, true, {}}, {kMiB, true, 19960}}), Sacrifice::kHistory, 0},
    {"UnknownDayBeforeAYoungOneStays", view_of({{kMiB, true, {}}, {kMiB, true, 19990}}), Sacrifice::kNothing,
     0},
    {"WrongFutureIsAsOldAsTheNext", view_of({{kMiB, true, 30000}, {kMiB, true, 19960}}), Sacrifice::kHistory,
     0},
    {"HistoryFirst", with(view_of(kFull), 2 * kMiB, 0, true), Sacrifice::kHistory, 1},
    {"TelemetryNeverTakesTheQuarter", with(view_of({{75 * kMiB, false, 19999}}), 1, 0, true),
     Sacrifice::kUnsent, 0},
    {"TelemetryMayFillItsShare", with(view_of({{74 * kMiB, false, 19999}}), kMiB, 0, true),
     Sacrifice::kNothing, 0},
    {"UnsentNext", with(view_of(kUnsent), 2 * kMiB, 0, true), Sacrifice::kUnsent, 0},
    {"EventsMayUseWhatTelemetryLeaves", with(view_of(kUnsent), 0, 15 * kMiB, true), Sacrifice::kNothing, 0},
    {"EventsDisplaceTelemetry", with(view_of(kUnsent), 0, 16 * kMiB, true), Sacrifice::kUnsent, 0},
    {"DamagedBeforeHistory", with(damaged(view_of(kFull)), 0, 20 * kMiB, true), Sacrifice::kDamagedFile, 0},
    {"ThenEventsThatAllHave", with(events_of(view_of({}), 98 * kMiB), 0, 2 * kMiB, true), Sacrifice::kEvents,
     0},
    {"NeverUnsentEvents", with(events_of(view_of({}), 98 * kMiB), 0, 2 * kMiB, false), Sacrifice::kRefuse, 0},
    {"ABatchAboveItsShareIsRefused", with(view_of({}), 76 * kMiB, 0, true), Sacrifice::kRefuse, 0},
};

class Retention : public testing::TestWithParam<Case> {};

TEST_P(Retention, GivesUpInTheOrderOfTheContract) {
    const Decision decision = decide(GetParam().view);
    EXPECT_EQ(decision.what, GetParam().what);
    EXPECT_EQ(decision.file, GetParam().file);
}
INSTANTIATE_TEST_SUITE_P(Table, Retention, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

// Giving up what it says until it is content always ends, and then the limits hold.
TEST(RetentionRun, EndsWithinTheLimits) {
    StoreView view = with(view_of(kFull), 30 * kMiB, 20 * kMiB, true);
    for (int i = 0; i < 10; ++i) {
        const Decision decision = decide(view);
        if (decision.what == Sacrifice::kNothing) {
            std::uint64_t telemetry = view.incoming_telemetry;
            for (const FileView& file : view.files) {
                telemetry += file.bytes;
            }
            EXPECT_LE(telemetry, telemetry_share(view.limit));
            EXPECT_LE(telemetry + view.events_bytes + view.incoming_events + view.state_bytes, view.limit);
            return;
        }
        ASSERT_TRUE(decision.what == Sacrifice::kHistory || decision.what == Sacrifice::kUnsent);
        view.files.erase(view.files.begin() + static_cast<std::ptrdiff_t>(decision.file));
    }
    FAIL() << "does not end";
}

}  // namespace
}  // namespace gengfu::store
