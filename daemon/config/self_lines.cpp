#include "daemon/config/self_lines.hpp"

#include <memory>
#include <utility>

#include "daemon/config/self_device.hpp"

namespace gengfu::config {
namespace {

/// In use for so large a share of a minute a line is behind with what it is asked for: between two requests
/// there are always gaps.
constexpr double kOverloadPercent = 97;
constexpr double kOverloadDeadband = 7;
constexpr Duration kOverloadDelay = std::chrono::minutes(2);
constexpr Duration kOverloadOffDelay = std::chrono::minutes(5);
/// A single late reading is told in the log; it shows for at most half a minute (sampling::PeakOfLate).
constexpr Duration kLateDelay = std::chrono::seconds(35);
constexpr Duration kLateOffDelay = std::chrono::minutes(5);
constexpr double kLateLimit = 0.001;  ///< s; whatever is not 0

SelfJudged judged(std::string point, std::string unit, const char* rule, Severity severity, double limit,
                  RuleText texts) {
    SelfJudged one;
    one.spec.name = std::move(point);
    one.spec.unit = std::move(unit);
    one.rule.name = rule;
    one.rule.kind = RuleKind::kAbove;
    one.rule.severity = severity;
    one.rule.levels = {{limit, severity}};
    one.rule.safety = false;
    one.rule.texts = std::make_shared<const RuleText>(std::move(texts));
    return one;
}

/// \param title  of a line it may be a part that is cut off, while the rest lives
SelfJudged down(const std::string& point, const char* rule, const std::string& name_zh,
                const std::string& name_en, const Text& title, const Text& advice) {
    SelfJudged one =
        judged(point, "", rule, Severity::kMajor, 1,
               {title,
                {name_zh + ":{value:.0f} 台设备没有可用的应答",
                 name_en + ": {value:.0f} devices give no answer that can be used"},
                advice,
                {"没有可用应答的传感器不再保护", "Sensors without an answer that can be used do not protect"},
                {}});
    one.rule.off_delay = kDownOffDelay;
    return one;
}

SelfJudged overloaded(const Bus& bus) {
    SelfJudged one =
        judged(name_of(LinePoint::kLoad, bus), "%", "bus-overloaded", Severity::kModerate, kOverloadPercent,
               {{"总线 " + bus.name + " 过载", "Bus " + bus.name + " is overloaded"},
                {"总线 " + bus.name + ":占用率 {value:.0f}%,优先读取安全点",
                 "Bus " + bus.name + ": in use {value:.0f}% of the time; safety points are read first"},
                {"运行 gengfu check 查看负荷;延长轮询间隔、提高波特率或分出一条总线",
                 "`gengfu check` shows the load; lengthen intervals, raise the baud rate, or split the line"},
                {"测点读取变慢,告警可能延迟", "Points are read late, alarms may come late"},
                {}});
    one.rule.deadband = kOverloadDeadband;
    one.rule.on_delay = kOverloadDelay;
    one.rule.off_delay = kOverloadOffDelay;
    return one;
}

SelfJudged stuck(const Bus& bus) {
    SelfJudged one =
        judged(name_of(LinePoint::kStuck, bus), "s", kBusStuck, Severity::kMajor, 1,
               {{"总线 " + bus.name + " 的读取线程停滞", "The worker of bus " + bus.name + " is stuck"},
                {"总线 " + bus.name + ":{value:.0f} 秒没有任何结果",
                 "Bus " + bus.name + ": nothing for {value:.0f} s"},
                {"查看串口适配器与驱动;必要时重启网关服务",
                 "Look at the port's adapter and driver; restart the gateway's service if need be"},
                {"其上的传感器都不再保护", "None of the sensors on it protects"},
                {}});
    one.rule.off_delay = kDownOffDelay;  // its sensors come back one by one
    return one;
}

SelfJudged late(const Bus& bus) {
    SelfJudged one = judged(
        name_of(LinePoint::kLate, bus), "s", "bus-late", Severity::kMinor, kLateLimit,
        {{"总线 " + bus.name + " 慢于承诺", "Bus " + bus.name + " is slower than promised"},
         {"总线 " + bus.name, "Bus " + bus.name},
         {"按 gengfu status 所示写明设备的 turnaround,或消除重复的地址,或查找其中的超时、校验错误与异常应答,"
          "再运行 gengfu check 查看真实时限",
          "Write the devices' turnaround as `gengfu status` says, or part those that share an address, "
          "or find there what times out, comes damaged or is refused by an exception; then `gengfu "
          "check` tells what holds"},
         {"安全点的告警可能晚于 gengfu check 所给的时限",
          "Alarms of safety points may come later than `gengfu check` says"},
         {}});
    one.rule.on_delay = kLateDelay;
    one.rule.off_delay = kLateOffDelay;
    return one;
}

SelfJudged address_shared(const Bus& bus) {
    SelfJudged one = judged(
        name_of(LinePoint::kAddress, bus), "", kBusAddress, Severity::kMajor, 1,
        {{"总线 " + bus.name + " 上有地址重复", "Two answer at one address of bus " + bus.name},
         {"总线 " + bus.name + ":{value:.0f} 个地址有两台设备应答",
          "Bus " + bus.name + ": two answer at {value:.0f} of its addresses"},
         {"运行 gengfu scan 查找,再用 gengfu address "
          "给其中一台改地址;也可能是线上另有主站在轮询,有别的设备以此地址应答,或设备应答慢于设定的最长时间",
          "`gengfu scan` shows where, `gengfu address` gives one of them another; it may also be a second "
          "master on the line, another unit that answers under this number, or a unit that is slower than "
          "its "
          "turnaround says"},
         {"该地址的读数不可信,其传感器不再保护",
          "What is read there cannot be believed: those sensors do not protect"},
         {}});
    one.rule.off_delay = kDownOffDelay;
    return one;
}

}  // namespace

std::string name_of(LinePoint point, const Bus& bus) {
    constexpr const char* kNames[] = {"bus_down.", "bus_load.", "bus_stuck.", "bus_late.", "bus_address."};
    return kNames[static_cast<std::size_t>(point)] + bus.name;
}

std::string name_of(const Feed& feed) {
    return "feed_down." + feed.name;
}

std::vector<SelfJudged> self_lines(const Site& site) {
    std::vector<SelfJudged> all;
    for (const Bus& bus : site.buses) {
        if (is_self(bus)) {
            continue;
        }
        all.push_back(
            down(name_of(LinePoint::kDown, bus), kBusDown, "总线 " + bus.name, "Bus " + bus.name,
                 {"总线 " + bus.name + " 不通或部分断开", "Bus " + bus.name + " is down, or a part of it"},
                 {"检查网关端接线、供电与线缆;从网关起逐段查找断点",
                  "Check wiring at the gateway, power and cable; search for the break from the "
                  "gateway outwards"}));
        all.push_back(overloaded(bus));
        all.push_back(stuck(bus));
        all.push_back(late(bus));
        all.push_back(address_shared(bus));
    }
    for (const Feed& feed : site.feeds) {
        all.push_back(down(name_of(feed), kFeedDown, "供电 " + feed.name, "Power feed " + feed.name,
                           {"供电 " + feed.name + "中断", "Power feed " + feed.name + " is down"},
                           {"检查该路电源及其熔断器", "Check this power supply and its fuse"}));
    }
    return all;
}

std::optional<RuleId> own_rule(const Site& site, const std::string& name) {
    const std::optional<PointId> point = own_point(site, name);
    return point ? own_rule(site, *point) : std::nullopt;
}

std::optional<RuleId> own_rule(const Site& site, PointId point) {
    for (std::uint32_t i = 0; i < site.rules.size(); ++i) {
        if (site.rules[i].point == point) {
            return RuleId{i};
        }
    }
    return std::nullopt;
}

std::optional<PointId> own_point(const Site& site, const std::string& name) {
    const Device& own = site.devices.back();
    const std::vector<PointSpec>& specs = site.profile(own).points;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (specs[i].name == name) {
            return PointId{own.first_point.value + static_cast<std::uint32_t>(i)};
        }
    }
    return std::nullopt;
}

}  // namespace gengfu::config
