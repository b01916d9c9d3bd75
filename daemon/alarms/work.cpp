// What people do with alarms and devices, and what of it is recorded although it changed nothing.
#include <algorithm>

#include "daemon/alarms/command.hpp"
#include "daemon/alarms/hold.hpp"
#include "daemon/alarms/own_reasons.hpp"
#include "daemon/config/self_device.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::alarms {
namespace {

const char* word_of(Work work) {
    switch (work) {
        case Work::kAcknowledge:
            return "ack";
        case Work::kReset:
            return "reset";
        case Work::kShelve:
            return "shelve";
        case Work::kUnshelve:
            return "unshelve";
        case Work::kHandle:
            return "handling";
    }
    return "";
}

}  // namespace

Outcome carry_out(Table& table, const Wish& wish, const Stamp& at, std::uint64_t sequence) {
    switch (wish.work) {
        case Work::kAcknowledge:
            return table.acknowledge(wish.id, wish.revision, wish.actor, at, sequence);
        case Work::kReset:
            return table.reset(wish.id, wish.revision, wish.actor, at, sequence);
        case Work::kShelve:
            return table.shelve(wish.id, wish.revision, wish.actor, at, wish.lasts, sequence);
        case Work::kUnshelve:
            return table.unshelve(wish.id, wish.revision, wish.actor, at, sequence);
        case Work::kHandle:
            return table.handle(wish.id, wish.revision, wish.actor, at, wish.lasts, sequence);
    }
    return {};
}

std::optional<Audit> audit_of(const Wish& wish, const Outcome& outcome) {
    const std::string verb = word_of(wish.work);
    const std::string seen = std::to_string(wish.revision);
    const std::string now = std::to_string(outcome.revision);
    if (outcome.answer == Answer::kAlready) {
        return Audit{
            verb + "-already", wish.actor, {"重复操作,告警未变", "said again; the alarm is as it was"}, {},
            wish.id,           {}};
    }
    if (outcome.answer == Answer::kStale) {
        return Audit{verb + "-stale",
                     wish.actor,
                     {"迟到的操作:所见版本 " + seen + ",现为 " + now + ",告警未变",
                      "late: revision " + seen + " was seen, it is " + now + "; the alarm is as it was"},
                     {},
                     wish.id,
                     {}};
    }
    return std::nullopt;
}

std::string mistake_in(const ServiceWish& wish, const config::Site& site, const Stamp& at) {
    std::vector<std::string> names;
    for (const config::Device& device : site.devices) {
        names.push_back(device.name);
    }
    if (std::find(names.begin(), names.end(), wish.device) == names.end()) {
        return "no device is named " + config::in_quotes(wish.device) +
               config::did_you_mean(wish.device, names);
    }
    if (wish.device == config::kSelfName) {
        return "the gateway itself cannot be taken out of service";
    }
    if (!wish.lasts) {
        return "";
    }
    if (!at.wall) {
        return "the gateway's clock is unknown: nobody could tell when the device is back in service";
    }
    if (*wish.lasts < kShortestHold || *wish.lasts > kLongestOutOfService) {
        return "a device can be out of service for 10 s to 7 d; what takes longer belongs into the "
               "configuration";
    }
    return "";
}

Audit audit_of(const ServiceChange& change) {
    Audit audit;
    audit.actor = change.actor;
    audit.device = change.device;
    const config::Text reason = reason_of(change.actor);
    if (change.hold) {
        audit.what = "out-of-service";
        audit.text = {"设备 " + change.device + " 停用:" + reason.zh,
                      "device " + change.device + " is out of service: " + reason.en};
        audit.until = change.hold->expires;
    } else {
        audit.what = "returned";
        audit.text = {"设备 " + change.device + " 恢复使用:" + reason.zh,
                      "device " + change.device + " is back in service: " + reason.en};
    }
    return audit;
}

}  // namespace gengfu::alarms
