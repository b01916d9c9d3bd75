#include "daemon/control/desk.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/control/alarm_json.hpp"
#include "daemon/control/line_desk.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::control {
namespace {

using nlohmann::json;

constexpr Epoch kEpoch{0x84650000000000ab};

/// A desk over two standing alarms, 1 and 2.
class DeskTest : public testing::Test {
protected:
    DeskTest() {
        const DeviceId panel = builder_.device("panel", {"residual_current"});
        const PointId point = builder_.point(panel, "residual_current");
        for (const char* const name : {"leakage", "leakage-high"}) {
            builder_.rule(point, name, config::RuleKind::kAbove).levels = {test::level(300)};
        }
        table_ = std::make_unique<alarms::Table>(kEpoch, builder_.site());
        for (std::uint32_t rule = 0; rule < 2; ++rule) {
            rules::Verdict verdict;
            verdict.rule = RuleId{rule};
            verdict.change = rules::Change::kRaised;
            verdict.severity = Severity::kMajor;
            verdict.sample = test::good(point, 320, test::at(1));
            table_->apply(verdict, {}, rule + 1);
        }
        daemon_.site = &builder_.site();
        daemon_.alarms = [this]() -> const alarms::Table& { return *table_; };
        daemon_.change = [this](const alarms::Wish& wish,
                                const std::function<void(const alarms::Outcome&)>& done) {
            wish_ = wish;
            done(alarms::carry_out(*table_, wish, now_, 7));
        };
        daemon_.service = [this](const alarms::ServiceWish& wish, const std::function<void()>& done) {
            service_ = wish;
            std::string mistake = alarms::mistake_in(wish, builder_.site(), now_);
            if (mistake.empty()) {
                done();
            }
            return mistake;
        };
    }

    json ask(const std::string& line) {
        json got;
        answer(daemon_, line, {"li"}, [&](const std::string& reply) { got = json::parse(reply); });
        return got;
    }
    std::string error(const std::string& line) { return ask(line).value("error", "no error"); }

    test::SiteBuilder builder_;
    std::unique_ptr<alarms::Table> table_;
    Daemon daemon_;
    alarms::Wish wish_;
    alarms::ServiceWish service_;
    alarms::Stamp now_{.wall = Wall{std::chrono::seconds(1'800'000'000)}};
};

TEST_F(DeskTest, TakesTheNumberOfAnAlarmAndUpperCase) {
    EXPECT_EQ(ask(R"({"verb":"ack","id":"2","why":"seen"})")["answer"], "done");
    EXPECT_EQ(ask(R"({"verb":"ack","id":"84650000000000AB-2","why":"seen"})")["answer"], "already");
}

TEST_F(DeskTest, NamesTheAlarmsThatABeginningMayMean) {
    EXPECT_EQ(error(R"({"verb":"ack","id":"8465","why":"seen"})"),
              "\"8465\" may mean 2 alarms: 84650000000000ab-1, 84650000000000ab-2; give more of the id");
}

TEST_F(DeskTest, WantsAReason) {
    for (const char* const why :
         {R"(,"why":"")", R"(,"why":" \n ")", R"(,"why":5)", R"(,"why":"\u0085\u202e")", ""}) {
        EXPECT_NE(error(std::string(R"({"verb":"ack","id":"1")") + why + "}").find("say why"),
                  std::string::npos)
            << why;
    }
    EXPECT_FALSE(table_->standing()[0]->acknowledged);
}

TEST_F(DeskTest, RecordsAReasonOfOnePlainLine) {
    ask("{\"verb\":\"ack\",\"id\":\"1\",\"why\":\"x\\u001b[31m\\u009b\\u202ey\\nz\"}");
    EXPECT_EQ(wish_.actor.reason, "x [31m  y z");
    EXPECT_EQ(wish_.actor.name, "li");
}

TEST_F(DeskTest, RefusesWhatIsNoRevision) {
    for (const char* const revision :
         {"-1", "0", "1e300", "1.5", "\"1\"", "null", "[1]", "99999999999999999999"}) {
        EXPECT_NE(error(std::string(R"({"verb":"ack","id":"1","why":"x","revision":)") + revision + "}")
                      .find("revision must be a whole number"),
                  std::string::npos)
            << revision;
    }
    EXPECT_FALSE(table_->standing()[0]->acknowledged);
}

TEST_F(DeskTest, SaysThatARevisionNeverWas) {
    const json answer = ask(R"({"verb":"ack","id":"1","why":"x","revision":99})");
    EXPECT_EQ(answer["answer"], "stale");
    EXPECT_EQ(answer["message"], "the alarm never had revision 99: it is at revision 1");
}

TEST_F(DeskTest, TellsNonsenseFromWhatIsNotBuiltYet) {
    EXPECT_EQ(error(R"({"verb":"watch"})"), "\"watch\" is not built in this release");
    EXPECT_EQ(error(R"({"verb":"statsu"})"), "unknown verb \"statsu\"; did you mean \"status\"?");
    EXPECT_EQ(error(R"({"verb":"garbage"})"), "unknown verb \"garbage\"");
    for (const char* const line : {R"({"verb":5})", "{}", R"({"verb":null})"}) {
        EXPECT_NE(error(line).find("unknown verb"), std::string::npos) << line;
        EXPECT_EQ(error(line).find("not built"), std::string::npos) << line;
    }
}

TEST_F(DeskTest, ShelvesForAsLongAsIsSaid) {
    EXPECT_EQ(ask(R"({"verb":"shelve","id":"1","for":"2h","why":"known"})")["answer"], "done");
    EXPECT_EQ(wish_.lasts, std::chrono::hours(2));
    const json listed = ask(R"({"verb":"alarms"})")["alarms"][0];
    EXPECT_EQ(listed["shelved"]["by"], "li");
    EXPECT_EQ(listed["shelved"]["why"], "known");
    EXPECT_EQ(listed["shelved"]["until"], "2027-01-15T10:00:00.000Z");
    EXPECT_EQ(ask(R"({"verb":"unshelve","id":"1","why":"done"})")["answer"], "done");
    EXPECT_EQ(ask(R"({"verb":"unshelve","id":"1","why":"done"})")["answer"], "already");
}

TEST_F(DeskTest, WantsToKnowForHowLong) {
    EXPECT_EQ(error(R"({"verb":"shelve","id":"1","why":"x"})"), "for how long? for example \"2h\"");
    EXPECT_NE(
        error(R"({"verb":"shelve","id":"1","why":"x","for":"2 hours"})").find("\"for\" must be a duration"),
        std::string::npos);
    const json answer = ask(R"({"verb":"shelve","id":"1","why":"x","for":"2d"})");
    EXPECT_EQ(answer["answer"], "refused");
    EXPECT_EQ(answer["message"], "an alarm can be shelved for 10 s to 24 h");
    EXPECT_EQ(error(R"({"verb":"handling","id":"1","why":"x","for":"0s"})"),
              "\"for\" must be above 0; left out, the note stays until the alarm is over");
    EXPECT_EQ(ask(R"({"verb":"handling","id":"1","why":"Wang goes"})")["answer"], "done");
    EXPECT_EQ(wish_.lasts, Duration::zero());
}

TEST_F(DeskTest, WithTheClockUnknownNothingIsShelved) {
    now_.wall.reset();
    EXPECT_EQ(ask(R"({"verb":"shelve","id":"1","for":"2h","why":"x"})")["answer"], "refused");
    EXPECT_NE(
        error(R"({"verb":"out-of-service","device":"panel","for":"2h","why":"x"})").find("clock is unknown"),
        std::string::npos);
    EXPECT_EQ(ask(R"({"verb":"ack","id":"1","why":"x"})")["answer"], "done");
}

TEST_F(DeskTest, TakesADeviceOutOfService) {
    EXPECT_EQ(ask(R"({"verb":"out-of-service","device":"panel","for":"4h","why":"new relay"})")["answer"],
              "done");
    EXPECT_EQ(service_.lasts, Duration(std::chrono::hours(4)));
    EXPECT_EQ(service_.actor.reason, "new relay");
    EXPECT_EQ(error(R"({"verb":"out-of-service","device":"panle","for":"4h","why":"x"})"),
              "no device is named \"panle\"; did you mean \"panel\"?");
    EXPECT_NE(error(R"({"verb":"out-of-service","device":"panel","for":"8d","why":"x"})").find("10 s to 7 d"),
              std::string::npos);
    EXPECT_EQ(ask(R"({"verb":"return","device":"panel","why":"done"})")["answer"], "done");
    EXPECT_FALSE(service_.lasts);
}

TEST_F(DeskTest, KnowsWhichDeviceWasMeant) {
    EXPECT_EQ(error(R"({"verb":"read","device":"panle"})"),
              "no device is named \"panle\"; did you mean \"panel\"?");
}

/// One bad sample of the panel's point, as `gengfu read` is told it.
json told(const config::Site& site, Reason reason, std::uint8_t exception, const std::string& trouble) {
    Sample sample;
    sample.reason = reason;
    sample.exception = exception;
    return to_json(site, {sample}, trouble).at(0);
}

TEST_F(DeskTest, SaysWhatIsBehindABadSample) {
    const config::Site& site = builder_.site();
    EXPECT_EQ(told(site, Reason::kException, 2, "")["detail"], "exception 02: illegal data address");
    EXPECT_EQ(told(site, Reason::kException, 0x55, "")["detail"], "exception 85");
    EXPECT_FALSE(told(site, Reason::kException, 0, "").contains("detail"));
    EXPECT_EQ(told(site, Reason::kLine, 0, "port /dev/ttyS1 is missing")["detail"],
              "line: port /dev/ttyS1 is missing");
    EXPECT_FALSE(told(site, Reason::kLine, 0, "").contains("detail"));
    EXPECT_EQ(told(site, Reason::kTimeout, 0, "")["detail"], "time-out: unit 1 did not answer in 500 ms");
    EXPECT_EQ(told(site, Reason::kTimeout, 11, "")["detail"],
              "time-out: unit 1: exception 11: gateway target did not answer, says a gateway before it");
    EXPECT_FALSE(told(site, Reason::kSentinel, 0, "").contains("detail"));
    Sample other;
    other.reason = Reason::kCrc;
    EXPECT_EQ(to_json(site, {other}, "", "answers with function 4 where 3 was asked for").at(0)["detail"],
              "crc: unit 1: answers with function 4 where 3 was asked for");
}

/// A desk whose one bus is lent and tapped by hand, at a time that the test sets.
class LineDeskTest : public DeskTest {
protected:
    LineDeskTest() {
        daemon_.lines = std::make_shared<LineDesk>();
        daemon_.now = [this] { return Moment{now_, std::nullopt}; };
        daemon_.post = [](const std::function<void()>& what) { what(); };
        daemon_.lend = [this](BusId, Duration time, const std::string& whom,
                              const std::function<void()>& done) {
            lent_ = time;
            whom_ = whom;
            done();
            return Result<void>();
        };
        daemon_.tap = [this](BusId, drivers::Tap tap) {
            ++taps_;
            tap_ = std::move(tap);
            return Result<void>();
        };
        bus_ = builder_.site().buses.at(0).name;
    }

    json borrow(const char* verb) { return ask(json{{"verb", verb}, {"bus", bus_}}.dump()); }
    json trace(std::optional<std::uint64_t> after) {
        json request{{"verb", "trace"}, {"bus", bus_}};
        if (after) {
            request["after"] = *after;
        }
        return ask(request.dump());
    }
    bool send(std::vector<std::uint8_t> bytes) { return tap_(drivers::Direction::kSent, bytes, now_); }

    std::string bus_, whom_;
    Monotonic now_ = test::at(1000);
    Duration lent_{-1};
    drivers::Tap tap_;
    int taps_ = 0;
};

TEST_F(LineDeskTest, LendsALineForALittleWhileAtATimeAndNotForEver) {
    EXPECT_EQ(borrow("borrow")["lent_seconds"], 10);
    EXPECT_EQ(lent_, kLoan);
    EXPECT_EQ(whom_, "a tool of li");
    const Monotonic began = now_;
    while (now_ - began <= kLongestLoan) {
        ASSERT_FALSE(borrow("borrow").contains("error"));
        now_ += std::chrono::seconds(5);
    }
    EXPECT_NE(borrow("borrow").value("error", "").find("watched again"), std::string::npos);
    now_ += kLoan + std::chrono::seconds(1);
    EXPECT_FALSE(borrow("borrow").contains("error")) << "after a pause it may be lent again";
}

TEST_F(LineDeskTest, ALineGivenBackMayBeLentAnew) {
    borrow("borrow");
    EXPECT_EQ(borrow("give-back")["lent_seconds"], 0);
    EXPECT_EQ(lent_, Duration::zero());
    EXPECT_EQ(error(R"({"verb":"borrow","bus":"nowhere"})").rfind("no bus is named", 0), 0U);
}

TEST_F(LineDeskTest, ATraceTellsEachPieceOnceAndWhatWasLost) {
    EXPECT_EQ(trace({})["pieces"].size(), 0U);
    EXPECT_TRUE(send({0x01, 0xAB}));
    EXPECT_TRUE(send({0x02}));
    const json two = trace(0);
    ASSERT_EQ(two["pieces"].size(), 2U);
    EXPECT_EQ(two["pieces"][0]["bytes"], "01AB");
    EXPECT_EQ(two["pieces"][0]["direction"], ">");
    EXPECT_EQ(two["last"], 2);
    EXPECT_EQ(trace(2)["pieces"].size(), 0U);
    for (std::size_t i = 0; i < kTracePieces + 5; ++i) {
        send({0x03});
    }
    const json many = trace(2);
    EXPECT_EQ(many["pieces"].size(), kTracePieces);
    EXPECT_EQ(many["lost"], 5);
    EXPECT_EQ(taps_, 1);
}

TEST_F(LineDeskTest, ATapThatNobodyAsksForEndsAndCanBeginAnew) {
    trace({});
    now_ += kTraceIdle + std::chrono::seconds(1);
    EXPECT_FALSE(send({0x01}));
    trace({});
    EXPECT_EQ(taps_, 2);
    EXPECT_TRUE(send({0x01}));
}

}  // namespace
}  // namespace gengfu::control
