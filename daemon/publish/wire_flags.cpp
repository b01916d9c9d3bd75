#include <utility>

#include "daemon/publish/wire.hpp"
#include "daemon/publish/wire_parts.hpp"

namespace gengfu::publish::wire {

namespace v1 = gengfu::v1;

namespace {

v1::Handling handling_to(const alarms::Handling& handling) {
    v1::Handling out;
    *out.mutable_by() = wire::to_wire(handling.by);
    *out.mutable_since() = wire::to_wire(handling.since);
    if (handling.until) {
        *out.mutable_until() = wire::to_wire(*handling.until);
    }
    return out;
}

Result<void> hold_from(bool is_there, const v1::Hold& in, std::optional<alarms::Hold>& out) {
    if (!is_there) {
        return {};
    }
    Result<alarms::Hold> hold = wire::from_wire(in);
    if (!hold) {
        return pass(hold);
    }
    out = std::move(*hold);
    return {};
}

Result<void> handling_from(const v1::Alarm& in, alarms::Alarm& out) {
    if (!in.has_handling()) {
        return {};
    }
    Result<alarms::Actor> by = actor_from(in.handling().by());
    if (!by) {
        return pass(by);
    }
    out.handling = alarms::Handling{std::move(*by), wire::from_wire(in.handling().since()), std::nullopt};
    if (in.handling().has_until()) {
        out.handling->until = wire::from_wire(in.handling().until());
    }
    return {};
}

}  // namespace

v1::Hold to_wire(const alarms::Hold& hold) {
    v1::Hold out;
    *out.mutable_by() = to_wire(hold.by);
    *out.mutable_since() = to_wire(hold.since);
    if (hold.expires) {
        *out.mutable_expires() = to_wire(*hold.expires);
    }
    if (hold.cause) {
        out.set_cause(gengfu::to_string(*hold.cause));
    }
    out.set_seen(static_cast<v1::Severity>(hold.seen));
    return out;
}

Result<alarms::Hold> from_wire(const v1::Hold& in) {
    Result<alarms::Actor> by = actor_from(in.by());
    if (!by) {
        return pass(by);
    }
    alarms::Hold out{.by = std::move(*by), .since = from_wire(in.since())};
    if (in.has_expires()) {
        out.expires = from_wire(in.expires());
    }
    AlarmId cause;
    if (!in.cause().empty()) {
        if (!parse(in.cause(), cause)) {
            return fail(Errc::kCorrupt, "alarm: its cause is no id");
        }
        out.cause = cause;
    }
    if (in.seen() < v1::SEVERITY_CRITICAL || in.seen() > v1::SEVERITY_MINOR) {
        return fail(Errc::kCorrupt, "alarm: unknown severity of a shelf");
    }
    out.seen = static_cast<Severity>(in.seen());
    return out;
}

void flags_to_wire(const alarms::Alarm& alarm, v1::Alarm& out) {
    if (alarm.shelved) {
        *out.mutable_shelved() = wire::to_wire(*alarm.shelved);
    }
    if (alarm.suppressed) {
        *out.mutable_suppressed() = wire::to_wire(*alarm.suppressed);
    }
    if (alarm.out_of_service) {
        *out.mutable_out_of_service() = wire::to_wire(*alarm.out_of_service);
    }
    if (alarm.handling) {
        *out.mutable_handling() = handling_to(*alarm.handling);
    }
    out.set_chattering(alarm.chattering);
    out.set_raises(alarm.raises);
    out.set_rang(alarm.rang);
    for (const std::string& device : alarm.behind) {
        out.add_behind(device);
    }
}

Result<void> flags_from_wire(const v1::Alarm& in, alarms::Alarm& out) {
    out.chattering = in.chattering();
    out.raises = in.raises();
    out.rang = in.rang();
    out.behind.assign(in.behind().begin(), in.behind().end());
    Result<void> read = hold_from(in.has_shelved(), in.shelved(), out.shelved);
    if (read) {
        read = hold_from(in.has_suppressed(), in.suppressed(), out.suppressed);
    }
    if (read) {
        read = hold_from(in.has_out_of_service(), in.out_of_service(), out.out_of_service);
    }
    return read ? handling_from(in, out) : read;
}

}  // namespace gengfu::publish::wire
