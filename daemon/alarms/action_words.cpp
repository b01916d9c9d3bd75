// What a change of an output reads like.
#include <fmt/format.h>

#include "daemon/alarms/actions.hpp"
#include "daemon/config/values.hpp"

namespace gengfu::alarms {
namespace {

config::Text why(ActionEnd end) {
    switch (end) {
        case ActionEnd::kCleared:
            return {"告警已恢复", "the alarm is over"};
        case ActionEnd::kTimeOver:
            return {"已到时限", "its time is over, the alarm stands"};
        case ActionEnd::kHeld:
            return {"告警已搁置或设备停用", "the alarm is shelved or its device out of service"};
        case ActionEnd::kStopping:
            return {"网关程序停止", "the daemon ends"};
    }
    return {};
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
        audit.text = {
            fmt::format("联动失败:{} 写入 {} 未成功({}),继续重试:{}", output, write.value, cause, news.error),
            fmt::format("action failed: {} to {} for {}, tried on: {}", write.value, output, cause,
                        news.error)};
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
