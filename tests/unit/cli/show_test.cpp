#include "cli/show.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gengfu::cli {
namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

json status() {
    return json::parse(R"j({
        "gateway": "gw-1", "version": "0.1.0", "running_seconds": 93784.5, "start": 3, "clock": "unknown",
        "configuration_trouble": "",
        "alarms": {"standing": 2, "active": 1, "unacknowledged": 2},
        "buses": [{"name": "rs485-1", "open": true, "trouble": "", "load": 0.25, "requests": 12, "answers": 11,
                   "timeouts": 1, "bad_frames": 0, "exceptions": 0, "foreign_frames": 0, "late_frames": 0,
                   "devices": [{"name": "panel", "unit": 7, "class": "cabinet", "health": "online"}]}],
        "store": {"path": "/s", "bytes": 1048576, "size_limit": 2097152, "events_pending": 0,
                  "telemetry_pending": 4, "records_abandoned": 0, "trouble": ""},
        "broker": {"connected": true, "address": "mqtts://b:8883 (MQTT 5)", "trouble": ""}})j");
}

TEST(ShowStatus, TellsTheWholeGateway) {
    EXPECT_EQ(show_status(status()),
              "gw-1  gengfud 0.1.0, running 1 d 02:03:04 (start 3), clock unknown\n"
              "broker  mqtts://b:8883 (MQTT 5)\n"
              "store   /s: 1.0 MiB of 2.0 MiB, waiting: 0 events, 4 telemetry; given up: 0\n"
              "alarms  2 standing, 1 active, 2 unacknowledged\n"
              "\n"
              "bus      state  load  requests  answers  time-outs  crc  exceptions  foreign  late\n"
              "rs485-1  open   25 %  12        11       1          0    0           0        0\n"
              "\n"
              "device  bus      unit  class    health\n"
              "panel   rs485-1  7     cabinet  online\n");
}

TEST(ShowStatus, TellsWhichDeviceCallsNobodyByWhomAndUntilWhen) {
    json s = status();
    s["time_zone"] = "Asia/Shanghai";
    s["clock"] = "2026-11-22T01:45:21.127Z";
    s["buses"][0]["devices"][0]["out_of_service"] = {
        {"by", "li"}, {"on_behalf_of", ""}, {"why", "new relay"}, {"until", "2026-11-27T16:00:00Z"}};
    const std::string shown = show_status(s);
    EXPECT_TRUE(
        has(shown,
            "  panel is out of service and calls nobody: li, until 2026-11-28 00:00:00 +08:00: new relay\n"))
        << shown;
    EXPECT_TRUE(has(shown, "clock 2026-11-22 09:45:21 +08:00\n")) << shown;
}

TEST(ShowStatus, TellsWhichRulesJudgeNothing) {
    json s = status();
    json& panel = s["buses"][0]["devices"][0];
    panel["not_judging"] = json::parse(R"j([
        {"rules": ["high"], "for_want_of": "limit", "message": "rule high judges nothing: no limit"},
        {"rules": ["gone"], "for_want_of": "member", "message": "rule gone judges nothing: who knows"},
        {"rules": ["growing", "unusual"], "for_want_of": "learning", "message": "…"}])j");
    const std::string shown = show_status(s);
    EXPECT_TRUE(has(shown, "  panel: rule high judges nothing: no limit\n")) << shown;
    EXPECT_TRUE(has(shown, "  panel: rule gone judges nothing: who knows\n")) << shown;
    EXPECT_TRUE(has(shown, "  still learning: panel/growing, panel/unusual\n")) << shown;
    panel["health"] = "offline";
    const std::string offline = show_status(s);
    EXPECT_FALSE(has(offline, "no limit")) << offline;
    EXPECT_TRUE(has(offline, "who knows")) << "of a rule over rules of devices that may answer";
    for (int i = 0; i < 30; ++i) {
        panel["not_judging"][2]["rules"].push_back("r" + std::to_string(i));
    }
    EXPECT_TRUE(has(show_status(s), "panel/r17 and 12 more\n")) << show_status(s);
}

TEST(ShowStatus, TellsAtWhichAddressTwoAnswerAndWhatToDo) {
    json s = status();
    EXPECT_FALSE(has(show_status(s), "two answer"));
    s["buses"][0]["unasked_frames"] = 17;
    s["buses"][0]["devices"][0]["two_answer"] = true;
    const std::string shown = show_status(s);
    EXPECT_TRUE(has(shown, "  rs485-1: 17 answers came that nothing had asked for")) << shown;
    EXPECT_TRUE(has(shown, "  panel: two answer at address 7,")) << shown;
    EXPECT_TRUE(has(shown, "see gengfu scan rs485-1, then gengfu address")) << shown;
}

TEST(ShowStatus, TellsWhatCameInPlaceOfAnswersOfADeviceThatIsNotOnline) {
    json s = status();
    s["buses"][0]["devices"][0]["trouble"] = "answers with function 4 where 3 was asked for";
    EXPECT_FALSE(has(show_status(s), "function 4")) << "now and then that is noise";
    s["buses"][0]["devices"][0]["health"] = "offline";
    EXPECT_TRUE(has(show_status(s), "  panel: answers with function 4 where 3 was asked for\n"));
}

TEST(ShowStatus, TellsTheTroubleOfABrokerThatIsConnected) {
    json s = status();
    s["broker"]["trouble"] = "the broker refuses tele: not authorised";
    EXPECT_TRUE(
        has(show_status(s), "broker  mqtts://b:8883 (MQTT 5)  the broker refuses tele: not authorised\n"));
}

TEST(ShowStatus, LeavesNoColonWithNothingBehindIt) {
    json s = status();
    s["broker"] = {{"connected", false}, {"address", ""}, {"trouble", ""}};
    s["buses"][0]["open"] = false;
    const std::string bare = show_status(s);
    EXPECT_TRUE(has(bare, "broker  not connected\n")) << bare;
    EXPECT_FALSE(has(bare, ": \n")) << bare;
    s["broker"]["trouble"] = "connecting for the first time";
    s["buses"][0]["trouble"] = "port /dev/ttyS9 is missing";
    const std::string full = show_status(s);
    EXPECT_TRUE(has(full, "broker  not connected: connecting for the first time\n")) << full;
    EXPECT_TRUE(has(full, "  rs485-1: port /dev/ttyS9 is missing\n")) << full;
    s["broker"]["address"] = "mqtt://b";
    EXPECT_TRUE(has(show_status(s), "broker  not connected: mqtt://b: connecting for the first time\n"));
}

TEST(ShowStatus, TellsTheTroubleOfTheStoreAndTheConfiguration) {
    json s = status();
    s["store"]["trouble"] = "no room on the disk";
    s["configuration_trouble"] = "3 mistakes";
    const std::string text = show_status(s);
    EXPECT_TRUE(has(text, "given up: 0\n        no room on the disk\n")) << text;
    EXPECT_TRUE(has(text, "the last accepted configuration runs: 3 mistakes\n")) << text;
}

TEST(ShowStatus, LetsNothingDriveTheTerminal) {
    json s = status();
    s["store"]["trouble"] = "x\x1b[31m\xC2\x9Bm\xE2\x80\xAEy";
    const std::string text = show_status(s);
    EXPECT_TRUE(has(text, "x [31m m y\n")) << text;
}

json alarm(const std::string& id, const std::string& severity) {
    return {{"id", id},
            {"severity", severity},
            {"active", true},
            {"acknowledged", false},
            {"device", "panel"},
            {"point", "residual_current"},
            {"title", {{"zh", "剩余电流高"}, {"en", "Residual current high"}}},
            {"text", {{"zh", ""}, {"en", "320 mA"}}},
            {"raised", "2026-11-22T01:45:21.127Z"}};
}

TEST(ShowAlarms, TheGravestComesFirstAndAmongEqualsTheOldest) {
    json list =
        by_severity(json::array({alarm("a-1", "minor"), alarm("a-2", "major"), alarm("a-3", "critical"),
                                 alarm("a-4", "moderate"), alarm("a-5", "major")}));
    std::string ids;
    for (const json& each : list) {
        ids += each["id"].get<std::string>() + " ";
    }
    EXPECT_EQ(ids, "a-3 a-2 a-5 a-4 a-1 ");
}

TEST(ShowAlarms, TellsWhatWhereAndWhoTookNote) {
    json one = alarm("84652d7b587de3c5-3", "major");
    EXPECT_EQ(show_alarms(json::array({one}), LocalTime("Asia/Shanghai")),
              "major  剩余电流高 / Residual current high  active, unacknowledged\n"
              "    id          84652d7b587de3c5-3\n"
              "    where       panel/residual_current\n"
              "    what        320 mA\n"
              "    raised      2026-11-22 09:45:21 +08:00\n"
              "1 alarm not over\n");
    one["acknowledged"] = true;
    one["acknowledged_by"] = "platform";
    one["acknowledged_on_behalf_of"] = "Li Wei";
    one["acknowledged_at"] = "2026-11-22T01:50:00.000Z";
    one["acknowledged_reason"] = "on my way";
    EXPECT_TRUE(has(show_alarms(json::array({one}), LocalTime("Asia/Shanghai")),
                    "    ack by      platform for Li Wei, 2026-11-22 09:50:00 +08:00: on my way\n"));
    one["acknowledged_on_behalf_of"] = "";
    EXPECT_TRUE(has(show_alarms(json::array({one}), LocalTime("Asia/Shanghai")),
                    "    ack by      platform, 2026-11-22 09:50:00 +08:00: on my way\n"));
    EXPECT_EQ(show_alarms(json::array(), LocalTime()), "no alarm stands\n");
}

TEST(ShowNumber, AsFewDigitsAsTellIt) {
    const struct {
        double value;
        int decimals;
        const char* shown;
    } cases[] = {{18.0, 1, "18"},
                 {18.1, 1, "18.1"},
                 {3 * 0.1, 1, "0.3"},
                 {0.00390625, 4, "0.0039"},
                 {-0.005859375, 4, "-0.0059"},
                 {1.0, 0, "1"},
                 {100.0, 0, "100"},
                 {-0.0001, 1, "0"},
                 {static_cast<double>(0.1F), -1, "0.1"},
                 {0.1 + 0.2, -1, "0.3"},
                 {1.0, -1, "1"},
                 {65536.0, -1, "65536"}};
    for (const auto& c : cases) {
        EXPECT_EQ(show_number(c.value, c.decimals), c.shown) << c.value << " " << c.decimals;
    }
}

TEST(ShowSamples, TellsValuesWordsAndWhyThereIsNone) {
    const json answer = json::parse(R"j({"device": "panel", "samples": [
        {"point": "current", "unit": "mA", "quality": "good", "reason": null, "value": 0.30000000000000004, "decimals": 1},
        {"point": "state", "unit": "", "quality": "good", "reason": null, "value": 2.0, "decimals": 0, "word": "trip"},
        {"point": "serial", "unit": "", "quality": "good", "reason": null, "value": "A17"},
        {"point": "level", "unit": "m", "quality": "bad", "reason": "exception", "value": null,
         "detail": "exception 02 (illegal data address)"},
        {"point": "tilt", "unit": "", "quality": "bad", "reason": "time-out", "value": null}]})j");
    EXPECT_EQ(show_samples(answer),
              "point    value     unit  quality\n"
              "current  0.3       mA    good\n"
              "state    2 (trip)        good\n"
              "serial   A17             good\n"
              "level    -         m     bad: exception 02 (illegal data address)\n"
              "tilt     -               bad: time-out\n");
}

}  // namespace
}  // namespace gengfu::cli
