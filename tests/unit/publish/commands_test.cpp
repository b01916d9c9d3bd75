#include "daemon/publish/commands.hpp"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "daemon/publish/confirmation.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;

constexpr std::int64_t kNow = 1'800'000'000'000'000;

class CommandsTest : public testing::Test {
protected:
    alarms::Stamp now{{}, 5, Wall(std::chrono::microseconds(kNow))};
    std::vector<PlatformCommand> carried_out;
    CommandResult answer{v1::OUTCOME_DONE, "done", 8};
    bool later = false;  ///< answers wait for the test to give them
    std::vector<Commands::Done> waiting;
    std::unique_ptr<Commands> owned = make();
    Commands& commands = *owned;

    std::unique_ptr<Commands> make() {
        return std::make_unique<Commands>(
            [this](const PlatformCommand& command, Commands::Done done) {
                carried_out.push_back(command);
                if (later) {
                    waiting.push_back(std::move(done));
                } else {
                    done(answer);
                }
            },
            3);
    }
    std::vector<Answered> answers;
    CommandReply handle(const std::string& verb, const std::string& payload, bool retained = false) {
        const auto out =
            std::make_shared<CommandReply>(CommandReply{.outcome = -1, .message = "not answered"});
        commands.handle(verb, payload, retained, now, [this, out](const Answered& answered) {
            answers.push_back(answered);
            *out = answered.reply;
        });
        return *out;
    }

    static v1::Command command(const std::string& id = "c-1") {
        v1::Command out;
        out.set_id(id);
        out.mutable_expires()->set_wall_us(kNow + 60'000'000);
        out.set_alarm_id("9f3c00000000000e-7");
        out.set_revision(4);
        out.set_on_behalf_of("Li Wei");
        out.set_reason("on my way");
        return out;
    }
    CommandReply handle(const v1::Command& command, const std::string& verb = "ack") {
        return handle(verb, command.SerializeAsString());
    }
};

TEST_F(CommandsTest, AcknowledgeAndResetAreCarriedOut) {
    const CommandReply reply = handle(command());
    EXPECT_EQ(reply.outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(reply.command_id, "c-1");
    EXPECT_EQ(reply.verb, "ack");
    EXPECT_EQ(reply.alarm_id, "9f3c00000000000e-7");
    EXPECT_EQ(reply.revision, 8U);
    EXPECT_EQ(reply.at, now);
    ASSERT_EQ(carried_out.size(), 1U);
    EXPECT_EQ(carried_out[0].verb, Verb::kAcknowledge);
    EXPECT_EQ(carried_out[0].revision, 4U);
    EXPECT_EQ(carried_out[0].on_behalf_of, "Li Wei");
    EXPECT_EQ(carried_out[0].reason, "on my way");
    handle(command("c-2"), "reset");
    EXPECT_EQ(carried_out.at(1).verb, Verb::kReset);
}

TEST_F(CommandsTest, WhatKeepsAlarmsQuietIsCarriedOutWithItsTime) {
    v1::Command quiet = command("q-1");
    quiet.set_seconds(7200);
    EXPECT_EQ(handle(quiet, "shelve").outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(carried_out.at(0).verb, Verb::kShelve);
    EXPECT_EQ(carried_out[0].lasts, std::chrono::hours(2));
    EXPECT_EQ(handle(command("q-2"), "handling").outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(carried_out.at(1).lasts, Duration::zero());
    v1::Command service = command("q-3");
    service.clear_alarm_id();
    service.clear_revision();
    service.set_device("manhole-017");
    service.set_seconds(60);
    EXPECT_EQ(handle(service, "out-of-service").outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(carried_out.at(2).verb, Verb::kOutOfService);
    EXPECT_EQ(carried_out[2].device, "manhole-017");
    service.set_id("q-4");
    service.clear_seconds();
    EXPECT_EQ(handle(service, "return").outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(carried_out.at(3).verb, Verb::kReturn);
    service.set_id("q-5");
    EXPECT_EQ(handle(service, "calibrate").outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(carried_out.at(4).verb, Verb::kCalibrate);
    EXPECT_EQ(carried_out[4].device, "manhole-017");
}

TEST_F(CommandsTest, AReplyNamesTheWholeIdThatAPrefixMeant) {
    answer.alarm_id = "9f3c00000000000e-7";
    v1::Command short_one = command();
    short_one.set_alarm_id("9f3c");
    EXPECT_EQ(handle(short_one).alarm_id, "9f3c00000000000e-7");
}

TEST_F(CommandsTest, JsonIsTakenToo) {
    const std::string json =
        R"({"id":"j","expires":{"wallUs":"1800000001000000"},"alarmId":"a","revision":"4","new":1})";
    EXPECT_EQ(handle("ack", json).outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(carried_out.at(0).alarm_id, "a");
}

TEST_F(CommandsTest, FieldsOfALaterReleaseDoNoHarm) {
    std::string bytes = command().SerializeAsString();
    bytes += "\xA2\x06\x03xyz";  // field 100
    EXPECT_EQ(handle("ack", bytes).outcome, v1::OUTCOME_DONE);
}

TEST_F(CommandsTest, TheSameIdIsCarriedOutOnceAndAnsweredAlike) {
    handle(command());
    answer = {v1::OUTCOME_ALREADY, "was so", 9};
    const CommandReply again = handle(command());
    EXPECT_EQ(carried_out.size(), 1U);
    EXPECT_EQ(again.outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(again.revision, 8U);
}

TEST_F(CommandsTest, MemoryIsBoundedTheOldestIsForgotten) {
    for (const char* id : {"1", "2", "3", "4"}) {
        handle(command(id));
    }
    handle(command("4"));
    EXPECT_EQ(carried_out.size(), 4U);
    handle(command("1"));
    EXPECT_EQ(carried_out.size(), 5U);
}

struct Case {
    std::string name;
    std::string verb;
    std::function<void(v1::Command&)> spoil;
    bool retained;
    v1::Outcome want;
    std::string says;
};

class Refused : public CommandsTest, public testing::WithParamInterface<Case> {};

TEST_P(Refused, IsAnsweredAndNothingIsDone) {
    v1::Command spoilt = command();
    GetParam().spoil(spoilt);
    const CommandReply reply = handle(GetParam().verb, spoilt.SerializeAsString(), GetParam().retained);
    EXPECT_EQ(reply.outcome, GetParam().want) << reply.message;
    EXPECT_NE(reply.message.find(GetParam().says), std::string::npos) << reply.message;
    EXPECT_TRUE(carried_out.empty());
}

const auto kAsItIs = [](v1::Command&) {};
const Case kCases[] = {
    {"Retained", "ack", kAsItIs, true, v1::OUTCOME_REFUSED, "retained"},
    {"Expired", "ack", [](v1::Command& c) { c.mutable_expires()->set_wall_us(kNow - 1); }, false,
     v1::OUTCOME_EXPIRED, "expired at 2027-01-15"},
    {"WithoutExpiry", "ack", [](v1::Command& c) { c.clear_expires(); }, false, v1::OUTCOME_REFUSED, "expiry"},
    {"WithoutId", "ack", [](v1::Command& c) { c.clear_id(); }, false, v1::OUTCOME_REFUSED, "id"},
    {"WithEndlessId", "ack", [](v1::Command& c) { c.set_id(std::string(129, 'x')); }, false,
     v1::OUTCOME_REFUSED, "id"},
    {"WithoutAlarm", "ack", [](v1::Command& c) { c.clear_alarm_id(); }, false, v1::OUTCOME_REFUSED,
     "no alarm"},
    {"WithoutRevision", "reset", [](v1::Command& c) { c.clear_revision(); }, false, v1::OUTCOME_REFUSED,
     "revision"},
    {"ShelveWithoutATime", "shelve", kAsItIs, false, v1::OUTCOME_REFUSED, "for how long"},
    {"ShelveWithoutAReason", "shelve",
     [](v1::Command& c) {
         c.set_seconds(60);
         c.clear_reason();
     },
     false, v1::OUTCOME_REFUSED, "does not say why"},
    {"UnshelveWithoutARevision", "unshelve", [](v1::Command& c) { c.clear_revision(); }, false,
     v1::OUTCOME_REFUSED, "revision"},
    {"HandlingWithoutANote", "handling", [](v1::Command& c) { c.set_reason(" \n"); }, false,
     v1::OUTCOME_REFUSED, "does not say why"},
    {"OutOfServiceWithoutADevice", "out-of-service", [](v1::Command& c) { c.set_seconds(60); }, false,
     v1::OUTCOME_REFUSED, "no device"},
    {"OutOfServiceWithoutATime", "out-of-service", [](v1::Command& c) { c.set_device("d"); }, false,
     v1::OUTCOME_REFUSED, "for how long"},
    {"ReturnWithoutADevice", "return", kAsItIs, false, v1::OUTCOME_REFUSED, "no device"},
    {"CalibrateWithoutADevice", "calibrate", kAsItIs, false, v1::OUTCOME_REFUSED, "no device"},
    {"CalibrateWithoutAReason", "calibrate",
     [](v1::Command& c) {
         c.set_device("d");
         c.clear_reason();
     },
     false, v1::OUTCOME_REFUSED, "does not say why"},
    {"Drill", "drill", kAsItIs, false, v1::OUTCOME_NOT_BUILT, ""},
    {"ReadOfNothing", "read", kAsItIs, false, v1::OUTCOME_REFUSED, "no device"},
    {"ResendForNobody", "resend", kAsItIs, false, v1::OUTCOME_REFUSED, "consumer"},
    {"ResendUpsideDown", "resend",
     [](v1::Command& c) {
         c.set_consumer("db");
         c.add_ranges()->set_epoch(1);
         c.mutable_ranges(0)->set_stream(v1::STREAM_EVENT);
         c.mutable_ranges(0)->add_ranges()->set_first(5);
     },
     false, v1::OUTCOME_REFUSED, "first <= last"},
    {"ResendOfNoStream", "resend",
     [](v1::Command& c) {
         c.set_consumer("db");
         c.add_except_ranges()->set_epoch(1);
     },
     false, v1::OUTCOME_REFUSED, "a stream"},
    {"ExpiredRebirth", "rebirth", [](v1::Command& c) { c.mutable_expires()->set_wall_us(kNow - 1); }, false,
     v1::OUTCOME_EXPIRED, "expired"},
    {"Unknown", "format-disk", kAsItIs, false, v1::OUTCOME_REFUSED, "no verb"},
    {"NoVerb", "", kAsItIs, false, v1::OUTCOME_REFUSED, "no verb"},
};
INSTANTIATE_TEST_SUITE_P(Table, Refused, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST_F(CommandsTest, WhatCannotBeReadIsAnsweredWithoutAnId) {
    for (const std::string& payload : {std::string("\xFF\xFF"), std::string("{\"id\":"),
                                       std::string("{\"id\":5x}"), std::string("\x0A\x02\xFF\xFE")}) {
        const CommandReply reply = handle("ack", payload);
        EXPECT_EQ(reply.outcome, v1::OUTCOME_REFUSED);
        EXPECT_EQ(reply.command_id, "");
        EXPECT_NE(reply.message.find("cannot be read"), std::string::npos);
    }
}

TEST_F(CommandsTest, OneThatIsTooLongIsToldSoWithItsIdAndItsLength) {
    v1::Command huge = command();
    huge.set_reason(std::string(kCommandBytes, 'x'));
    const CommandReply reply = handle("ack", huge.SerializeAsString());
    EXPECT_EQ(reply.outcome, v1::OUTCOME_REFUSED);
    EXPECT_EQ(reply.command_id, huge.id());
    EXPECT_NE(reply.message.find("too long"), std::string::npos) << reply.message;
    EXPECT_NE(reply.message.find(std::to_string(kCommandBytes)), std::string::npos) << reply.message;
    for (const std::size_t length : {kCommandBytes + 1, kCommandReadBytes + 1}) {
        const CommandReply garbage = handle("ack", std::string(length, '\xFF'));
        EXPECT_EQ(garbage.command_id, "");
        EXPECT_NE(garbage.message.find("too long"), std::string::npos) << garbage.message;
    }
    EXPECT_EQ(handle(command()).outcome, v1::OUTCOME_DONE) << "it was not remembered";
}

TEST_F(CommandsTest, ARetainedOneIsNotRemembered) {
    handle("ack", command().SerializeAsString(), true);
    EXPECT_EQ(handle(command()).outcome, v1::OUTCOME_DONE);
}

TEST_F(CommandsTest, WhileTheClockIsUnknownAgeIsNotJudged) {
    v1::Command late = command();
    late.mutable_expires()->set_wall_us(1);
    now.wall.reset();
    EXPECT_EQ(handle(late).outcome, v1::OUTCOME_DONE);
}

TEST_F(CommandsTest, WhatIsAskedOfTheFeedIsReadWhole) {
    v1::Command wanted = command();
    wanted.set_consumer("governance-db");
    v1::ConfirmedRanges& of = *wanted.add_ranges();
    of.set_epoch(7);
    of.set_stream(v1::STREAM_TELEMETRY);
    of.add_ranges()->set_first(3);
    of.mutable_ranges(0)->set_last(9);
    wanted.add_except_ranges()->set_epoch(8);
    wanted.mutable_except_ranges(0)->set_stream(v1::STREAM_EVENT);
    answer = {v1::OUTCOME_DONE, "", 0, "", {}, {{Epoch{7}, Stream::kTelemetry, {{3, 4}}}}};
    EXPECT_EQ(handle(wanted, "resend").missing.at(0).ranges.at(0), (store::SequenceRange{3, 4}));
    const PlatformCommand& seen = carried_out.at(0);
    EXPECT_EQ(seen.verb, Verb::kResend);
    EXPECT_EQ(seen.consumer, "governance-db");
    EXPECT_EQ(seen.ranges, (std::vector<store::StreamRanges>{{Epoch{7}, Stream::kTelemetry, {{3, 9}}}}));
    EXPECT_EQ(seen.except, (std::vector<store::StreamRanges>{{Epoch{8}, Stream::kEvent, {}}}));
    v1::Command hash = command("c-2");
    hash.set_catalogue_hash("00112233445566ff");
    handle(hash, "rebirth");
    EXPECT_EQ(carried_out.at(1).catalogue_hash, "00112233445566ff");
}

TEST_F(CommandsTest, AnAnswerMayComeLaterAndComesOnce) {
    later = true;
    v1::Command read = command();
    read.set_device("relay");
    EXPECT_EQ(handle(read, "read").outcome, -1);
    EXPECT_EQ(handle(read, "read").outcome, -1);  // again, while it is being read
    ASSERT_EQ(waiting.size(), 1U);
    answer.readings = {{.point = "current", .unit = "mA", .value = 30}};
    waiting[0](answer);
    waiting[0](answer);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].reply.readings.at(0).point, "current");
    EXPECT_EQ(answers[0].how, Answered::How::kCarriedOut);
    EXPECT_EQ(handle(read, "read").outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(answers[1].how, Answered::How::kRepeated);
    EXPECT_TRUE(answers[1].reply.readings.empty()) << "of a moment that is over";
}

TEST_F(CommandsTest, AnswersThatComeAfterTheEndAreNobodys) {
    later = true;
    v1::Command read = command();
    read.set_device("relay");
    handle(read, "read");
    owned.reset();
    waiting.at(0)(answer);
    EXPECT_TRUE(answers.empty());
}

TEST_F(CommandsTest, NotMoreAtATimeThanItCanCarry) {
    later = true;
    v1::Command read = command();
    read.set_device("relay");
    for (std::size_t i = 0; i < Commands::kMostUnderWay; ++i) {
        read.set_id("r-" + std::to_string(i));
        EXPECT_EQ(handle(read, "read").outcome, -1);
    }
    read.set_id("one too many");
    EXPECT_EQ(handle(read, "read").outcome, v1::OUTCOME_REFUSED);
}

TEST_F(CommandsTest, WhatWasAnsweredIsKnownAfterARestartUntilItExpires) {
    handle(command("1"));
    v1::Command soon = command("2");
    soon.mutable_expires()->set_wall_us(kNow + 1);
    handle(soon, "no-such-verb");
    const auto now_us = [](std::int64_t us) { return Wall(std::chrono::microseconds(us)); };
    EXPECT_EQ(commands.memory(now_us(kNow + 2)).size(), 1U);
    EXPECT_EQ(commands.memory(std::nullopt).size(), 2U) << "without a clock nothing has expired";
    const std::vector<AnsweredCommand> memory = commands.memory(now_us(kNow));
    ASSERT_EQ(memory.size(), 2U);
    const std::unique_ptr<Commands> next = make();
    next->restore(memory);
    next->restore({{"no reply at all", 1}});
    std::vector<Answered> again;
    next->handle("ack", command("1").SerializeAsString(), false, now,
                 [&](const Answered& answered) { again.push_back(answered); });
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].reply.outcome, v1::OUTCOME_DONE);
    EXPECT_EQ(again[0].reply.revision, 8U);
    EXPECT_EQ(again[0].reply.at, now);
    EXPECT_EQ(again[0].how, Answered::How::kRepeated);
    EXPECT_EQ(carried_out.size(), 1U);
}

TEST(Confirmations, AreReadInBothEncodings) {
    v1::Confirm confirm;
    confirm.set_consumer("governance-db");
    v1::ConfirmedRanges& of = *confirm.add_ranges();
    of.set_epoch(7);
    of.set_stream(v1::STREAM_TELEMETRY);
    of.add_ranges()->set_first(1);
    of.mutable_ranges(0)->set_last(9);
    std::string json;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(confirm, &json).ok());
    for (const std::string& payload : {confirm.SerializeAsString(), json}) {
        const std::vector<Confirmation> read = read_confirmations(payload);
        ASSERT_EQ(read.size(), 1U);
        EXPECT_EQ(read[0].consumer, "governance-db");
        EXPECT_EQ(read[0].epoch, Epoch{7});
        EXPECT_EQ(read[0].stream, Stream::kTelemetry);
        EXPECT_EQ(read[0].ranges, (std::vector<store::SequenceRange>{{1, 9}}));
    }
}

TEST(Confirmations, NonsenseConfirmsNothing) {
    v1::Confirm confirm;
    confirm.set_consumer("broker");  // ours
    confirm.add_ranges()->set_epoch(7);
    confirm.mutable_ranges(0)->set_stream(v1::STREAM_EVENT);
    confirm.mutable_ranges(0)->add_ranges()->set_first(1);
    confirm.mutable_ranges(0)->mutable_ranges(0)->set_last(1);
    EXPECT_TRUE(read_confirmations(confirm.SerializeAsString()).empty());
    confirm.set_consumer("db");
    EXPECT_EQ(read_confirmations(confirm.SerializeAsString()).size(), 1U);
    confirm.mutable_ranges(0)->set_stream(static_cast<v1::Stream>(9));
    EXPECT_TRUE(read_confirmations(confirm.SerializeAsString()).empty());
    confirm.mutable_ranges(0)->set_stream(v1::STREAM_EVENT);
    confirm.mutable_ranges(0)->mutable_ranges(0)->set_first(2);  // after its last
    EXPECT_TRUE(read_confirmations(confirm.SerializeAsString()).empty());
    EXPECT_TRUE(read_confirmations("\xFF").empty());
    EXPECT_TRUE(read_confirmations("{").empty());
    EXPECT_TRUE(read_confirmations("").empty());
}

}  // namespace
}  // namespace gengfu::publish
