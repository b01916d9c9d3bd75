#include "daemon/config/self_device.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/self_actions.hpp"
#include "daemon/config/self_lines.hpp"

namespace gengfu::config {
namespace {

struct Trouble {
    const char* point;
    const char* rule;
    Severity severity;
    Duration off_delay;
    Text title, text, advice;
    Duration on_delay{};
    RuleKind kind = RuleKind::kAbove;
    double limit = 1;
    std::optional<double> major{};  ///< from here on it is major
};

const std::array<Trouble, 10>& troubles() {
    static const std::array<Trouble, 10> all{
        {{"configuration_refused",
          "configuration-refused",
          Severity::kModerate,
          Duration::zero(),
          {"新配置有错,网关仍按旧配置运行",
           "New configuration refused; the gateway runs the last accepted one"},
          {"网关 {device}:新配置未被接受", "Gateway {device}: the new configuration was not accepted"},
          {"在网关上运行 gengfu check,按提示改正后重新加载",
           "Run `gengfu check` on the gateway, mend what it names, reload"}},
         {"store_trouble",
          "store-trouble",
          Severity::kMajor,
          std::chrono::minutes(1),
          {"网关存储故障", "Trouble with the gateway's store"},
          {"网关 {device}:记录无法写入存储(仍会直接上报),或存储文件损坏已移开",
           "Gateway {device}: records cannot be written (they are still published), or a damaged file was "
           "set "
           "aside"},
          {"检查存储卡,必要时更换;移开的文件可留作分析,之后删除",
           "Check the card, replace it if need be; keep a file set aside for a look, then delete it"}},
         {"records_abandoned",
          "records-abandoned",
          Severity::kModerate,
          std::chrono::hours(1),
          {"网关丢弃了未送达的记录", "The gateway gave up records that were not delivered"},
          {"网关 {device}:一分钟内丢弃 {value:.0f} 条",
           "Gateway {device}: {value:.0f} records given up within a minute"},
          {"检查网络与平台,必要时加大 store.size_limit",
           "Check the link and the platform; raise store.size_limit if need be"}},
         // A gateway that has just been switched on waits for its time server: that is no alarm.
         {"clock_unknown",
          "clock-unknown",
          Severity::kMinor,
          Duration::zero(),
          {"网关时钟未同步", "The gateway does not know the time"},
          {"网关 {device}:系统时间尚未同步,记录暂无时间,时钟恢复后补记",
           "Gateway {device}: the system's time is not synchronised; records carry no time until it is, and "
           "are dated then"},
          {"检查时间服务器(timedatectl);无时间服务器且时钟带电池时,设环境变量 GENGFU_CLOCK=plausible",
           "Check the time server (timedatectl); where there is none and the clock has a battery, set "
           "GENGFU_CLOCK=plausible for the unit"},
          std::chrono::minutes(10)},
         {"certificate_days",
          "certificate-expiring",
          Severity::kModerate,
          Duration::zero(),
          {"网关证书即将到期", "A certificate of the gateway is about to expire"},
          {"网关 {device}:证书剩余 {value:.0f} 天,到期后无法连接平台",
           "Gateway {device}: {value:.0f} days are left; after that no broker is reached"},
          {"更换 mqtt.certificate 与 mqtt.key(或 mqtt.ca)文件,网关自动启用",
           "Renew the files mqtt.certificate and mqtt.key (or mqtt.ca); the gateway takes them up by itself"},
          Duration::zero(),
          RuleKind::kBelow,
          30},
         {"identity_in_use",
          "identity-in-use",
          Severity::kMajor,
          Duration::zero(),
          {"另有网关使用同一编号", "Another gateway uses this one's id"},
          {"网关 {device}:服务器上有另一台同编号网关在线,两台轮流断线",
           "Gateway {device}: another gateway of the same id is at the broker; the two put each other out"},
          {"核对两台网关的 gateway.id;复制的存储卡须先改编号",
           "Compare gateway.id of the two; a copied card needs an id of its own"}},
         {"store_full",
          "store-full",
          Severity::kMajor,
          std::chrono::seconds(15),
          {"网关存储已满", "The gateway's store is full"},
          {"网关 {device}:存储没有空间,记录暂存内存(告警仍会直接上报)",
           "Gateway {device}: there is no room for records, they are kept in memory (alarms still go out)"},
          {"清理存储卡上的其他文件,或加大 store.size_limit、换更大的卡;并检查平台是否在确认记录",
           "Free room on the card, raise store.size_limit or fit a larger card; see whether the platform "
           "confirms what it gets"}},
         {"store_slow",
          "store-slow",
          Severity::kMinor,
          std::chrono::seconds(15),
          {"网关存储写入缓慢", "The gateway's store is slow"},
          {"网关 {device}:存储写入用时 {value:.1f} 秒,事件以易失标记直接上报",
           "Gateway {device}: the disk was at one write for {value:.1f} s; events go out as volatile "
           "meanwhile"},
          {"反复出现时更换存储卡(卡片老化的常见征兆)",
           "Replace the card if this comes again: it is how a card grows old"},
          Duration::zero(),
          RuleKind::kAbove,
          0.5,
          10},
         {"consumer_silent",
          "consumer-silent",
          Severity::kModerate,
          Duration::zero(),
          {"平台长时间未确认记录", "A consumer does not confirm"},
          {"网关 {device}:已连接 {value:.0f} 小时未收到确认",
           "Gateway {device}: no confirmation for {value:.0f} h"},
          {"检查平台入库服务,以及 mqtt.confirm 中的名称",
           "See whether the consumer runs, and whether its name in mqtt.confirm is right"},
          Duration::zero(),
          RuleKind::kAbove,
          24},
         {"publish_denied",
          "publish-denied",
          Severity::kMajor,
          Duration::zero(),
          {"消息服务器拒收网关的数据", "The broker denies what the gateway publishes"},
          {"网关 {device}:消息服务器拒绝网关写入",
           "Gateway {device}: the broker denies the gateway to write"},
          {"核对服务器的访问控制(ACL)与网关证书名或用户名;详见 gengfu status",
           "Compare the broker's access list with the gateway's certificate or user name; "
           "`gengfu status` has the broker's words"}}}};
    return all;
}

Profile profile() {
    Profile own;
    own.name = kSelfName;
    own.vendor = "Gengfu";
    own.model = "gateway";
    own.source = "the gateway itself";
    own.verified = true;
    std::uint16_t address = 0;
    for (const Trouble& trouble : troubles()) {
        PointSpec spec;
        spec.name = trouble.point;
        spec.reg = {Space::kHolding, address++};
        own.points.push_back(std::move(spec));
    }
    return own;
}

Rule rule(const Trouble& trouble, DeviceId device, PointId point) {
    Rule own;
    own.name = trouble.rule;
    own.kind = trouble.kind;
    own.device = device;
    own.point = point;
    own.severity = trouble.severity;
    own.levels = {{trouble.limit, trouble.severity}};
    if (trouble.major) {
        own.levels.push_back({*trouble.major, Severity::kMajor});
    }
    own.on_delay = trouble.on_delay;
    own.safety = false;
    own.off_delay = trouble.off_delay;
    own.texts =
        std::make_shared<const RuleText>(RuleText{trouble.title, trouble.text, trouble.advice, {}, {}});
    return own;
}

/// To the byte: nothing is added to a site after this, and every line brings points and rules of its own.
void make_room(Site& site, Profile& own, std::size_t troubles, std::size_t lines) {
    own.points.reserve(troubles + lines);
    site.points.reserve(site.points.size() + troubles + lines);
    site.rules.reserve(site.rules.size() + troubles + lines);
    site.buses.reserve(site.buses.size() + 1);
    site.devices.reserve(site.devices.size() + 1);
    site.profiles.reserve(site.profiles.size() + 1);
}

}  // namespace

void add_self(Site& site) {
    std::vector<SelfJudged> lines = self_lines(site);
    for (SelfJudged& output : self_actions(site)) {
        lines.push_back(std::move(output));
    }
    Bus bus;
    bus.name = kSelfName;
    bus.kind = BusKind::kReplay;
    Device device;
    device.name = kSelfName;
    device.bus = BusId{static_cast<std::uint32_t>(site.buses.size())};
    device.interval = kSelfInterval;
    device.profile = static_cast<std::uint16_t>(site.profiles.size());
    device.device_class = kSelfName;
    device.component.place = site.gateway.place;
    device.first_point = PointId{static_cast<std::uint32_t>(site.points.size())};
    const DeviceId id{static_cast<std::uint32_t>(site.devices.size())};
    Profile own_profile = profile();
    make_room(site, own_profile, troubles().size(), lines.size());
    site.buses.push_back(std::move(bus));
    site.profiles.push_back(std::move(own_profile));
    for (std::size_t i = 0; i < troubles().size(); ++i) {
        const PointId point{static_cast<std::uint32_t>(site.points.size())};
        site.points.push_back({.device = id, .spec = static_cast<PointRef>(i), .channel = -1});
        site.rules.push_back(rule(troubles()[i], id, point));
    }
    for (SelfJudged& line : lines) {
        Profile& own = site.profiles.back();
        const PointId point{static_cast<std::uint32_t>(site.points.size())};
        const auto spec = static_cast<PointRef>(own.points.size());
        line.spec.reg = {Space::kHolding, spec};
        own.points.push_back(std::move(line.spec));
        site.points.push_back({.device = id, .spec = spec, .channel = -1});
        line.rule.device = id;
        line.rule.point = point;
        site.rules.push_back(std::move(line.rule));
    }
    site.devices.push_back(std::move(device));
}

PointId self_point(const Site& site, SelfPoint point) {
    return PointId{site.devices.back().first_point.value + static_cast<std::uint32_t>(point)};
}

RuleId self_rule(const Site& site, SelfPoint point) {
    const PointId own = self_point(site, point);
    const auto rule = std::find_if(site.rules.begin(), site.rules.end(),
                                   [own](const Rule& one) { return one.point == own; });
    return RuleId{static_cast<std::uint32_t>(rule - site.rules.begin())};
}

bool is_self(const Bus& bus) {
    return bus.name == kSelfName;
}

}  // namespace gengfu::config
