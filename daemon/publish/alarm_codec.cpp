#include "daemon/publish/alarm_codec.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <utility>

#include "daemon/config/values.hpp"
#include "daemon/publish/wire.hpp"
#include "gengfu/store/v1/book.pb.h"

namespace gengfu::publish {

namespace stored = gengfu::store::v1;

namespace {

void to_stored(const alarms::Alarm& alarm, stored::StoredAlarm& out) {
    *out.mutable_alarm() = wire::to_wire(alarm);
    if (alarm.texts) {
        *out.mutable_text_template() = wire::to_wire(alarm.texts->text);
    }
}

Result<alarms::Alarm> from_stored(const stored::StoredAlarm& in) {
    Result<alarms::Alarm> alarm = wire::from_wire(in.alarm());
    if (alarm) {
        auto texts = std::make_shared<config::RuleText>(*alarm->texts);
        texts->text = {in.text_template().zh(), in.text_template().en()};
        alarm->texts = std::move(texts);
    }
    return alarm;
}

void to_stored(const rules::RuleMemory& memory, stored::RuleTimer& out) {
    out.set_device(memory.device);
    out.set_point(memory.point);
    out.set_rule(memory.rule);
    stored::RuleState& state = *out.mutable_state();
    state.set_active(memory.active);
    state.set_uncertain(memory.uncertain);
    state.set_level(memory.level);
    state.set_pending_level(memory.pending_level);
    state.set_pending_ns(memory.pending.count());
    if (memory.counted) {
        state.set_counted_ns(memory.counted->count());
        state.set_low(memory.low);
        state.set_high(memory.high);
    }
}

rules::RuleMemory from_stored(const stored::RuleTimer& in) {
    const stored::RuleState& state = in.state();
    return {.device = in.device(),
            .point = in.point(),
            .rule = in.rule(),
            .active = state.active(),
            .uncertain = state.uncertain(),
            .level = state.level(),
            .pending_level = state.pending_level(),
            .pending = Duration(state.pending_ns()),
            .counted = state.has_counted_ns() ? std::optional(Duration(state.counted_ns())) : std::nullopt,
            .low = state.low(),
            .high = state.high()};
}

void to_stored(const std::string& device, const alarms::Hold* hold, stored::DeviceService& out) {
    out.set_device(device);
    if (hold != nullptr) {
        *out.mutable_hold() = wire::to_wire(*hold);
    }
}

Result<alarms::ServiceChange> from_stored(const stored::DeviceService& in) {
    alarms::ServiceChange out{in.device(), std::nullopt, {}};
    if (in.has_hold()) {
        Result<alarms::Hold> hold = wire::from_wire(in.hold());
        if (!hold) {
            return pass(hold);
        }
        out.hold = std::move(*hold);
    }
    return out;
}

void to_stored(const alarms::Key& key, AlarmId alarm, stored::OutputClaim& out) {
    out.set_device(key.device);
    out.set_point(key.point);
    out.set_rule(key.rule);
    out.set_raise_epoch(alarm.epoch.value);
    out.set_raise_sequence(alarm.sequence);
}

alarms::Key key_of(const stored::OutputClaim& in) {
    return {in.device(), in.point(), in.rule()};
}

AlarmId alarm_of(const stored::OutputClaim& in) {
    return {Epoch{in.raise_epoch()}, in.raise_sequence()};
}

void to_stored(const alarms::KeptOutput& output, stored::Output& out) {
    out.set_device(output.device);
    out.set_register_(config::to_text(output.reg));
    out.set_off(output.off);
    out.set_touched(output.touched);
    if (output.alarm) {
        to_stored(output.because, *output.alarm, *out.mutable_because());
    }
    for (const alarms::KeptClaim& claim : output.claims) {
        stored::OutputClaim& one = *out.add_claims();
        to_stored(claim.key, claim.alarm, one);
        *one.mutable_since() = wire::to_wire(claim.since);
        *one.mutable_until() = wire::to_wire(claim.until);
        one.set_spent(claim.spent);
    }
}

Result<alarms::KeptOutput> from_stored(const stored::Output& in) {
    const Result<config::Register> reg = config::parse_register(in.register_());
    if (!reg) {
        return fail(Errc::kCorrupt, "alarm book: an output's register is no register: " + in.register_());
    }
    alarms::KeptOutput out{in.device(), *reg, in.off(), in.touched(), {}, {}, {}};
    if (in.has_because()) {
        out.because = key_of(in.because());
        out.alarm = alarm_of(in.because());
    }
    for (const stored::OutputClaim& claim : in.claims()) {
        out.claims.push_back({key_of(claim), alarm_of(claim), wire::from_wire(claim.since()),
                              wire::from_wire(claim.until()), claim.spent()});
    }
    return out;
}

}  // namespace

std::string encode_service(const alarms::ServiceChange& change) {
    stored::StoredAlarm out;
    to_stored(change.device, change.hold ? &*change.hold : nullptr, *out.mutable_service());
    return out.SerializeAsString();
}

std::string encode_learned(const std::string& learned) {
    stored::StoredAlarm out;
    out.set_learned(learned);
    return out.SerializeAsString();
}

Result<LeftBehind> decode_left_behind(const std::string& bytes) {
    stored::StoredAlarm in;
    if (!in.ParseFromString(bytes)) {
        return fail(Errc::kCorrupt,
                    "state of an event: " + std::to_string(bytes.size()) + " bytes that are no message");
    }
    LeftBehind out;
    if (in.has_service()) {
        Result<alarms::ServiceChange> service = from_stored(in.service());
        if (!service) {
            return pass(service);
        }
        out.service = std::move(*service);
        return out;
    }
    if (!in.learned().empty()) {
        out.learned = in.learned();
        return out;
    }
    Result<alarms::Alarm> alarm = from_stored(in);
    if (!alarm) {
        return pass(alarm);
    }
    out.alarm = std::move(*alarm);
    return out;
}

std::string encode_alarm(const alarms::Alarm& alarm) {
    stored::StoredAlarm out;
    to_stored(alarm, out);
    return out.SerializeAsString();
}

Result<alarms::Alarm> decode_alarm(const std::string& bytes) {
    stored::StoredAlarm in;
    if (!in.ParseFromString(bytes)) {
        return fail(Errc::kCorrupt,
                    "stored alarm: " + std::to_string(bytes.size()) + " bytes that are no message");
    }
    return from_stored(in);
}

std::string encode_book(const Book& book) {
    stored::Book out;
    for (const alarms::Alarm& alarm : book.alarms) {
        to_stored(alarm, *out.add_alarms());
    }
    for (const rules::RuleMemory& memory : book.memory) {
        to_stored(memory, *out.add_timers());
    }
    for (const auto& [point, alias] : book.aliases) {
        (*out.mutable_aliases())[point] = alias;
    }
    out.set_catalogue_hash(book.catalogue_hash);
    for (const AnsweredCommand& command : book.commands) {
        stored::AnsweredCommand& one = *out.add_commands();
        // Ours, written a moment ago.
        static_cast<void>(one.mutable_reply()->ParseFromString(command.reply));
        one.set_expires_us(command.expires_us);
    }
    if (book.undated_boot != BootId{}) {
        out.set_undated_boot(std::string(book.undated_boot.begin(), book.undated_boot.end()));
    }
    out.set_learned(book.learned);
    for (const auto& [device, hold] : book.services) {
        to_stored(device, &hold, *out.add_services());
    }
    for (const alarms::KeptOutput& output : book.outputs) {
        to_stored(output, *out.add_outputs());
    }
    for (const auto& [consumer, lasts] : book.silences) {
        stored::Silence& one = *out.add_silences();
        one.set_consumer(consumer);
        one.set_seconds(lasts.count());
    }
    for (const AlarmId id : book.over) {
        const int last = out.over_size() - 1;
        const bool goes_on = last >= 0 && out.over(last).epoch() == id.epoch.value;
        stored::OverAlarms& run = goes_on ? *out.mutable_over(last) : *out.add_over();
        run.set_epoch(id.epoch.value);
        run.add_sequences(id.sequence);
    }
    out.set_complete_start(book.complete_start);
    if (book.as_of != alarms::Stamp{}) {
        *out.mutable_as_of() = wire::to_wire(book.as_of);
    }
    // The same book, the same bytes: whoever writes it down only when it has changed must be able to tell. A
    // map has another order every time otherwise.
    std::string bytes;
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        out.SerializeToCodedStream(&coded);
    }
    return bytes;
}

Result<Book> decode_book(const std::string& bytes) {
    stored::Book in;
    if (!in.ParseFromString(bytes)) {
        return fail(Errc::kCorrupt,
                    "alarm book: " + std::to_string(bytes.size()) + " bytes that are no message");
    }
    Book out;
    for (const stored::StoredAlarm& alarm : in.alarms()) {
        Result<alarms::Alarm> decoded = from_stored(alarm);
        if (!decoded) {
            return pass(decoded);
        }
        out.alarms.push_back(std::move(*decoded));
    }
    for (const stored::RuleTimer& timer : in.timers()) {
        out.memory.push_back(from_stored(timer));
    }
    out.aliases.insert(in.aliases().begin(), in.aliases().end());
    out.catalogue_hash = in.catalogue_hash();
    for (const stored::AnsweredCommand& command : in.commands()) {
        out.commands.push_back({command.reply().SerializeAsString(), command.expires_us()});
    }
    if (in.undated_boot().size() == out.undated_boot.size()) {
        std::copy(in.undated_boot().begin(), in.undated_boot().end(), out.undated_boot.begin());
    }
    out.learned = in.learned();
    for (const stored::DeviceService& service : in.services()) {
        Result<alarms::ServiceChange> decoded = from_stored(service);
        if (!decoded) {
            return pass(decoded);
        }
        if (decoded->hold) {
            out.services.emplace(decoded->device, std::move(*decoded->hold));
        }
    }
    for (const stored::Output& output : in.outputs()) {
        Result<alarms::KeptOutput> decoded = from_stored(output);
        if (!decoded) {
            return pass(decoded);
        }
        out.outputs.push_back(std::move(*decoded));
    }
    for (const stored::Silence& silence : in.silences()) {
        constexpr std::int64_t kMost = 100LL * 366 * 86'400;  // a century: beyond it a file is damaged
        out.silences[silence.consumer()] =
            std::chrono::seconds(std::clamp<std::int64_t>(silence.seconds(), 0, kMost));
    }
    for (const stored::OverAlarms& run : in.over()) {
        for (const std::uint64_t sequence : run.sequences()) {
            out.over.push_back({Epoch{run.epoch()}, sequence});
        }
    }
    out.complete_start = in.complete_start();
    out.as_of = wire::from_wire(in.as_of());
    return out;
}

}  // namespace gengfu::publish
