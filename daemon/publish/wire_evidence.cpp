#include "daemon/config/rule_kind.hpp"
#include "daemon/publish/wire.hpp"
#include "daemon/publish/wire_parts.hpp"

namespace gengfu::publish::wire {

namespace v1 = gengfu::v1;

v1::Evidence evidence_to(const alarms::Evidence& evidence) {
    v1::Evidence out;
    out.set_value(evidence.value);
    out.set_limit(evidence.limit);
    out.set_unit(evidence.unit);
    out.set_rule_kind(wire::to_string(evidence.kind));
    out.set_quality(static_cast<v1::Quality>(evidence.quality));
    out.set_reason(static_cast<v1::Reason>(evidence.reason));
    *out.mutable_taken() = wire::to_wire(evidence.taken);
    if (evidence.anomaly) {
        const alarms::AnomalyFound& found = *evidence.anomaly;
        v1::AnomalyEvidence& told = *out.mutable_anomaly();
        told.set_aspect(std::string(rules::detectors::to_string(found.aspect)));
        told.set_expected(found.expected);
        told.set_low(found.low);
        told.set_high(found.high);
        told.set_score(found.score);
        told.set_point(found.point);
    }
    return out;
}

Result<alarms::Evidence> evidence_from(const v1::Evidence& in) {
    const auto kind = config::parse_rule_kind(in.rule_kind());
    if (!kind) {
        return fail(Errc::kCorrupt, "alarm: unknown kind of rule \"" + in.rule_kind() + "\"");
    }
    if (in.quality() < v1::QUALITY_GOOD || in.quality() > v1::QUALITY_BAD || in.reason() < 0 ||
        in.reason() >= kReasonCount) {
        return fail(Errc::kCorrupt, "alarm: unknown quality or reason in its evidence");
    }
    alarms::Evidence out{.value = in.value(),
                         .limit = in.limit(),
                         .unit = in.unit(),
                         .kind = *kind,
                         .quality = static_cast<Quality>(in.quality()),
                         .reason = static_cast<Reason>(in.reason()),
                         .taken = wire::from_wire(in.taken()),
                         .anomaly = std::nullopt};
    if (in.has_anomaly()) {
        const v1::AnomalyEvidence& told = in.anomaly();
        out.anomaly = alarms::AnomalyFound{.aspect = rules::detectors::parse_aspect(told.aspect()),
                                           .expected = told.expected(),
                                           .low = told.low(),
                                           .high = told.high(),
                                           .score = told.score(),
                                           .point = told.point()};
    }
    return out;
}

void to_wire(const std::vector<alarms::SampleAround>& around, v1::Evidence& out) {
    for (const alarms::SampleAround& sample : around) {
        v1::EvidenceSample& one = *out.add_samples();
        one.set_offset_us(sample.offset_us);
        one.set_value(sample.value);
        one.set_quality(static_cast<v1::Quality>(sample.quality));
        one.set_reason(static_cast<v1::Reason>(sample.reason));
        one.set_point(sample.point);
    }
}

}  // namespace gengfu::publish::wire
