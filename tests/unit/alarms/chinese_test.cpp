// What is written for readers of Chinese is Chinese throughout: every record of the gateway's own making, and
// the texts of its own alarms.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/alarms/actions.hpp"
#include "daemon/alarms/command.hpp"
#include "daemon/alarms/own_reasons.hpp"
#include "daemon/alarms/table.hpp"
#include "daemon/config/self_device.hpp"
#include "tests/support/chinese.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::alarms {
namespace {

using test::english_in;
using Words = std::vector<std::string>;

const Stamp kNow{{9}, 5'000'000, Wall{std::chrono::seconds(1'800'000'000)}};

void expect_chinese(const config::Text& text, const Words& names = {}) {
    EXPECT_EQ(english_in(text.zh, names), Words{}) << text.zh;
    EXPECT_TRUE(test::has_chinese(text.zh)) << text.zh;
    EXPECT_FALSE(test::has_chinese(text.en)) << text.en;
}

TEST(Chinese, TheCheckFindsEnglish) {
    EXPECT_EQ(english_in("设备 d-1 恢复使用:its time is over", {"d-1"}),
              (Words{"its", "time", "is", "over"}));
    EXPECT_EQ(english_in("电流 {value:.1f} mA,限值 5 A", {}), Words{});
}

TEST(Chinese, WhatIsRecordedOfServiceIsWhole) {
    Service service;
    const Actor people{ActorKind::kUser, "li", "", "更换继电器"};
    const Audit out = audit_of(service.take_out("panel", people, kNow, std::chrono::minutes(1)));
    EXPECT_EQ(english_in(out.text.zh, {"panel"}), Words{}) << out.text.zh;
    Stamp later = kNow;
    later.monotonic_us += 61'000'000;
    const auto back = service.expire(later);
    ASSERT_TRUE(back);
    const Audit audit = audit_of(*back);
    expect_chinese(audit.text, {"panel"});
    EXPECT_EQ(audit.text.zh, "设备 panel 恢复使用:已到时限");
    EXPECT_EQ(audit.text.en, "device panel is back in service: its time is over");
    EXPECT_EQ(audit.actor.kind, ActorKind::kGateway);
}

TEST(Chinese, WhatIsRecordedOfLateWishesIsWhole) {
    for (const Work work :
         {Work::kAcknowledge, Work::kReset, Work::kShelve, Work::kUnshelve, Work::kHandle}) {
        for (const Answer answer : {Answer::kAlready, Answer::kStale}) {
            const auto audit = audit_of({.work = work, .id = {}, .actor = {}}, {answer, std::nullopt, 3, {}});
            ASSERT_TRUE(audit);
            expect_chinese(audit->text);
        }
    }
}

TEST(Chinese, WhatIsRecordedOfActionsIsWhole) {
    test::SiteBuilder builder;
    builder.device("box", {"state"});
    const Key because{"well", "level", "flood"};
    const Words names{"box", "well", "flood", "coil:0x0002"};
    const config::Register coil{config::Space::kCoil, 2};
    const ActionWrite on{DeviceId{0}, coil, 1, true}, off{DeviceId{0}, coil, 0, false};
    expect_chinese(audit_of({.write = on, .because = because}, builder.site()).text, names);
    for (const ActionEnd end : {ActionEnd::kCleared, ActionEnd::kTimeOver, ActionEnd::kHeld,
                                ActionEnd::kStopping, ActionEnd::kRemoved, ActionEnd::kUnasked}) {
        expect_chinese(audit_of({.write = off, .because = because, .end = end}, builder.site()).text, names);
    }
    for (int code = 0; code <= static_cast<int>(Errc::kInterrupted); ++code) {
        ActionNews failed{.write = on, .failed = true, .because = because};
        failed.error = {static_cast<Errc>(code), "no answer in 500 ms"};
        const Audit audit = audit_of(failed, builder.site());
        expect_chinese(audit.text, names);
        EXPECT_NE(audit.text.en.find("no answer in 500 ms"), std::string::npos);
    }
}

/// Clear is not over: nobody has acknowledged it yet.
TEST(Chinese, AnOutputThatIsOffSaysWhyTruly) {
    test::SiteBuilder builder;
    builder.device("box", {"state"});
    const ActionWrite off{DeviceId{0}, {config::Space::kCoil, 2}, 0, false};
    const auto said = [&](ActionEnd end) {
        return audit_of({.write = off, .because = {"well", "level", "flood"}, .end = end}, builder.site())
            .text;
    };
    EXPECT_NE(said(ActionEnd::kCleared).en.find("the alarm is clear"), std::string::npos);
    EXPECT_NE(said(ActionEnd::kCleared).zh.find("告警条件已消除"), std::string::npos);
    EXPECT_NE(said(ActionEnd::kRemoved).en.find("left the configuration"), std::string::npos);
}

TEST(Chinese, TheGatewaysOwnAlarmsAreWhole) {
    test::SiteBuilder builder;
    const DeviceId device = builder.device("box", {"state"});
    builder.site().feeds = {{"psu-1"}};
    builder.site().devices[0].feed = "psu-1";
    builder.rule(builder.point(device, "state"), "flood", config::RuleKind::kAbove).action =
        config::Action{device, {config::Space::kCoil, 2}, 1, 0, std::chrono::seconds(9)};
    config::add_self(builder.site());
    Words names{"box", "psu-1", "coil:0x0002"};
    for (const config::Bus& bus : builder.site().buses) {
        names.push_back(bus.name);
    }
    std::size_t seen = 0;
    for (const config::Rule& rule : builder.site().rules) {
        if (builder.site().device(rule.device).name != config::kSelfName) {
            continue;
        }
        ++seen;
        for (const config::Text* const text :
             {&rule.texts->title, &rule.texts->text, &rule.texts->advice, &rule.texts->hazard}) {
            EXPECT_EQ(english_in(text->zh, names), Words{}) << rule.name << ": " << text->zh;
            EXPECT_TRUE(text->zh.empty() || test::has_chinese(text->zh)) << rule.name << ": " << text->zh;
        }
    }
    EXPECT_GE(seen, 15U);
}

TEST(Chinese, AReasonOfTheGatewayIsSaidInBothLanguages) {
    const config::Text said = reason_of(time_is_over());
    EXPECT_EQ(said.zh, "已到时限");
    EXPECT_EQ(said.en, "its time is over");
    const Actor people{ActorKind::kUser, "li", "", "on / off"};
    EXPECT_EQ(reason_of(people).zh, "on / off") << "what people wrote is left as it is";
}

}  // namespace
}  // namespace gengfu::alarms
