#include "governance/ingest/outgoing.hpp"

#include "gengfu/v1/feed.pb.h"

namespace gengfu::ingest {
namespace {

/// A command that comes later than this has lost its point: it is asked again.
constexpr Duration kCommandLives = std::chrono::minutes(5);

void fill(const std::vector<Committed>& committed,
          google::protobuf::RepeatedPtrField<v1::ConfirmedRanges>& out) {
    for (const Committed& one : committed) {
        v1::ConfirmedRanges& ranges = *out.Add();
        ranges.set_epoch(one.epoch);
        ranges.set_stream(static_cast<v1::Stream>(one.stream));
        for (const store::SequenceRange& range : one.ranges) {
            v1::ConfirmedRange& to = *ranges.add_ranges();
            to.set_first(range.first);
            to.set_last(range.last);
        }
    }
}

v1::Command command(const std::string& consumer, const std::string& id, Wall now) {
    v1::Command out;
    out.set_id(id);
    out.set_on_behalf_of(consumer);
    out.mutable_issued()->set_wall_us(now.time_since_epoch().count());
    const Wall end = now + std::chrono::duration_cast<std::chrono::microseconds>(kCommandLives);
    out.mutable_expires()->set_wall_us(end.time_since_epoch().count());
    return out;
}

}  // namespace

std::string encode_confirm(const std::string& consumer, const std::vector<Committed>& committed) {
    v1::Confirm out;
    out.set_consumer(consumer);
    fill(committed, *out.mutable_ranges());
    return out.SerializeAsString();
}

std::string encode_rebirth(const std::string& consumer, const std::string& id,
                           const std::string& catalogue_hash, Wall now) {
    v1::Command out = command(consumer, id, now);
    out.set_reason("a batch names a catalogue that the database does not have");
    out.set_catalogue_hash(catalogue_hash);
    return out.SerializeAsString();
}

std::string encode_resend(const std::string& consumer, const std::string& id,
                          const std::vector<Committed>& committed, Wall now) {
    v1::Command out = command(consumer, id, now);
    out.set_reason("the database was restored");
    out.set_consumer(consumer);
    fill(committed, *out.mutable_except_ranges());
    return out.SerializeAsString();
}

void ConfirmPace::touched(const std::string& gateway, const std::string& base) {
    Entry& entry = gateways_[gateway];
    entry.base = base;
    waiting_ += entry.fresh ? 0 : 1;
    entry.fresh = true;
}

void ConfirmPace::spoken(const std::string& gateway, Monotonic now) {
    const auto found = gateways_.find(gateway);
    if (found != gateways_.end()) {
        found->second.last = now;
        found->second.ever = true;
    }
}

std::vector<ConfirmPace::Due> ConfirmPace::due(Monotonic now, std::size_t most) {
    std::vector<Due> out;
    if (waiting_ == 0) {
        return out;
    }
    for (auto& [gateway, entry] : gateways_) {
        if (out.size() >= most) {
            break;
        }
        if (entry.fresh && (!entry.ever || now - entry.last >= every_)) {
            out.push_back({gateway, entry.base, !entry.ever});
            entry.last = now;
            entry.ever = true;
            entry.fresh = false;
            --waiting_;
        }
    }
    return out;
}

}  // namespace gengfu::ingest
