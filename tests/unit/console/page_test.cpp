#include "daemon/console/page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/site_builder.hpp"

namespace gengfu::console {
namespace {

/// A daemon with one line and two devices on it.
class PageTest : public testing::Test {
protected:
    PageTest() {
        builder_.device("panel", {"current"});
        const DeviceId well = builder_.device("well", {"level"});
        builder_.rule(builder_.point(well, "level"), "high", config::RuleKind::kAbove).levels = {
            test::level(3)};
        table_ = std::make_unique<alarms::Table>(Epoch{1}, builder_.site());
        bus_.open = true;
        bus_.load = 0.5;
        bus_.traffic.requests = 12345678901;
        bus_.traffic.late_frames = 3;
        bus_.devices = {sampling::Health::kOnline, sampling::Health::kOffline};
        bus_.units.resize(2);
        bus_.units[1].timeouts = 7;
        bus_.units[1].responses.add(std::chrono::milliseconds(4));
        bus_.units[1].worst_reading = std::chrono::milliseconds(1250);
        daemon_.site = &builder_.site();
        daemon_.version = "0.1";
        daemon_.now = [] { return Moment{}; };
        daemon_.alarms = [this]() -> const alarms::Table& { return *table_; };
        daemon_.bus = [this](BusId) { return bus_; };
        daemon_.store = [this] { return store_; };
        daemon_.publisher = [this] { return link_; };
        sampling::BusBudget budget;
        budget.modelled = true;
        budget.load = 0.7;
        budget.bounds = {{.point = builder_.point(well, "level"),
                          .interval = std::chrono::seconds(1),
                          .alive = std::chrono::milliseconds(1500),
                          .one_dead = std::chrono::milliseconds(2500),
                          .dead = DeviceId{0},
                          .delay = {},
                          .slowest_rule = {}}};
        daemon_.budgets = {budget};
        daemon_.promise = [this](BusId) { return broken_; };
        daemon_.promise_breaks = [this](BusId) { return breaks_; };
        bus_name_ = builder_.site().buses[0].name;
    }

    std::string well() {
        const Page made = health(daemon_);
        status_ = made.status;
        return nlohmann::json::parse(made.body)["status"];
    }

    test::SiteBuilder builder_;
    std::unique_ptr<alarms::Table> table_;
    sampling::BusSnapshot bus_;
    store::Usage store_;
    publish::PublisherStatus link_;
    control::Daemon daemon_;
    std::optional<sampling::BrokenPromise> broken_;
    std::uint64_t breaks_ = 0;
    std::string bus_name_;
    unsigned status_ = 0;
};

TEST_F(PageTest, EveryLineIsOfThePrometheusFormatAndEveryFamilyStandsOnce) {
    const std::regex sample(R"(([a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? [-+0-9.eINaf]+)");
    std::istringstream lines(metrics(daemon_));
    std::set<std::string> families, samples;
    std::string family;
    bool histogram = false;
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_TRUE(family.starts_with("gengfu_")) << line;
            EXPECT_TRUE(families.insert(family).second) << "twice: " << line;
        } else if (line.starts_with("# TYPE ")) {
            EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), family);
            EXPECT_EQ(line.ends_with(" counter"), family.ends_with("_total")) << line;
            histogram = line.ends_with(" histogram");
        } else {
            ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
            const std::string suffix = parts[1].str().substr(std::min(parts[1].str().size(), family.size()));
            EXPECT_TRUE(parts[1].str().starts_with(family)) << line;
            EXPECT_TRUE(suffix.empty() != histogram) << line;
            EXPECT_TRUE(!histogram || suffix == "_bucket" || suffix == "_sum" || suffix == "_count") << line;
            EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
        }
    }
    EXPECT_GE(families.size(), 30U);
}

TEST_F(PageTest, FiguresOfLinesAndDevicesAreThere) {
    const std::string text = metrics(daemon_);
    const std::string bus = "{bus=\"" + bus_name_ + "\"} ";
    const std::string device = "{bus=\"" + bus_name_ + "\",device=\"well\"";
    for (const std::string& line :
         {"gengfu_bus_open" + bus + "1\n", "gengfu_bus_requests_total" + bus + "12345678901\n",
          "gengfu_bus_load_ratio" + bus + "0.5\n", "gengfu_bus_computed_load_ratio" + bus + "0.7\n",
          "gengfu_bus_late_frames_total" + bus + "3\n", "gengfu_device_health" + device + "} 1\n",
          "gengfu_device_timeouts_total" + device + "} 7\n",
          "gengfu_device_response_seconds_bucket" + device + ",le=\"0.002\"} 0\n",
          "gengfu_device_response_seconds_bucket" + device + ",le=\"0.005\"} 1\n",
          "gengfu_device_response_seconds_count" + device + "} 1\n",
          "gengfu_device_alarm_latency_worst_seconds" + device + "} 1.25\n",
          "gengfu_device_alarm_latency_bound_seconds" + device + ",with=\"all-alive\"} 1.5\n",
          "gengfu_device_alarm_latency_bound_seconds" + device + ",with=\"one-dead\"} 2.5\n"}) {
        EXPECT_NE(text.find("\n" + line), std::string::npos) << line;
    }
    EXPECT_EQ(text.find("device=\"panel\",with="), std::string::npos) << "nothing is promised of it";
}

TEST_F(PageTest, APromiseThatIsBrokenIsAFigureOfItsLine) {
    const std::string bus = "{bus=\"" + bus_name_ + "\"} ";
    EXPECT_NE(metrics(daemon_).find("\ngengfu_bus_promise_broken" + bus + "0\n"), std::string::npos);
    EXPECT_NE(metrics(daemon_).find("\ngengfu_bus_promise_breaks_total" + bus + "0\n"), std::string::npos);
    broken_ = sampling::BrokenPromise{};
    breaks_ = 2;
    EXPECT_NE(metrics(daemon_).find("\ngengfu_bus_promise_broken" + bus + "1\n"), std::string::npos);
    EXPECT_NE(metrics(daemon_).find("\ngengfu_bus_promise_breaks_total" + bus + "2\n"), std::string::npos);
    daemon_.budgets[0].bounds.clear();
    EXPECT_EQ(metrics(daemon_).find("\ngengfu_bus_promise_broken{"), std::string::npos)
        << "nothing is promised";
}

TEST_F(PageTest, HealthTellsWhatFailsFromWhatIsTrouble) {
    EXPECT_EQ(well(), "ok");
    EXPECT_EQ(status_, 200U);
    daemon_.configuration_trouble = "the configuration has errors";
    EXPECT_EQ(well(), "degraded");
    EXPECT_EQ(status_, 200U);
    builder_.site().mqtt.brokers.push_back({});
    EXPECT_NE(health(daemon_).body.find("broker: not connected"), std::string::npos);
    store_.trouble = "no space left";
    EXPECT_EQ(well(), "failing");
    EXPECT_EQ(status_, 503U);
    store_.trouble.clear();
    bus_.open = false;
    bus_.trouble = "/dev/ttyUSB0 is not there";
    EXPECT_EQ(well(), "failing") << "nothing is watched";
}

TEST_F(PageTest, PathsAreExact) {
    EXPECT_EQ(page(daemon_, "/metrics").status, 200U);
    EXPECT_EQ(page(daemon_, "/healthz").status, 200U);
    for (const char* const path : {"/", "", "/metrics/", "/../etc/passwd", "*"}) {
        EXPECT_EQ(page(daemon_, path).status, 404U) << path;
    }
}

}  // namespace
}  // namespace gengfu::console
