// What a change of an output reads like.
#include <fmt/format.h>

#include "daemon/alarms/actions.hpp"
#include "daemon/config/values.hpp"
#include "daemon/core/result.hpp"

namespace gengfu::alarms {
namespace {

config::Text why(ActionEnd end) {
    switch (end) {
        case ActionEnd::kUnasked:
            return {"已无告警要求", "no alarm asks for it any more"};
        case ActionEnd::kCleared:
            return {"告警条件已消除", "the alarm is clear"};
        case ActionEnd::kRemoved:
            return {"其规则已移出配置", "its rule left the configuration"};
        case ActionEnd::kTimeOver:
            return {"已到时限", "its time is over, the alarm stands"};
        case ActionEnd::kHeld:
            return {"告警已搁置或设备停用", "the alarm is shelved or its device out of service"};
        case ActionEnd::kStopping:
            return {"网关程序停止", "the daemon ends"};
    }
    return {};
}

/// What a write ended in, for readers of Chinese: the error's own words are English.
const char* trouble(Errc code) {
    switch (code) {
        case Errc::kTimeout:
            return "超时无应答";
        case Errc::kBadFrame:
            return "应答损坏";
        case Errc::kRefused:
            return "设备拒绝";
        case Errc::kBusy:
            return "设备忙";
        case Errc::kUnsupported:
            return "设备不支持此写入";
        case Errc::kIo:
            return "线路不可用";
        case Errc::kFull:
            return "排队请求过多";
        case Errc::kInvalid:
            return "值或寄存器不被允许";
        case Errc::kNotFound:
            return "设备不在总线上";
        default:
            return "写入未完成";
    }
}

}  // namespace

Audit audit_of(const ActionNews& news, const config::Site& site) {
    const ActionWrite& write = news.write;
    const std::string& device = site.device(write.device).name;
    const std::string output = fmt::format("{} {}", device, config::to_text(write.reg));
    const std::string cause =
        news.because.device + (news.because.device.empty() ? "" : "/") + news.because.rule;
    Audit audit{.what = write.on ? "action-on" : "action-off", .device = device, .alarm = news.alarm};
    if (news.failed) {
        audit.what = "action-failed";
        audit.text = {fmt::format("联动失败:{} 写入 {} 未成功({}),继续重试:{}", output, write.value, cause,
                                  news.lost ? "写入后又被设备自行复位" : trouble(news.error.code)),
                      fmt::format("action failed: {} to {} for {}, tried on: {}", write.value, output, cause,
                                  news.error.what)};
    } else if (news.lost) {
        audit.what = "action-lost";
        audit.text = {
            fmt::format("联动丢失:{} 写入 {} 后被设备自行复位,重新写入({})", output, write.value, cause),
            fmt::format("action lost: {} dropped {} by itself while {} asks for it, written again", output,
                        write.value, cause)};
    } else if (write.on) {
        audit.until = news.until;
        audit.text = {fmt::format("联动:{} 写入 {}({})", output, write.value, cause),
                      fmt::format("action: wrote {} to {} for {}", write.value, output, cause)};
    } else {
        const config::Text reason = why(news.end);
        audit.text = {
            fmt::format("联动复位:{} 写入 {}({}):{}", output, write.value, cause, reason.zh),
            fmt::format("action undone: wrote {} to {} for {}: {}", write.value, output, cause, reason.en)};
    }
    return audit;
}

}  // namespace gengfu::alarms
