#include "daemon/publish/wire.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "daemon/config/rule_kind.hpp"
#include "daemon/publish/wire_parts.hpp"

namespace gengfu::publish::wire {

namespace v1 = gengfu::v1;

namespace {

using Actors = std::array<std::pair<alarms::ActorKind, const char*>, 3>;
constexpr Actors kActors{{{alarms::ActorKind::kGateway, "gateway"},
                          {alarms::ActorKind::kUser, "user"},
                          {alarms::ActorKind::kPlatform, "platform"}}};

std::uint64_t big_endian(const BootId& boot, std::size_t from) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value = value << 8U | boot[from + i];
    }
    return value;
}

void big_endian(std::uint64_t value, BootId& boot, std::size_t from) {
    for (std::size_t i = 0; i < 8; ++i) {
        boot[from + 7 - i] = static_cast<std::uint8_t>(value >> (8U * i) & 0xFFU);
    }
}

}  // namespace

const char* to_string(config::RuleKind kind) {
    return config::to_string(kind).data();  // of a literal: it ends with a zero
}

v1::Time to_wire(const alarms::Stamp& stamp) {
    v1::Time out;
    out.set_boot_id_high(big_endian(stamp.boot, 0));
    out.set_boot_id_low(big_endian(stamp.boot, 8));
    out.set_monotonic_us(stamp.monotonic_us);
    if (stamp.wall) {
        out.set_wall_us(stamp.wall->time_since_epoch().count());
    }
    return out;
}

v1::Time to_wire(const BootId& boot, Monotonic monotonic, std::optional<Wall> wall) {
    const auto since_boot =
        std::chrono::duration_cast<std::chrono::microseconds>(monotonic.time_since_epoch());
    return to_wire(alarms::Stamp{boot, since_boot.count(), wall});
}

alarms::Stamp from_wire(const v1::Time& time) {
    alarms::Stamp out;
    big_endian(time.boot_id_high(), out.boot, 0);
    big_endian(time.boot_id_low(), out.boot, 8);
    out.monotonic_us = time.monotonic_us();
    if (time.wall_us() != 0) {
        out.wall = Wall(std::chrono::microseconds(time.wall_us()));
    }
    return out;
}

v1::Text to_wire(const config::Text& text) {
    v1::Text out;
    out.set_zh(text.zh);
    out.set_en(text.en);
    return out;
}

config::Text text_from(const v1::Text& text) {
    return {text.zh(), text.en()};
}

v1::Actor to_wire(const alarms::Actor& actor) {
    v1::Actor out;
    for (const auto& [kind, name] : kActors) {
        if (kind == actor.kind) {
            out.set_kind(name);
        }
    }
    out.set_name(actor.name);
    out.set_on_behalf_of(actor.on_behalf_of);
    out.set_reason(actor.reason);
    return out;
}

Result<alarms::Actor> actor_from(const v1::Actor& in) {
    for (const auto& [kind, name] : kActors) {
        if (in.kind() == name) {
            return alarms::Actor{kind, in.name(), in.on_behalf_of(), in.reason()};
        }
    }
    return fail(Errc::kCorrupt, "alarm: unknown kind of actor \"" + in.kind() + "\"");
}

}  // namespace gengfu::publish::wire
