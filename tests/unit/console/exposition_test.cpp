#include "daemon/console/exposition.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gengfu::console {
namespace {

TEST(Exposition, AFamilyIsToldWithItsSamples) {
    Exposition out;
    out.family("gengfu_bus_load_ratio", Kind::kGauge, "Share in use.");
    out.sample(0.25, {{"bus", "rs485-1"}});
    out.sample(1.0, {{"bus", "rs485-2"}});
    out.family("gengfu_events_total", Kind::kCounter, "Events.");
    out.sample(std::uint64_t{7});
    EXPECT_EQ(out.take(),
              "# HELP gengfu_bus_load_ratio Share in use.\n"
              "# TYPE gengfu_bus_load_ratio gauge\n"
              "gengfu_bus_load_ratio{bus=\"rs485-1\"} 0.25\n"
              "gengfu_bus_load_ratio{bus=\"rs485-2\"} 1\n"
              "# HELP gengfu_events_total Events.\n"
              "# TYPE gengfu_events_total counter\n"
              "gengfu_events_total 7\n");
}

TEST(Exposition, LabelsCannotBreakOut) {
    Exposition out;
    out.family("x", Kind::kGauge, "y");
    out.sample(std::uint64_t{1}, {{"a", "\"} 2\nx{a=\"\\"}, {"b", "北门"}});
    const std::string text = out.take();
    EXPECT_NE(text.find("x{a=\"\\\"} 2\\nx{a=\\\"\\\\\",b=\"北门\"} 1\n"), std::string::npos) << text;
}

TEST(Exposition, CountsStayExactAndWhatIsNoNumberIsSaidSo) {
    Exposition out;
    out.family("x", Kind::kCounter, "y");
    out.sample(std::numeric_limits<std::uint64_t>::max());
    out.sample(std::numeric_limits<double>::quiet_NaN());
    out.sample(std::numeric_limits<double>::infinity());
    const std::string text = out.take();
    EXPECT_NE(text.find("x 18446744073709551615\nx NaN\nx +Inf\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace gengfu::console
