#include <utility>

#include "daemon/publish/wire.hpp"
#include "daemon/publish/wire_parts.hpp"

namespace gengfu::publish::wire {

namespace v1 = gengfu::v1;

namespace {

void state_to_wire(const alarms::Alarm& alarm, v1::Alarm& out) {
    out.set_id(gengfu::to_string(alarm.id));
    out.set_raise_epoch(alarm.id.epoch.value);
    out.set_raise_sequence(alarm.id.sequence);
    out.set_revision(alarm.revision);
    out.set_raise_revision(alarm.raise_revision);
    out.set_active(alarm.active);
    out.set_acknowledged(alarm.acknowledged);
    out.set_latched(alarm.latched);
    out.set_uncertain(alarm.uncertain);
    out.set_removed(alarm.removed);
    out.set_severity(static_cast<v1::Severity>(alarm.severity));
    out.set_device(alarm.key.device);
    out.set_point(alarm.key.point);
    out.set_rule(alarm.key.rule);
    out.set_device_class(alarm.device_class);
}

void state_from_wire(const v1::Alarm& in, alarms::Alarm& out) {
    out.id = {Epoch{in.raise_epoch()}, in.raise_sequence()};
    out.revision = in.revision();
    out.raise_revision = in.raise_revision();
    out.active = in.active();
    out.acknowledged = in.acknowledged();
    out.latched = in.latched();
    out.uncertain = in.uncertain();
    out.removed = in.removed();
    out.severity = static_cast<Severity>(in.severity());
    out.key = {in.device(), in.point(), in.rule()};
    out.device_class = in.device_class();
}

std::shared_ptr<const config::RuleText> texts_from(const v1::Alarm& in) {
    auto texts = std::make_shared<config::RuleText>();
    texts->title = text_from(in.title());
    texts->advice = text_from(in.advice());
    texts->hazard = text_from(in.hazard());
    texts->why = in.why();
    return texts;
}

}  // namespace

v1::Alarm to_wire(const alarms::Alarm& alarm) {
    v1::Alarm out;
    state_to_wire(alarm, out);
    flags_to_wire(alarm, out);
    if (alarm.texts) {
        *out.mutable_title() = to_wire(alarm.texts->title);
        *out.mutable_advice() = to_wire(alarm.texts->advice);
        *out.mutable_hazard() = to_wire(alarm.texts->hazard);
        out.set_why(alarm.texts->why);
    }
    *out.mutable_text() = to_wire(alarm.text);
    *out.mutable_component() = to_wire(alarm.component, alarm.parties);
    *out.mutable_raised() = to_wire(alarm.raised);
    if (alarm.cleared) {
        *out.mutable_cleared() = to_wire(*alarm.cleared);
    }
    if (alarm.acknowledged_at) {
        *out.mutable_acknowledged_at() = to_wire(*alarm.acknowledged_at);
        *out.mutable_acknowledged_by() = to_wire(alarm.acknowledged_by);
    }
    *out.mutable_evidence() = evidence_to(alarm.evidence);
    return out;
}

Result<alarms::Alarm> from_wire(const v1::Alarm& in) {
    if (in.raise_epoch() == 0 || in.raise_sequence() == 0) {
        return fail(Errc::kCorrupt, "alarm without an id");
    }
    if (in.severity() < v1::SEVERITY_CRITICAL || in.severity() > v1::SEVERITY_MINOR) {
        return fail(Errc::kCorrupt,
                    "alarm " + in.id() + ": unknown severity " + std::to_string(in.severity()));
    }
    alarms::Alarm out;
    state_from_wire(in, out);
    out.texts = texts_from(in);
    out.text = text_from(in.text());
    if (Result<void> component = component_from(in.component(), out); !component) {
        return pass(component);
    }
    out.raised = from_wire(in.raised());
    if (in.has_cleared()) {
        out.cleared = from_wire(in.cleared());
    }
    if (in.has_acknowledged_at()) {
        out.acknowledged_at = from_wire(in.acknowledged_at());
        Result<alarms::Actor> actor = actor_from(in.acknowledged_by());
        if (!actor) {
            return pass(actor);
        }
        out.acknowledged_by = std::move(*actor);
    }
    Result<alarms::Evidence> evidence = evidence_from(in.evidence());
    if (!evidence) {
        return pass(evidence);
    }
    out.evidence = std::move(*evidence);
    if (Result<void> flags = flags_from_wire(in, out); !flags) {
        return pass(flags);
    }
    return out;
}

}  // namespace gengfu::publish::wire
