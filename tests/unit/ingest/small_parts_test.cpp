// Topics, intake, what is said to gateways, the marker, figures, settings.
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "gengfu/v1/feed.pb.h"
#include "governance/ingest/conversation.hpp"
#include "governance/ingest/figures.hpp"
#include "governance/ingest/intake.hpp"
#include "governance/ingest/marker.hpp"
#include "governance/ingest/outgoing.hpp"
#include "governance/ingest/quarantine_news.hpp"
#include "governance/ingest/settings.hpp"
#include "governance/ingest/turned_away_news.hpp"

namespace gengfu::ingest {
namespace {

using std::chrono::seconds;

TEST(ParseTopic, TakesTheFeedsTopicsApart) {
    const auto topic = parse_topic("gengfu/v1", "gengfu/v1/440309/440309008012/gw-1/catalogue/3");
    ASSERT_TRUE(topic);
    EXPECT_EQ(topic->base, "gengfu/v1/440309/440309008012/gw-1");
    EXPECT_EQ(topic->division, "440309");
    EXPECT_EQ(topic->community, "440309008012");
    EXPECT_EQ(topic->gateway, "gw-1");
    EXPECT_EQ(topic->kind, Kind::kCatalogue);
}

TEST(ParseTopic, RefusesWhatIsNone) {
    for (const char* text :
         {"", "gengfu/v1", "gengfu/v1/", "gengfu/v2/a/b/gw-1/event", "gengfu/v10/a/b/gw-1/event",
          "gengfu/v1/a/b", "gengfu/v1/a/b/gw-1", "gengfu/v1/a/b//event", "gengfu/v1/a/b/GW/event",
          "gengfu/v1/a/b/a-gateway-with-more-than-32-characters/event"}) {
        EXPECT_FALSE(parse_topic("gengfu/v1", text)) << text;
    }
    EXPECT_EQ(parse_topic("gengfu/v1", "gengfu/v1/a/b/gw-1/nothing")->kind, Kind::kOther);
}

/// A record that is sound.
v1::Envelope sound() {
    v1::Envelope envelope;
    v1::Identity& identity = *envelope.mutable_record()->mutable_identity();
    identity.set_gateway("gw-1");
    identity.set_epoch(9);
    identity.set_start(2);
    identity.set_stream(v1::STREAM_TELEMETRY);
    identity.set_sequence(7);
    envelope.mutable_record()->mutable_batch()->add_alias_delta(1);
    return envelope;
}

struct Taken {
    Message message;
    google::protobuf::Arena arena;
    Intake intake;
    Taken(const std::string& topic, std::string payload)
        : message{"r/d/c/" + topic, std::move(payload), false, {}} {
        take_in(message, "r", arena, intake);
    }
};

TEST(Intake, ReadsBothEncodings) {
    std::string json;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(sound(), &json).ok());
    for (const std::string& payload : {sound().SerializeAsString(), json, "{\"later\":1," + json.substr(1)}) {
        const Taken taken("gw-1/hist", payload);
        ASSERT_EQ(taken.intake.records.size(), 1U) << payload;
        const RecordIn& in = taken.intake.records[0];
        EXPECT_EQ(in.key, (StreamKey{"gw-1", 9, 2}));
        EXPECT_EQ(in.sequence, 7U);
        EXPECT_EQ(in.start, 2U);
        EXPECT_EQ(taken.intake.samples, 1U);
    }
}

TEST(Intake, RefusesWithAReason) {
    const auto spoiled = [](auto spoil) {
        v1::Envelope envelope = sound();
        spoil(*envelope.mutable_record()->mutable_identity());
        return envelope.SerializeAsString();
    };
    v1::Envelope birth;
    birth.mutable_birth()->set_gateway("gw-2");
    birth.mutable_birth()->set_epoch(1);
    const std::pair<const char*, std::string> kBad[] = {
        {"gw-1/tele", "no protobuf \xff\xff"},
        {"gw-1/tele", "{\"record\":"},
        {"gw-1/tele", std::string(5U << 20U, '\0')},
        {"gw-2/tele", sound().SerializeAsString()},
        {"gw-1/event", sound().SerializeAsString()},
        {"gw-1/elsewhere", sound().SerializeAsString()},
        {"gw-1/birth", sound().SerializeAsString()},
        {"gw-1/birth", birth.SerializeAsString()},
        {"gw-1/tele", birth.SerializeAsString()},
        {"gw-1/tele", spoiled([](v1::Identity& i) { i.set_epoch(0); })},
        {"gw-1/tele", spoiled([](v1::Identity& i) { i.set_sequence(0); })},
        {"gw-1/tele", spoiled([](v1::Identity& i) { i.set_sequence(1ULL << 63U); })},
        {"gw-1/tele", spoiled([](v1::Identity& i) { i.set_start(~0ULL); })},
    };
    for (const auto& [topic, payload] : kBad) {
        const Taken taken(topic, payload);
        EXPECT_TRUE(taken.intake.records.empty() && taken.intake.births.empty())
            << topic << payload.substr(0, 20);
        ASSERT_EQ(taken.intake.refused.size(), 1U) << topic;
        EXPECT_FALSE(taken.intake.refused[0].reason.empty());
    }
}

TEST(Intake, AnEmptyRetainedMessageIsNothing) {
    const Taken taken("gw-1/birth", "");
    EXPECT_TRUE(taken.intake.refused.empty());
}

TEST(Confirm, ListsRangesAndAnnouncesWithout) {
    v1::Confirm confirm;
    ASSERT_TRUE(confirm.ParseFromString(encode_confirm("db", {})));
    EXPECT_EQ(confirm.consumer(), "db");
    EXPECT_EQ(confirm.ranges_size(), 0);
    ASSERT_TRUE(confirm.ParseFromString(encode_confirm("db", {{5, 1, {{1, 3}, {7, 7}}}, {5, 2, {{1, 9}}}})));
    ASSERT_EQ(confirm.ranges_size(), 2);
    EXPECT_EQ(confirm.ranges(0).epoch(), 5U);
    EXPECT_EQ(confirm.ranges(0).ranges(1).first(), 7U);
    EXPECT_EQ(confirm.ranges(1).stream(), v1::STREAM_TELEMETRY);
}

TEST(Commands, NameTheConsumerAndExpire) {
    v1::Command command;
    const Wall now{std::chrono::microseconds(1'800'000'000'000'000)};
    ASSERT_TRUE(command.ParseFromString(encode_rebirth("db", "id-1", "cafe", now)));
    EXPECT_EQ(command.id(), "id-1");
    EXPECT_EQ(command.catalogue_hash(), "cafe");
    EXPECT_EQ(command.on_behalf_of(), "db");
    EXPECT_GT(command.expires().wall_us(), command.issued().wall_us());
    ASSERT_TRUE(command.ParseFromString(encode_resend("db", "id-2", {{5, 2, {{1, 9}}}}, now)));
    EXPECT_EQ(command.consumer(), "db");
    EXPECT_EQ(command.ranges_size(), 0);
    ASSERT_EQ(command.except_ranges_size(), 1);
    EXPECT_EQ(command.except_ranges(0).ranges(0).last(), 9U);
}

TEST(ConfirmPace, AtMostOnceInItsTimeAndOnlyWithNews) {
    ConfirmPace pace(seconds(5));
    const Monotonic zero{seconds(100)};
    EXPECT_TRUE(pace.due(zero, 10).empty());
    pace.touched("a", "base/a");
    auto due = pace.due(zero, 10);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_TRUE(due[0].first);
    EXPECT_EQ(due[0].base, "base/a");
    pace.touched("a", "base/a");
    EXPECT_TRUE(pace.due(zero + seconds(4), 10).empty());
    EXPECT_EQ(pace.waiting(), 1U);
    due = pace.due(zero + seconds(5), 10);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_FALSE(due[0].first);
    EXPECT_TRUE(pace.due(zero + seconds(50), 10).empty());
    pace.touched("a", "base/a");
    pace.spoken("a", zero + seconds(51));
    EXPECT_TRUE(pace.due(zero + seconds(55), 10).empty()) << "another instance has just said it";
    EXPECT_EQ(pace.due(zero + seconds(56), 10).size(), 1U);
}

TEST(ConfirmPace, TakesTurnsUnderAMost) {
    ConfirmPace pace(seconds(5));
    for (const char* name : {"a", "b", "c"}) {
        pace.touched(name, name);
    }
    EXPECT_EQ(pace.due(Monotonic{seconds(1)}, 2).size(), 2U);
    EXPECT_EQ(pace.due(Monotonic{seconds(1)}, 2).size(), 1U);
}

TEST(Conversation, AsksForACatalogueOnceInAWhile) {
    Conversation conversation(seconds(5));
    const Monotonic zero{seconds(100)};
    conversation.missing({{"a", "base/a", "h"}, {"a", "base/a", "other"}}, zero);
    EXPECT_EQ(conversation.take_missing().size(), 2U);
    conversation.missing({{"a", "base/a", "h"}}, zero + seconds(1));
    EXPECT_TRUE(conversation.take_missing().empty());
    conversation.missing({{"a", "base/a", "h"}}, zero + Conversation::kAskAgain);
    EXPECT_EQ(conversation.take_missing().size(), 1U);
}

TEST(Marker, ARestoredDatabaseIsNoticed) {
    const Marker before{1, 2, 3, 4, 500, 60, 0};
    const auto changed = [&](auto change) {
        Marker now = before;
        change(now);
        return is_restored(before, now);
    };
    EXPECT_FALSE(changed([](Marker& now) { now.position = 501; }));
    EXPECT_FALSE(changed([](Marker&) {}));
    EXPECT_TRUE(changed([](Marker& now) { now.position = 499; })) << "a copy of the files";
    EXPECT_TRUE(changed([](Marker& now) { now.confirmations = 59, now.position = 900; }))
        << "set back by less than it has written since";
    EXPECT_FALSE(changed([](Marker& now) { now.confirmations = 61; }));
    EXPECT_TRUE(changed([](Marker& now) { now.timeline = 3, now.position = 900; }))
        << "a point in time, a standby";
    EXPECT_TRUE(changed([](Marker& now) { now.system = 9, now.position = 900; })) << "another cluster";
    EXPECT_TRUE(changed([](Marker& now) { now.ledger = 9, now.position = 900; })) << "pg_restore";
    EXPECT_TRUE(changed([](Marker& now) { now.database = 9, now.position = 900; }));
}

TEST(Marker, IsReadAsItWasWritten) {
    const Marker marker{18'446'744'073'709'551'615U, 2, 3, 4, 500, 60, -7};
    const auto again = parse_marker(to_text(marker));
    ASSERT_TRUE(again);
    EXPECT_EQ(to_text(*again), to_text(marker));
    const auto older = parse_marker(
        "gengfu-ingest 1\nsystem 1\ntimeline 2\ndatabase 3\nledger 4\nposition 5\nowed_until_us 6\n");
    ASSERT_TRUE(older);
    EXPECT_EQ(older->position, 5U);
    EXPECT_EQ(older->confirmations, 0U);
    EXPECT_EQ(older->owed_until_us, 6);
    for (const char* text : {"", "gengfu-ingest 2\n", "gengfu-ingest 1\nsystem x\n",
                             "gengfu-ingest 1\nsystem 1\ntimeline 2\n"}) {
        EXPECT_FALSE(parse_marker(text)) << text;
    }
}

TEST(Figures, HealthSaysWhatIsWrong) {
    Figures figures;
    for (LaneFigures& lane : figures.lanes) {
        lane.broker_up = lane.database_up = true;
        lane.alive_us = 1'000'000;
    }
    EXPECT_TRUE(health_of(figures, 2'000'000).good);
    figures.of(LaneKind::kEvents).database_up = false;
    figures.of(LaneKind::kEvents).waiting_us = 1'000'000;
    figures.of(LaneKind::kEvents).database_trouble.set("database: it is\naway");
    figures.of(LaneKind::kTelemetry).broker_up = false;
    figures.of(LaneKind::kTelemetry).broker_trouble.set("no connection to mqtt://b:1883: refused");
    EXPECT_EQ(
        health_of(figures, 8'000'000).text,
        "events: the database takes nothing since 7 s, so nothing is read and nothing lost: database: it "
        "is away\ntelemetry: not connected to a broker: no connection to mqtt://b:1883: refused\n");
    figures.of(LaneKind::kTelemetry).broker_up = true;
    for (const LaneKind kind : {LaneKind::kTelemetry, LaneKind::kPresence}) {
        figures.of(kind).alive_us = 499'000'000;
    }
    EXPECT_TRUE(all_move(figures, 500'000'000)) << "waiting for the database is no reason for a restart";
    figures.of(LaneKind::kEvents).waiting_us = 0;
    EXPECT_FALSE(all_move(figures, 500'000'000));
    EXPECT_NE(to_prometheus(figures).find("gengfu_ingest_database_up{lane=\"events\"} 0\n"),
              std::string::npos);
}

TEST(Figures, OffendersAreNamedWhileTheServiceIsWell) {
    Figures figures;
    for (LaneFigures& lane : figures.lanes) {
        lane.broker_up = lane.database_up = true;
    }
    figures.offenders.set(
        {{"", "gw-x, gw-y", 7, 2, "cannot\nbe read", true}, {"gw-old", "gw-old", 3, 0, "why", false}});
    const Health health = health_of(figures, 1'000'000);
    EXPECT_TRUE(health.good);
    EXPECT_EQ(
        health.text,
        "ok\nquarantine: 7 messages of unknown gateways (gw-x, gw-y) could not be stored (2 of them only "
        "counted), the last: cannot be read\n");
    EXPECT_NE(to_prometheus(figures).find("gengfu_ingest_offender_messages{gateway=\"gw-old\"} 3\n"),
              std::string::npos);
}

TEST(Figures, WhoseBatchesWereTurnedAwayIsNamedWhileTheServiceIsWell) {
    Figures figures;
    for (LaneFigures& lane : figures.lanes) {
        lane.broker_up = lane.database_up = true;
    }
    figures.turned_away.set({{"gw-x", 5, 9, "a\nhash", true}, {"gw-old", 0, 3, "h", false}});
    const Health health = health_of(figures, 1'000'000);
    EXPECT_TRUE(health.good);
    EXPECT_EQ(
        health.text,
        "ok\nparked: 5 batches of gateway gw-x wait for their catalogue, and 9 times one was turned away "
        "for want of room; the gateway keeps it; the last wants catalogue a hash\n");
    EXPECT_NE(to_prometheus(figures).find("gengfu_ingest_turned_away_batches{gateway=\"gw-old\"} 3\n"),
              std::string::npos);
}

TEST(TurnedAwayNews, AreToldAtOnceAndThenOnceAMinute) {
    TurnedAwayNews news;
    const Monotonic start{seconds(1'000)};
    news.add({7, 0, "gw-0", "kept"});
    EXPECT_EQ(news.due(start).en, "") << "parking alone is no news";
    news.add({1, 2, "gw-1", "h-1"});
    const std::string first = news.due(start).en;
    EXPECT_TRUE(first.starts_with("2 batches without a known catalogue found no room")) << first;
    EXPECT_NE(first.find("gateway gw-1 and wants catalogue h-1"), std::string::npos) << first;
    for (int i = 0; i < 59; ++i) {
        news.add({0, 10, "gw-2", "h-2"});
        EXPECT_EQ(news.due(start + seconds(i)).en, "") << i;
    }
    const std::string all = news.due(start + seconds(60)).en;
    EXPECT_TRUE(all.starts_with("590 batches")) << all;
    EXPECT_EQ(news.due(start + seconds(600)).en, "");
}

TEST(QuarantineNews, AreToldAtOnceAndThenOnceAMinute) {
    QuarantineNews news;
    const Monotonic start{seconds(1'000)};
    EXPECT_EQ(news.due(start).en, "");
    news.add({1, 0, "gw-1", "unreadable"});
    EXPECT_EQ(
        news.due(start).en,
        "1 messages cannot be stored; they are in governance.quarantine with the reason; the first is of "
        "gateway gw-1: unreadable");
    for (int i = 0; i < 59; ++i) {
        news.add({10, 4, "gw-2", "worse"});
        EXPECT_EQ(news.due(start + seconds(i)).en, "") << i;
    }
    const std::string all = news.due(start + seconds(60)).en;
    EXPECT_TRUE(all.starts_with("590 messages cannot be stored")) << all;
    EXPECT_NE(all.find("gateway gw-2: worse; 236 of them are only counted"), std::string::npos) << all;
    EXPECT_EQ(news.due(start + seconds(600)).en, "");
}

constexpr const char* kGood = R"(
name = "governance-db"
[mqtt]
brokers = ["mqtts://b-1:8883", "mqtts://b-2"]
client_id = "ingest-1"
share = "db"
communities = ["440309/+", "440310/440310000001"]
ca = "/etc/ca.pem"
[database]
connection = "host=db dbname=city sslmode=verify-full"
[batch]
samples = 5000
linger = "100ms"
[http]
listen = "127.0.0.1:9"
)";

TEST(Settings, FiguresForEverybodyAreWarnedOf) {
    const auto warnings = [](const std::string& listen) {
        std::string text = kGood;
        text.replace(text.find("127.0.0.1:9"), 11, listen);
        const LoadedSettings loaded = parse_settings(text, "i.toml", config::Credentials::kRequired);
        EXPECT_TRUE(loaded.settings) << listen;
        return loaded.diagnostics.empty() ? "" : to_string(loaded.diagnostics[0]);
    };
    EXPECT_EQ(warnings("127.0.0.1:9"), "");
    EXPECT_EQ(warnings("[::1]:9"), "");
    EXPECT_EQ(
        warnings("0.0.0.0:9"),
        "i.toml:15:10: warning: http: whoever reaches 0.0.0.0:9 reads /metrics and /healthz, without TLS and "
        "password: listen on 127.0.0.1, with a proxy before it if they are wanted elsewhere");
    EXPECT_NE(warnings("192.0.2.7:9"), "");
}

TEST(Settings, AreReadWhole) {
    const LoadedSettings loaded = parse_settings(kGood, "i.toml", config::Credentials::kRequired);
    ASSERT_TRUE(loaded.settings) << (loaded.diagnostics.empty() ? "" : to_string(loaded.diagnostics[0]));
    EXPECT_TRUE(loaded.diagnostics.empty());
    EXPECT_EQ(loaded.settings->mqtt.brokers.size(), 2U);
    EXPECT_EQ(loaded.settings->mqtt.communities.size(), 2U);
    EXPECT_EQ(loaded.settings->batch.samples, 5000U);
    EXPECT_EQ(loaded.settings->http->port, 9);
}

TEST(Settings, EachMistakeHasItsPlace) {
    struct Case {
        const char* from;
        const char* to;
        const char* says;
    };
    const Case kCases[] = {
        {"name = \"governance-db\"", "name = \"broker\"",
         "i.toml:2:8: error: configuration: name must not be \"broker\""},
        {"client_id = \"ingest-1\"", "", "mqtt: client_id is missing"},
        {"share = \"db\"", "share = \"db\"\nversion = \"3.1.1\"", "share needs MQTT 5"},
        {"\"440309/+\"", "\"440309\"", "i.toml:7:16: error: mqtt: a community must be"},
        {"brokers = [\"mqtts://b-1:8883\", \"mqtts://b-2\"]", "brokers = []",
         "brokers must name at least one"},
        {"host=db", "host=db password=x", "without a password"},
        {"samples = 5000", "samples = 1", "samples"},
        {"linger = \"100ms\"", "lingers = \"100ms\"", "unknown key \"lingers\"; did you mean \"linger\"?"},
        {"listen = \"127.0.0.1:9\"", "listen = \"127.0.0.1:x\"", "listen"},
    };
    for (const Case& c : kCases) {
        std::string text = kGood;
        text.replace(text.find(c.from), std::string(c.from).size(), c.to);
        const LoadedSettings loaded = parse_settings(text, "i.toml", config::Credentials::kRequired);
        EXPECT_FALSE(loaded.settings) << c.to;
        std::string all;
        for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
            all += to_string(diagnostic) + "\n";
        }
        EXPECT_NE(all.find(c.says), std::string::npos) << c.to << "\n" << all;
    }
}

}  // namespace
}  // namespace gengfu::ingest
