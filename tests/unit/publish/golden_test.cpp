// Golden files of every message (tests/golden/wire): what this release writes, and what every later release
// must still read. After a change that is meant, run `publish_test --gtest_filter='Golden*'` with
// GENGFU_ACCEPT_GOLDEN=1 and look at the difference; a file that was part of a release is never changed, a
// new one is added beside it.
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "daemon/publish/catalogue.hpp"
#include "daemon/publish/command_codec.hpp"
#include "daemon/publish/encoder.hpp"
#include "gengfu/store/v1/book.pb.h"
#include "gengfu/v1/feed.pb.h"
#include "tests/support/fake_clock.hpp"
#include "tests/support/site_builder.hpp"
#include "tests/unit/publish/support.hpp"

namespace gengfu::publish {
namespace {

namespace v1 = gengfu::v1;

std::string path(const std::string& name) {
    return std::string(GENGFU_SOURCE_DIR) + "/tests/golden/wire/" + name;
}

std::string read(const std::string& name) {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool accepting() {
    return std::getenv("GENGFU_ACCEPT_GOLDEN") != nullptr;
}

void expect_golden(const std::string& name, const std::string& bytes) {
    if (accepting()) {
        std::ofstream(path(name), std::ios::binary) << bytes;
    }
    EXPECT_EQ(read(name), bytes) << name << " is not what is written now";
}

class Golden : public testing::TestWithParam<config::Encoding> {
protected:
    Golden() {
        const DeviceId device = builder.device("manhole-017", {"gravity_z", "moving", "firmware"});
        gravity = builder.point(device, "gravity_z");
        moving = builder.point(device, "moving");
        firmware = builder.point(device, "firmware");
        builder.spec(gravity).scale = 0.1;
        builder.spec(gravity).role = "gravity_z";
        builder.spec(moving).type = config::Type::kBit;
        builder.spec(moving).enumeration = {{1, "moving"}};
        builder.spec(firmware).type = config::Type::kString;
        builder.site().devices[0].component = full_alarm().component;
        builder.site().parties = full_alarm().parties;
        extend(aliases, builder.site());
        catalogue = build_catalogue(builder.site(), aliases, GetParam());
    }

    bool json() const { return GetParam() == config::Encoding::kJson; }
    // One file for each message and encoding; the binary ones also must read as the text beside them.
    void check(const std::string& name, const std::string& bytes, google::protobuf::Message&& empty) {
        if (json()) {
            expect_golden(name + ".json", bytes);
            return;
        }
        expect_golden(name + ".binpb", bytes);
        ASSERT_TRUE(empty.ParseFromString(read(name + ".binpb")));
        std::string text;
        google::protobuf::TextFormat::Printer printer;
        printer.SetUseUtf8StringEscaping(true);
        ASSERT_TRUE(printer.PrintToString(empty, &text));
        expect_golden(name + ".txtpb", text);
    }
    void check_record(const std::string& name, const store::Record& record) {
        check(name, envelope(record, Volatile::kNo, Resent::kNo), v1::Envelope());
    }

    test::SiteBuilder builder;
    PointId gravity, moving, firmware;
    Aliases aliases;
    Catalogue catalogue;
    test::FakeClock clock;
    publish::Run run{.gateway = "gw-north-01",
                     .epoch = kEpoch,
                     .start = 12,
                     .software = "gengfu 0.1.0",
                     .configuration_hash = "00112233445566ff"};
    Encoder encoder{run, GetParam(), clock};
};

TEST_P(Golden, Transition) {
    check_record("transition", encoder.transition(7, transition(7, full_alarm())));
}

TEST_P(Golden, TransitionWithSamples) {
    alarms::Transition changed = transition(9, full_alarm(9));
    changed.around = {
        {"", -1'000'000, 119.5, Quality::kGood, Reason::kNone},
        {"gravity_x", -500'000, std::numeric_limits<double>::quiet_NaN(), Quality::kBad, Reason::kTimeout},
        {"", 0, 320, Quality::kUncertain, Reason::kJump}};
    check_record("transition-with-samples", encoder.transition(9, changed));
    EXPECT_EQ(encoder.alarm(changed.alarm), encoder.alarm(full_alarm(9)));  // the retained one has none
}

TEST_P(Golden, VolatileTransition) {
    const store::Record record = encoder.transition(8, transition(8, full_alarm(8)));
    check("transition-volatile-resent", envelope(record, Volatile::kYes, Resent::kYes), v1::Envelope());
}

TEST_P(Golden, Alarm) {
    check("alarm", encoder.alarm(full_alarm()), v1::Alarm());
}

TEST_P(Golden, Catalogue) {
    ASSERT_EQ(catalogue.parts.size(), 1U);
    check_record("catalogue-record", encoder.catalogue(9, catalogue.parts[0]));
    check("catalogue-part", encoder.catalogue_part(catalogue.parts[0]), v1::Envelope());
}

TEST_P(Golden, Batch) {
    BatchEncoder samples(point_codings(builder.site(), aliases));
    samples.add(test::good(gravity, 98 * 0.1, clock.now()));
    samples.add(test::good(moving, 1, clock.now()));
    Sample text = test::good(firmware, 0, clock.now());
    text.text = "V1.07";
    samples.add(text);
    clock.advance(std::chrono::seconds(1));
    samples.add(test::uncertain(gravity, 97.25, clock.now()));
    samples.add(test::bad(moving, Reason::kTimeout, clock.now()));
    samples.add(test::good(gravity, 1.0 / 3, clock.now()));
    check_record("batch", encoder.batch(41, catalogue.hash, samples));
}

TEST_P(Golden, BirthStateReply) {
    const alarms::Alarm standing = full_alarm();
    check("birth", encoder.birth({&standing}, 9, catalogue.hash, catalogue.parts.size()), v1::Envelope());
    v1::State filled;
    v1::BusState& bus = *filled.add_buses();
    bus.set_name("rs485-1");
    bus.set_open(true);
    bus.set_devices_online(16);
    bus.set_requests(100);
    bus.set_answers(99);
    bus.set_timeouts(1);
    bus.set_load(0.25);
    store::Usage usage;
    usage.events_pending = 2;
    usage.telemetry_pending = 3;
    usage.records_abandoned = 4;
    check("state-online", encoder.online(filled.SerializeAsString(), usage), v1::Envelope());
    check("state-offline", encoder.offline(), v1::Envelope());
    check("reply",
          encoder.reply({.command_id = "c-1",
                         .verb = "ack",
                         .outcome = v1::OUTCOME_STALE,
                         .message = "raised again since",
                         .alarm_id = "9f3c00000000000e-7",
                         .revision = 6,
                         .at = full_alarm().raised}),
          v1::Envelope());
}

TEST_P(Golden, AuditAndClockFix) {
    check_record(
        "audit",
        encoder.audit(
            10, alarms::Audit{.what = "command-read",
                              .actor = {alarms::ActorKind::kPlatform, "platform", "Li Wei", "is it true?"},
                              .text = {"平台指令 read c-1: DONE", "command read c-1: DONE"}}));
    check_record("clock-fix", encoder.clock_fix(11, {(12U << 16U) + 1, 1'795'000'000'000'000, 1500}));
}

TEST_P(Golden, ReplyWithReadingsAndWhatIsMissing) {
    CommandReply reply{
        .command_id = "c-2", .verb = "read", .outcome = v1::OUTCOME_DONE, .at = full_alarm().raised};
    reply.readings = {{"gravity_z", "g", 0.98, "", Quality::kGood, Reason::kNone, full_alarm().raised},
                      {"firmware", "", 0, "V1.07", Quality::kBad, Reason::kTimeout, full_alarm().raised}};
    reply.missing = {{kEpoch, Stream::kTelemetry, {{1, 4}, {9, 9}}}};
    check("reply-readings", encoder.reply(reply), v1::Envelope());
}

INSTANTIATE_TEST_SUITE_P(Encodings, Golden,
                         testing::Values(config::Encoding::kProtobuf, config::Encoding::kJson),
                         [](const auto& test) {
                             return test.param == config::Encoding::kJson ? "Json" : "Protobuf";
                         });

TEST_P(Golden, Abandoned) {
    check_record("abandoned", encoder.abandoned(13, {kEpoch, Stream::kTelemetry, {3, 9}, store::kOverLimit}));
}

// A message that somebody adds to the schema has to get its files.
TEST(GoldenFiles, HaveEveryContentThatTheSchemaKnows) {
    std::set<std::string> missing;
    for (const google::protobuf::Descriptor* message :
         {v1::Envelope::descriptor(), v1::Record::descriptor()}) {
        const google::protobuf::OneofDescriptor* content = message->FindOneofByName("content");
        ASSERT_NE(content, nullptr);
        for (int i = 0; i < content->field_count(); ++i) {
            missing.insert(content->field(i)->full_name());
        }
    }
    for (const auto& file : std::filesystem::directory_iterator(path(""))) {
        v1::Envelope envelope;
        google::protobuf::TextFormat::Parser parser;
        if (file.path().extension() != ".txtpb" ||
            !parser.ParseFromString(read(file.path().filename()), &envelope)) {
            continue;  // the other messages are no envelopes
        }
        ASSERT_TRUE(envelope.ParseFromString(read(file.path().stem().string() + ".binpb"))) << file.path();
        std::vector<const google::protobuf::FieldDescriptor*> set;
        envelope.GetReflection()->ListFields(envelope, &set);
        if (envelope.has_record()) {
            std::vector<const google::protobuf::FieldDescriptor*> of_record;
            envelope.record().GetReflection()->ListFields(envelope.record(), &of_record);
            set.insert(set.end(), of_record.begin(), of_record.end());
        }
        for (const google::protobuf::FieldDescriptor* field : set) {
            missing.erase(field->full_name());
        }
    }
    EXPECT_EQ(missing, std::set<std::string>()) << "no golden file has it";
}

// What the platform sends is read from files, never written by us.
TEST(GoldenFromThePlatform, CommandAndConfirmAreRead) {
    if (accepting()) {
        v1::Command command;
        command.set_id("c-1");
        command.mutable_issued()->set_wall_us(1'800'000'000'000'000);
        command.mutable_expires()->set_wall_us(1'800'000'060'000'000);
        command.set_alarm_id("9f3c00000000000e-7");
        command.set_revision(5);
        command.set_on_behalf_of("Li Wei");
        command.set_reason("on my way");
        std::ofstream(path("command.binpb"), std::ios::binary) << command.SerializeAsString();
        v1::Confirm confirm;
        confirm.set_consumer("governance-db");
        v1::ConfirmedRanges& of = *confirm.add_ranges();
        of.set_epoch(kEpoch.value);
        of.set_stream(v1::STREAM_EVENT);
        of.add_ranges()->set_first(1);
        of.mutable_ranges(0)->set_last(7);
        std::ofstream(path("confirm.binpb"), std::ios::binary) << confirm.SerializeAsString();
    }
    const std::string command = read("command.binpb");
    ASSERT_FALSE(command.empty());
    PlatformCommand seen;
    Commands commands([&](const PlatformCommand& one, const Commands::Done& done) {
        seen = one;
        done({v1::OUTCOME_DONE, "", 6});
    });
    const alarms::Stamp now{{}, 0, Wall(std::chrono::microseconds(1'800'000'000'000'000))};
    commands.handle("ack", command, false, now,
                    [](const Answered& answered) { EXPECT_EQ(answered.reply.outcome, v1::OUTCOME_DONE); });
    EXPECT_EQ(seen.on_behalf_of, "Li Wei");
    EXPECT_EQ(seen.revision, 5U);
    v1::Confirm confirm;
    ASSERT_TRUE(confirm.ParseFromString(read("confirm.binpb")));
    EXPECT_EQ(confirm.ranges(0).ranges(0).last(), 7U);
}

TEST(GoldenFromThePlatform, RebirthAndResendAreRead) {
    if (accepting()) {
        v1::Command rebirth;
        rebirth.set_id("c-3");
        rebirth.mutable_expires()->set_wall_us(1'800'000'060'000'000);
        rebirth.set_catalogue_hash("0123456789abcdef");
        std::ofstream(path("command-rebirth.binpb"), std::ios::binary) << rebirth.SerializeAsString();
        v1::Command resend;
        resend.set_id("c-4");
        resend.mutable_expires()->set_wall_us(1'800'000'060'000'000);
        resend.set_consumer("governance-db");
        v1::ConfirmedRanges& has = *resend.add_except_ranges();
        has.set_epoch(kEpoch.value);
        has.set_stream(v1::STREAM_TELEMETRY);
        has.add_ranges()->set_first(1);
        has.mutable_ranges(0)->set_last(9);
        resend.add_ranges()->set_epoch(kEpoch.value);
        resend.mutable_ranges(0)->set_stream(v1::STREAM_TELEMETRY);
        std::ofstream(path("command-resend.binpb"), std::ios::binary) << resend.SerializeAsString();
    }
    std::vector<PlatformCommand> seen;
    Commands commands([&](const PlatformCommand& one, const Commands::Done& done) {
        seen.push_back(one);
        done({v1::OUTCOME_DONE, "", 0});
    });
    const alarms::Stamp now{{}, 0, Wall(std::chrono::microseconds(1'800'000'000'000'000))};
    commands.handle("rebirth", read("command-rebirth.binpb"), false, now, [](const Answered&) {});
    commands.handle("resend", read("command-resend.binpb"), false, now, [](const Answered&) {});
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].catalogue_hash, "0123456789abcdef");
    EXPECT_EQ(seen[1].consumer, "governance-db");
    EXPECT_EQ(seen[1].except.at(0).ranges.at(0), (store::SequenceRange{1, 9}));
    EXPECT_TRUE(seen[1].ranges.at(0).ranges.empty());
}

TEST(GoldenBook, WithCommandsAndAnUndatedBootIsWrittenAsItWasAndReadBack) {
    Book book;
    book.commands = {{encode_reply({.command_id = "c-1",
                                    .verb = "ack",
                                    .outcome = v1::OUTCOME_DONE,
                                    .revision = 6,
                                    .at = full_alarm().raised}),
                      1'800'000'060'000'000}};
    book.undated_boot = full_alarm().raised.boot;
    expect_golden("book-commands.binpb", encode_book(book));
    const Result<Book> back = decode_book(read("book-commands.binpb"));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->commands, book.commands);
    EXPECT_EQ(back->undated_boot, book.undated_boot);
}

TEST(GoldenBook, WithSilentConsumersIsWrittenAsItWasAndReadBack) {
    Book book;
    book.silences = {{"city", std::chrono::hours(23)}, {"works", std::chrono::minutes(10)}};
    expect_golden("book-silences.binpb", encode_book(book));
    const Result<Book> back = decode_book(read("book-silences.binpb"));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->silences, book.silences);
}

TEST(GoldenBook, IsWrittenAsItWasAndReadBack) {
    Book book;
    book.alarms = {full_alarm()};
    book.memory = {
        {.device = "manhole-017", .point = "gravity_z", .rule = "cover-moved", .active = true, .level = 1}};
    book.aliases = {{"manhole-017/gravity_z", 1}};
    book.catalogue_hash = "0123456789abcdef";
    expect_golden("book.binpb", encode_book(book));
    expect_golden("stored-alarm.binpb", encode_alarm(full_alarm()));
    const Result<Book> back = decode_book(read("book.binpb"));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->alarms.at(0).key.rule, "cover-moved");
    EXPECT_EQ(back->aliases.at("manhole-017/gravity_z"), 1U);
    EXPECT_TRUE(decode_alarm(read("stored-alarm.binpb")));
}

}  // namespace
}  // namespace gengfu::publish
