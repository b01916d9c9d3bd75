#include "daemon/publish/record_reader.hpp"

#include <google/protobuf/util/json_util.h>

#include <unordered_map>

#include "daemon/publish/wire.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {
namespace {

/// A boot as the two halves in which the wire has it.
BootId boot_of(std::uint64_t high, std::uint64_t low) {
    v1::Time time;
    time.set_boot_id_high(high);
    time.set_boot_id_low(low);
    return wire::from_wire(time).boot;
}

Result<RecordedTransition> transition_of(const v1::Transition& message) {
    Result<alarms::Alarm> alarm = wire::from_wire(message.alarm());
    if (!alarm) {
        return pass(alarm);
    }
    if (message.kind() < v1::TRANSITION_KIND_RAISED || message.kind() > v1::TRANSITION_KIND_HANDLING) {
        return fail(Errc::kCorrupt, "a transition that this release does not know");
    }
    RecordedTransition out;
    out.kind = static_cast<alarms::TransitionKind>(message.kind());
    out.alarm = std::move(*alarm);
    out.notify = message.notify();
    return out;
}

}  // namespace

Result<Recorded> RecordReader::read(const store::Record& record) {
    v1::Record message;
    const bool read = record.encoding == store::Encoding::kJson
                          ? google::protobuf::util::JsonStringToMessage(record.bytes, &message).ok()
                          : message.ParseFromString(record.bytes);
    if (!read) {
        return fail(Errc::kCorrupt, "not a record of this release");
    }
    Recorded out;
    out.written = wire::from_wire(message.written());
    if (message.has_transition()) {
        Result<RecordedTransition> transition = transition_of(message.transition());
        if (!transition) {
            return pass(transition);
        }
        out.transition = std::move(*transition);
    } else if (message.has_clock_fix()) {
        const v1::ClockFix& fix = message.clock_fix();
        out.clock_fix = {boot_of(fix.boot_id_high(), fix.boot_id_low()),
                         ClockFix{fix.version(), fix.wall_of_zero_us(), fix.uncertainty_us()}};
    } else if (message.has_batch()) {
        const AliasTable* const aliases = aliases_of(message.batch().catalogue_hash());
        if (aliases == nullptr) {
            return fail(Errc::kNotFound, "there is no catalogue " + message.batch().catalogue_hash());
        }
        if (Result<void> decoded = decode_batch(message.batch(), *aliases, samples_); !decoded) {
            return pass(decoded);
        }
        out.has_samples = true;
        out.samples_start = wire::from_wire(message.batch().start());
    }
    return out;
}

const AliasTable* RecordReader::aliases_of(const std::string& hash) {
    const auto known = tables_.find(hash);
    if (known != tables_.end()) {
        return known->second.get();
    }
    std::unordered_map<std::uint32_t, AliasCoding> codings;
    for (const std::string& bytes : catalogue_(hash)) {
        v1::CatalogueChange part;
        if (!part.ParseFromString(bytes) || part.hash() != hash) {
            codings.clear();
            break;
        }
        for (const v1::CataloguePoint& point : part.points()) {
            const auto [at, fresh] = numbers_.try_emplace({point.device(), point.name()},
                                                          static_cast<std::int32_t>(points_.size()));
            if (fresh) {
                points_.push_back({point.device(), point.name()});
            }
            codings[point.alias()] = {at->second, point.resolution(), point.offset(),
                                      point.type() == v1::POINT_TYPE_TEXT};
        }
    }
    auto table = codings.empty() ? nullptr : std::make_unique<AliasTable>(std::move(codings));
    return tables_.emplace(hash, std::move(table)).first->second.get();
}

}  // namespace gengfu::publish
