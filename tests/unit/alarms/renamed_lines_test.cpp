#include "daemon/alarms/renamed_lines.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "daemon/alarms/describe.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

const Stamp kNow{{9}, 5'000'000, Wall{std::chrono::seconds(1'800'000'000)}};

/// A line of r0 … r2 and a second of r3, as they are called after the reload; r0, r1 are fed by "psu".
class RenamedLines : public testing::Test {
protected:
    RenamedLines() {
        for (int i = 0; i < 4; ++i) {
            builder_.silent(builder_.device("r" + std::to_string(i), {"v"}), "cut", std::chrono::seconds(10));
        }
        config::Site& site = builder_.site();
        config::Bus second = site.buses[0];
        second.name = "second";
        site.buses.push_back(second);
        site.devices[3].bus = BusId{1};
        site.feeds = {{"psu"}};
        site.devices[0].feed = site.devices[1].feed = "psu";
        config::add_self(site);
        now_ = name_of(config::LinePoint::kDown, site.buses[0]);
        table_ = std::make_unique<Table>(Epoch{2}, site);
    }
    /// An alarm of an earlier run.
    AlarmId stand(const Key& key, std::vector<std::string> behind = {},
                  std::optional<AlarmId> cause = std::nullopt) {
        Alarm alarm;
        alarm.id = {Epoch{1}, ++sequence_};
        alarm.key = key;
        alarm.active = true;
        alarm.revision = alarm.raise_revision = alarm.rang = 1;
        alarm.raised = kNow;
        alarm.severity = Severity::kMajor;
        alarm.evidence.kind = behind.empty() ? config::RuleKind::kSilent : config::RuleKind::kAbove;
        alarm.behind = std::move(behind);
        alarm.texts = builder_.site().rules[0].texts;
        if (cause) {
            alarm.rang = 0;
            alarm.suppressed = Hold{.by = {}, .since = kNow, .expires = {}, .cause = cause};
        }
        const AlarmId id = alarm.id;
        table_->restore(std::move(alarm));
        return id;
    }
    AlarmId line_was_down(const std::string& name, std::vector<std::string> behind) {
        return stand({std::string(config::kSelfName), "bus_down." + name, config::kBusDown},
                     std::move(behind));
    }
    std::vector<RenamedLine> renamed() { return renamed_lines(table_->standing(), builder_.site()); }
    std::string point_of(RuleId rule) {
        return key_of(builder_.site(), builder_.site().rules[rule.value]).point;
    }

    test::SiteBuilder builder_;
    std::string now_;
    std::unique_ptr<Table> table_;
    std::uint64_t sequence_ = 0;
};

TEST_F(RenamedLines, AreThoseThatTheDevicesBehindThemAreOnNow) {
    const AlarmId id = line_was_down("old", {"r0", "r1", "r2", "long gone"});
    ASSERT_EQ(renamed().size(), 1U);
    EXPECT_EQ(renamed()[0].alarm, id);
    EXPECT_EQ(point_of(renamed()[0].rule), now_);
}

TEST_F(RenamedLines, AFeedLikewise) {
    stand({std::string(config::kSelfName), "feed_down.old", config::kFeedDown}, {"r0", "r1"});
    ASSERT_EQ(renamed().size(), 1U);
    EXPECT_EQ(point_of(renamed()[0].rule), "feed_down.psu");
}

TEST_F(RenamedLines, ALineWhoseNameIsKnownIsNone) {
    line_was_down(builder_.site().buses[0].name, {"r3"});
    EXPECT_TRUE(renamed().empty());
}

TEST_F(RenamedLines, DevicesThatWentApartOrAreGoneAreBehindNothing) {
    line_was_down("old", {"r0", "r3"});
    line_was_down("older", {"long gone"});
    stand({std::string(config::kSelfName), "feed_down.old", config::kFeedDown}, {"r2"});
    stand({std::string(config::kSelfName), "feed_down.older", config::kFeedDown}, {"r0", "r2"});
    EXPECT_TRUE(renamed().empty());
}

TEST_F(RenamedLines, OtherAlarmsAndThoseThatAreClearAreNone) {
    stand({"r0", "", "gone"});
    stand({std::string(config::kSelfName), "bus_late.old", "bus-late"}, {"r0"});
    Alarm clear = *table_->find(line_was_down("old", {"r0"}));
    clear.active = false;
    ++clear.revision;
    table_->restore(std::move(clear));
    EXPECT_TRUE(renamed().empty());
}

TEST_F(RenamedLines, TheAlarmGoesOnAndNobodyIsCalledForWhatItExplains) {
    const AlarmId cause = line_was_down("old", {"r0", "r1", "r2"});
    const AlarmId child = stand({"r1", "", "cut"}, {}, cause);
    ASSERT_TRUE(table_->move(cause, renamed().at(0).rule));
    EXPECT_TRUE(table_->orphans().empty());
    EXPECT_TRUE(table_->settle(kNow, 1).empty());
    EXPECT_TRUE(table_->find(child)->suppressed);
    EXPECT_EQ(table_->find(cause)->key.point, now_);
    EXPECT_NE(table_->find(cause)->texts->title.en.find(builder_.site().buses[0].name), std::string::npos);
    EXPECT_TRUE(table_->is_active(*config::own_rule(builder_.site(), now_)));
    EXPECT_TRUE(renamed().empty()) << "once";
}

TEST_F(RenamedLines, OneThatIsActiveUnderTheNewNameIsLeftAlone) {
    line_was_down(builder_.site().buses[0].name, {"r0", "r1", "r2"});
    const AlarmId old = line_was_down("old", {"r0", "r1", "r2"});
    ASSERT_EQ(renamed().size(), 1U);
    EXPECT_FALSE(table_->move(old, renamed()[0].rule));
    EXPECT_EQ(table_->orphans(), std::vector<AlarmId>{old});
}

}  // namespace
}  // namespace gengfu::alarms
