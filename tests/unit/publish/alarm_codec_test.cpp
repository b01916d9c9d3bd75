#include "daemon/publish/alarm_codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "daemon/publish/wire.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

// Alarms have no comparison of their own; all that lasts is named here.
void expect_same(const alarms::Alarm& a, const alarms::Alarm& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.revision, b.revision);
    EXPECT_EQ(a.raise_revision, b.raise_revision);
    EXPECT_EQ(a.key, b.key);
    EXPECT_EQ(a.device_class, b.device_class);
    EXPECT_EQ(std::tie(a.active, a.acknowledged, a.latched, a.uncertain, a.removed),
              std::tie(b.active, b.acknowledged, b.latched, b.uncertain, b.removed));
    EXPECT_EQ(a.severity, b.severity);
    EXPECT_EQ(a.texts->title, b.texts->title);
    EXPECT_EQ(a.texts->text, b.texts->text);
    EXPECT_EQ(a.texts->advice, b.texts->advice);
    EXPECT_EQ(a.texts->hazard, b.texts->hazard);
    EXPECT_EQ(a.texts->why, b.texts->why);
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.component, b.component);
    EXPECT_EQ(a.parties, b.parties);
    EXPECT_EQ(a.raised, b.raised);
    EXPECT_EQ(a.cleared, b.cleared);
    EXPECT_EQ(a.acknowledged_at, b.acknowledged_at);
    EXPECT_EQ(a.acknowledged_by, b.acknowledged_by);
    EXPECT_EQ(a.evidence.value, b.evidence.value);
    EXPECT_EQ(a.evidence.limit, b.evidence.limit);
    EXPECT_EQ(a.evidence.unit, b.evidence.unit);
    EXPECT_EQ(a.evidence.kind, b.evidence.kind);
    EXPECT_EQ(a.evidence.quality, b.evidence.quality);
    EXPECT_EQ(a.evidence.reason, b.evidence.reason);
    EXPECT_EQ(a.evidence.taken, b.evidence.taken);
    EXPECT_EQ(a.shelved, b.shelved);
    EXPECT_EQ(a.suppressed, b.suppressed);
    EXPECT_EQ(a.out_of_service, b.out_of_service);
    EXPECT_EQ(a.handling, b.handling);
    EXPECT_EQ(std::tie(a.chattering, a.raises, a.rang, a.behind),
              std::tie(b.chattering, b.raises, b.rang, b.behind));
    EXPECT_EQ(a.evidence.anomaly, b.evidence.anomaly);
}

alarms::Alarm round_trip(const alarms::Alarm& alarm) {
    Result<alarms::Alarm> back = decode_alarm(encode_alarm(alarm));
    EXPECT_TRUE(back) << (back ? "" : back.error().what);
    return back ? *back : alarms::Alarm{};
}

TEST(AlarmCodec, EverythingComesBack) {
    expect_same(round_trip(full_alarm()), full_alarm());
}

TEST(AlarmCodec, AnAlarmWithHardlyAnythingComesBack) {
    alarms::Alarm bare;
    bare.id = {kEpoch, 1};
    bare.texts = std::make_shared<config::RuleText>();
    const alarms::Alarm back = round_trip(bare);
    expect_same(back, bare);
    EXPECT_FALSE(back.component.location);
}

TEST(AlarmCodec, ValuesThatAreNoNumbersComeBack) {
    alarms::Alarm alarm = full_alarm();
    alarm.evidence.value = std::numeric_limits<double>::quiet_NaN();
    alarm.evidence.limit = std::numeric_limits<double>::infinity();
    const alarms::Alarm back = round_trip(alarm);
    EXPECT_TRUE(std::isnan(back.evidence.value));
    EXPECT_EQ(back.evidence.limit, alarm.evidence.limit);
}

TEST(AlarmCodec, WhatAnAnomalyIsAboutComesBack) {
    alarms::Alarm alarm = full_alarm();
    alarm.evidence.kind = config::RuleKind::kAnomaly;
    alarm.evidence.anomaly =
        alarms::AnomalyFound{rules::detectors::Aspect::kSpread, 4, 3.5, 4.5, 0.7, "pressure"};
    expect_same(round_trip(alarm), alarm);
    gengfu::v1::Alarm later = wire::to_wire(alarm);
    later.mutable_evidence()->mutable_anomaly()->set_aspect("an aspect of tomorrow");
    const Result<alarms::Alarm> back = wire::from_wire(later);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->evidence.anomaly->aspect, rules::detectors::Aspect::kNone);
}

class Dice {
public:
    explicit Dice(std::uint32_t seed) : random_(seed) {}
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool coin() { return below(2) == 1; }
    std::string word() {
        static const std::vector<std::string> kWords{"", "a", "井盖", "longhua-water", "x y\n\"", "°", "0"};
        return kWords[static_cast<std::size_t>(below(kWords.size()))];
    }
    config::Text text() { return {word(), word()}; }
    alarms::Stamp stamp() {
        alarms::Stamp out;
        for (std::uint8_t& byte : out.boot) {
            byte = static_cast<std::uint8_t>(below(256));
        }
        out.monotonic_us = static_cast<std::int64_t>(random_() >> 1U);
        if (coin()) {
            out.wall = Wall(std::chrono::microseconds(1 + below(1ULL << 52U)));
        }
        return out;
    }

private:
    std::mt19937_64 random_;
};

alarms::Actor random_actor(Dice& dice) {
    return {static_cast<alarms::ActorKind>(dice.below(3)), dice.word(), dice.word(), dice.word()};
}

std::optional<alarms::Hold> random_hold(Dice& dice) {
    if (dice.coin()) {
        return std::nullopt;
    }
    alarms::Hold hold{.by = random_actor(dice), .since = dice.stamp()};
    hold.seen = static_cast<Severity>(1 + dice.below(4));
    if (dice.coin()) {
        hold.expires = dice.stamp();
    }
    if (dice.coin()) {
        hold.cause = AlarmId{Epoch{1 + dice.below(~0ULL)}, 1 + dice.below(~0ULL)};
    }
    return hold;
}

alarms::Alarm random_alarm(Dice& dice) {
    alarms::Alarm out;
    out.id = {Epoch{1 + dice.below(~0ULL)}, 1 + dice.below(~0ULL)};
    out.revision = dice.below(1000);
    out.raise_revision = dice.below(1000);
    out.key = {dice.word(), dice.word(), dice.word()};
    out.device_class = dice.word();
    for (bool* flag : {&out.active, &out.acknowledged, &out.latched, &out.uncertain, &out.removed}) {
        *flag = dice.coin();
    }
    out.severity = static_cast<Severity>(1 + dice.below(4));
    auto texts = std::make_shared<config::RuleText>();
    *texts = {dice.text(), dice.text(), dice.text(), dice.text(), dice.word()};
    out.texts = texts;
    out.text = dice.text();
    out.component.code = dice.word();
    for (std::string* party : {&out.component.authority, &out.component.owner, &out.component.maintainer}) {
        *party = dice.word();
    }
    if (!out.component.authority.empty() && dice.coin()) {
        out.parties.push_back({out.component.authority, dice.word(), "name", dice.word()});
    }
    if (dice.coin()) {
        out.component.location =
            config::Location{-113.5, 0.25, static_cast<config::Datum>(1 + dice.below(3))};
    }
    out.component.place.grid = dice.word();
    out.component.place.access = dice.word();
    out.raised = dice.stamp();
    if (dice.coin()) {
        out.cleared = dice.stamp();
    }
    if (dice.coin()) {
        out.acknowledged_at = dice.stamp();
        out.acknowledged_by = {static_cast<alarms::ActorKind>(dice.below(3)), dice.word(), dice.word(),
                               dice.word()};
    }
    out.evidence = {.value = static_cast<double>(dice.below(1000)) / 7,
                    .limit = static_cast<double>(dice.below(1000)) / 3,
                    .unit = dice.word(),
                    .kind = static_cast<config::RuleKind>(dice.below(15)),
                    .quality = static_cast<Quality>(1 + dice.below(3)),
                    .reason = static_cast<Reason>(dice.below(kReasonCount)),
                    .taken = dice.stamp(),
                    .anomaly = {}};
    out.shelved = random_hold(dice);
    out.suppressed = random_hold(dice);
    out.out_of_service = random_hold(dice);
    if (dice.coin()) {
        out.handling = alarms::Handling{random_actor(dice), dice.stamp(), std::nullopt};
        if (dice.coin()) {
            out.handling->until = dice.stamp();
        }
    }
    out.chattering = dice.coin();
    out.raises = static_cast<std::uint32_t>(dice.below(1000));
    out.rang = dice.below(1000);
    out.behind.resize(static_cast<std::size_t>(dice.below(3)), dice.word());
    return out;
}

TEST(AlarmCodec, ADeviceOutOfServiceComesBack) {
    Dice dice(7);
    alarms::ServiceChange change{
        "manhole-017", alarms::Hold{.by = random_actor(dice), .since = dice.stamp()}, {}};
    change.hold->expires = dice.stamp();
    for (int round = 0; round < 2; ++round) {
        const Result<LeftBehind> left = decode_left_behind(encode_service(change));
        ASSERT_TRUE(left && left->service && !left->alarm);
        EXPECT_EQ(left->service->device, change.device);
        EXPECT_EQ(left->service->hold, change.hold);
        change.hold.reset();  // returned
    }
    const Result<LeftBehind> alarm = decode_left_behind(encode_alarm(full_alarm()));
    ASSERT_TRUE(alarm && alarm->alarm && !alarm->service);
    expect_same(*alarm->alarm, full_alarm());
}

TEST(AlarmCodec, AnyAlarmComesBack) {
    Dice dice(20261121);
    for (int i = 0; i < 500; ++i) {
        const alarms::Alarm alarm = random_alarm(dice);
        expect_same(round_trip(alarm), alarm);
        if (testing::Test::HasFailure()) {
            FAIL() << "alarm " << i << " of the seed";
        }
    }
}

// It is written to the disk only when it has changed.
TEST(AlarmCodec, TheSameBookIsTheSameBytes) {
    Book book;
    for (std::uint32_t i = 0; i < 500; ++i) {
        book.aliases["device-" + std::to_string(i) + "/value"] = i;
    }
    const std::string bytes = encode_book(book);
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(encode_book(book), bytes);
    }
}

TEST(AlarmCodec, ABookComesBack) {
    Book book;
    book.alarms = {full_alarm(1), full_alarm(2)};
    book.memory = {{.device = "d",
                    .point = "p",
                    .rule = "r",
                    .active = true,
                    .uncertain = true,
                    .level = 2,
                    .pending_level = 1,
                    .pending = Duration(123456789),
                    .counted = Duration(77),
                    .low = -1.5,
                    .high = 2.5},
                   {.device = "d2", .point = "", .rule = "silent"}};
    book.aliases = {{"d/p", 1}, {"d/q", 7}};
    book.catalogue_hash = "0123456789abcdef";
    Dice dice(3);
    book.services = {{"panel", alarms::Hold{.by = random_actor(dice), .since = dice.stamp()}}};
    const AlarmId id{Epoch{0x9f3c000000000001}, 42};
    book.outputs = {{.device = "siren",
                     .reg = {config::Space::kCoil, 2},
                     .off = -1,
                     .touched = true,
                     .because = {"well", "level", "gas"},
                     .alarm = id,
                     .claims = {{{"well", "level", "gas"}, id, dice.stamp(), dice.stamp(), true},
                                {{"well", "", "silent"}, id, dice.stamp(), dice.stamp(), false}}},
                    {.device = "valve", .reg = {config::Space::kHolding, 65535}}};
    book.over = {{Epoch{7}, 3}, {Epoch{7}, 9}, {Epoch{0x9f3c000000000001}, 3}, {Epoch{7}, 4}};
    book.as_of = dice.stamp();
    book.complete_start = 17;
    Result<Book> back = decode_book(encode_book(book));
    ASSERT_TRUE(back) << back.error().what;
    ASSERT_EQ(back->alarms.size(), 2U);
    expect_same(back->alarms[1], book.alarms[1]);
    ASSERT_EQ(back->memory.size(), 2U);
    const rules::RuleMemory& first = back->memory[0];
    EXPECT_EQ(std::tie(first.device, first.point, first.rule), std::make_tuple("d", "p", "r"));
    EXPECT_EQ(std::tie(first.active, first.uncertain, first.level, first.pending_level, first.pending),
              std::make_tuple(true, true, 2, 1, Duration(123456789)));
    EXPECT_EQ(std::tie(first.counted, first.low, first.high),
              std::make_tuple(std::optional(Duration(77)), -1.5, 2.5));
    EXPECT_EQ(back->memory[1].counted, std::nullopt);
    EXPECT_EQ(back->memory[1].level, -1);
    EXPECT_EQ(back->memory[1].pending_level, -1);
    EXPECT_EQ(back->aliases, book.aliases);
    EXPECT_EQ(back->catalogue_hash, book.catalogue_hash);
    EXPECT_EQ(back->services, book.services);
    EXPECT_EQ(back->outputs, book.outputs);
    EXPECT_EQ(back->over, book.over);
    EXPECT_EQ(back->as_of, book.as_of);
    EXPECT_EQ(back->complete_start, 17U);
}

TEST(AlarmCodec, DamagedBytesAreCorruptNotGuessed) {
    const auto code = [](const Result<alarms::Alarm>& result) {
        return result ? std::nullopt : std::optional(result.error().code);
    };
    EXPECT_EQ(code(decode_alarm("")), Errc::kCorrupt);
    EXPECT_EQ(code(decode_alarm("\xFF\xFF\xFF")), Errc::kCorrupt);
    const std::string good = encode_alarm(full_alarm());
    for (std::size_t length = 1; length < good.size(); length += 7) {
        const Result<alarms::Alarm> cut = decode_alarm(good.substr(0, length));
        EXPECT_TRUE(!cut || cut->id == full_alarm().id);  // never another alarm
    }
    EXPECT_FALSE(decode_book("\x0A\x05nono!"));
}

TEST(AlarmCodec, WordsOfALaterReleaseAreNotTakenForOurs) {
    gengfu::v1::Alarm alarm = wire::to_wire(full_alarm());
    alarm.mutable_evidence()->set_rule_kind("of tomorrow");
    EXPECT_EQ(wire::from_wire(alarm).error().code, Errc::kCorrupt);
    alarm = wire::to_wire(full_alarm());
    alarm.set_severity(static_cast<gengfu::v1::Severity>(9));
    EXPECT_EQ(wire::from_wire(alarm).error().code, Errc::kCorrupt);
    alarm = wire::to_wire(full_alarm());
    alarm.mutable_acknowledged_by()->set_kind("robot");
    EXPECT_EQ(wire::from_wire(alarm).error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace gengfu::publish
