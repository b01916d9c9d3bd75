#include "tests/sim/scenario_parts.hpp"

namespace gengfu::sim {
namespace {

void read_rise(TableReader& reader, Expect& expect) {
    expect.rises_to =
        reader.choice("rises_to", Need::kOptional, {"critical", "major", "moderate"}).value_or("");
    expect.rises_at = reader.duration("rises_at", Need::kOptional);
    expect.rises_within = reader.duration("rises_within", Need::kOptional);
    const bool named = !expect.rises_to.empty();
    if (named != expect.rises_at.has_value() || named != expect.rises_within.has_value()) {
        reader.error(reader.place(), "`rises_to`, `rises_at` and `rises_within` go together");
    }
}

void read_end(TableReader& reader, Expect& expect) {
    expect.cleared_at = reader.duration("cleared_at", Need::kOptional);
    expect.cleared_within = reader.duration("cleared_within", Need::kOptional);
    expect.ack = reader.choice("ack", Need::kOptional, {"cli", "mqtt"}).value_or("");
    expect.reset = reader.choice("reset", Need::kOptional, {"cli", "mqtt"}).value_or("");
    if (expect.cleared_at.has_value() != expect.cleared_within.has_value()) {
        reader.error(reader.place(), "`cleared_at` and `cleared_within` go together");
    }
    if (expect.cleared_at && *expect.cleared_at <= expect.raised_at) {
        reader.error(reader.place_of("cleared_at"), "`cleared_at` is not after `raised_at`");
    }
    if (!expect.reset.empty() && (!expect.cleared_at || expect.ack.empty())) {
        reader.error(reader.place_of("reset"),
                     "`reset` needs `ack` and `cleared_at`: only such an alarm can be reset");
    }
}

}  // namespace

Outage read_outage(TableReader& reader) {
    Outage outage;
    outage.what = reader.choice("what", Need::kRequired, {"broker", "daemon"}).value_or("");
    outage.at = reader.duration("at", Need::kRequired).value_or(Nanoseconds(0));
    outage.lasts = reader.duration("for", Need::kRequired).value_or(Nanoseconds(0));
    outage.note = reader.text("note", Need::kOptional).value_or("");
    return outage;
}

Expect read_expect(TableReader& reader) {
    Expect expect;
    expect.rule = reader.text("rule", Need::kRequired).value_or("");
    expect.point = reader.text("point", Need::kOptional).value_or("");
    expect.severity =
        reader.choice("severity", Need::kRequired, {"critical", "major", "moderate", "minor"}).value_or("");
    expect.raised_at = reader.duration("raised_at", Need::kRequired).value_or(Nanoseconds(0));
    expect.within = reader.duration("within", Need::kRequired).value_or(Nanoseconds(0));
    read_rise(reader, expect);
    read_end(reader, expect);
    return expect;
}

}  // namespace gengfu::sim
