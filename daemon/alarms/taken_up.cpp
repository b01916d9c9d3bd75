#include "daemon/alarms/taken_up.hpp"

#include <algorithm>
#include <string>

namespace gengfu::alarms {

std::optional<Alarm> without_people(Alarm alarm) {
    const bool quiet = alarm.acknowledged || alarm.held() || alarm.handling;
    alarm.shelved.reset();
    if (alarm.over()) {
        return std::nullopt;
    }
    alarm.acknowledged = false;
    alarm.acknowledged_at.reset();
    alarm.acknowledged_by = {};
    alarm.handling.reset();
    // What its device's service and its causes are, this start knows better.
    alarm.out_of_service.reset();
    alarm.suppressed.reset();
    if (quiet) {
        alarm.raise_revision = ++alarm.revision;
    }
    // Somebody was called, as far as can be known, and nobody has answered: the gateway never does it for
    // him.
    alarm.rang = std::max<std::uint64_t>(alarm.raise_revision, 1);
    return alarm;
}

Audit audit_of_taken_up(const Alarm& alarm) {
    const std::string where =
        alarm.key.device + (alarm.key.point.empty() ? "" : "/" + alarm.key.point) + " " + alarm.key.rule;
    Audit audit{.what = "alarm-taken-up"};
    audit.text = {
        "告警 " + where + " 仅服务器留有记录,上次运行崩溃前未及写盘,现予取回",
        "alarm " + where +
            ": known to the broker alone, lost by the crash of an earlier start, and taken up again"};
    if (alarm.acknowledged) {
        audit.text.zh += ";服务器所载的确认不予采信";
        audit.text.en += "; that it was acknowledged is not taken from there";
    }
    if (alarm.shelved) {
        audit.text.zh += ";服务器所载的搁置不予采信";
        audit.text.en += "; that it was shelved is not taken from there";
    }
    audit.device = alarm.key.device;
    audit.alarm = alarm.id;
    return audit;
}

}  // namespace gengfu::alarms
