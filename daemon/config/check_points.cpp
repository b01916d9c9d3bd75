#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

std::uint32_t last_address(const PointSpec& spec) {
    return spec.reg.address + std::uint32_t{register_count(spec.type, spec.length)} - 1;
}

std::string subject(const PointSpec& spec) {
    return "point " + in_quotes(spec.name);
}

std::uint16_t limit_of(const Profile& profile, Space space) {
    return space == Space::kCoil || space == Space::kDiscrete ? profile.max_bits : profile.max_registers;
}

void check_width(const Profile& profile, const PointSpec& spec, At at, Report& report) {
    const std::uint16_t width = register_count(spec.type, spec.length);
    const std::uint16_t limit = limit_of(profile, spec.reg.space);
    if (width > limit) {
        report.error(
            at, fmt::format("{}: takes {} registers, the device gives at most {} a request (max_registers)",
                            subject(spec), width, limit));
    }
    const std::uint32_t aligned = (spec.reg.address % 2) + width;
    if (profile.even_start && width <= limit && aligned > limit) {
        report.error(
            at, fmt::format("{}: takes {} registers with the even start that `align` asks for, the device "
                            "gives at most {} a request (max_registers)",
                            subject(spec), aligned, limit));
    }
}

void check_forbidden(const Profile& profile, const PointSpec& spec, At at, Report& report) {
    const unsigned count = register_count(spec.type, spec.length);
    if (const std::string mistake = forbidden_mistake(profile, spec.reg, count); !mistake.empty()) {
        report.error(at, subject(spec) + ": " + mistake);
    }
}

void check_touched(const ProfileDraft& draft, const char* key, Register reg, At at, Report& report) {
    if (const std::string mistake = forbidden_mistake(draft.profile, reg, 1); !mistake.empty()) {
        report.error(at, fmt::format("{}: {}", key, mistake));
    }
}

void check_writes(const ProfileDraft& draft, Report& report) {
    for (std::size_t i = 0; i < draft.profile.writable.size(); ++i) {
        check_touched(draft, "write", draft.profile.writable[i].reg, draft.writable_at[i], report);
    }
    for (std::size_t i = 0; i < draft.profile.setup.size(); ++i) {
        check_touched(draft, "setup", draft.profile.setup[i].reg, draft.setup_at[i], report);
    }
}

/// A point whose value another one needs to be decoded must be a plain number that comes from the device.
void check_references(const ProfileDraft& draft, std::size_t index, Report& report) {
    const PointSpec& spec = draft.profile.points[index];
    const auto check = [&](PointRef reference, const char* key) {
        const PointSpec& other = draft.profile.points[reference];
        if (other.decimals_from || other.unit_from) {
            report.error(draft.points_at[index],
                         fmt::format("{}: {} names point {}, which itself depends on another", subject(spec),
                                     key, in_quotes(other.name)));
        }
        if (other.type == Type::kString) {
            report.error(draft.points_at[index], fmt::format("{}: {} names point {}, which is a string",
                                                             subject(spec), key, in_quotes(other.name)));
        }
    };
    if (spec.decimals_from) {
        check(*spec.decimals_from, "decimals_from");
    }
    if (spec.unit_from) {
        check(spec.unit_from->point, "unit_from");
    }
}

struct Group {
    std::size_t first_index = 0;
    Space space = Space::kHolding;
    std::uint32_t low = 0, high = 0;
    std::optional<Duration> interval;
    bool on_connect = false;
};

void join_group(const ProfileDraft& draft, std::size_t index, Group& group, Report& report) {
    const PointSpec& spec = draft.profile.points[index];
    const At at = draft.points_at[index];
    const std::string& first = draft.profile.points[group.first_index].name;
    if (spec.reg.space != group.space) {
        report.error(
            at,
            fmt::format("{}: same_read {} began with point {} in other registers ({}): one request cannot "
                        "read both",
                        subject(spec), in_quotes(spec.same_read), in_quotes(first),
                        to_text(draft.profile.points[group.first_index].reg)));
        return;
    }
    if (spec.interval != group.interval || spec.read_on_connect != group.on_connect) {
        report.error(at, fmt::format("{}: same_read {} must be read as often as its other points ({})",
                                     subject(spec), in_quotes(spec.same_read), in_quotes(first)));
    }
    group.low = std::min<std::uint32_t>(group.low, spec.reg.address);
    group.high = std::max(group.high, last_address(spec));
}

void check_span(const ProfileDraft& draft, const std::string& name, const Group& group, Report& report) {
    const Profile& profile = draft.profile;
    std::uint32_t low = group.low;
    std::uint32_t span = group.high - low + 1;
    if (profile.even_start && low % 2 != 0) {
        --low;
        ++span;
    }
    span += profile.even_count ? span % 2 : 0;
    const At at = draft.points_at[group.first_index];
    const std::uint16_t limit = limit_of(profile, group.space);
    if (span > limit) {
        report.error(
            at,
            fmt::format("same_read {}: its points span {} registers, the device gives at most {} a request "
                        "(max_registers)",
                        in_quotes(name), span, limit));
    }
    for (const Forbidden& forbidden : profile.forbid) {
        if (forbidden.space == group.space && low <= forbidden.last && low + span - 1 >= forbidden.first) {
            report.error(
                at,
                fmt::format("same_read {}: one request for its points would touch registers that `forbid` "
                            "lists",
                            in_quotes(name)));
        }
    }
}

}  // namespace

std::string forbidden_mistake(const Profile& profile, Register reg, unsigned count) {
    const unsigned last = reg.address + count - 1;
    const bool forbidden =
        std::any_of(profile.forbid.begin(), profile.forbid.end(), [&](const Forbidden& one) {
            return one.space == reg.space && reg.address <= one.last && last >= one.first;
        });
    return forbidden ? to_text(reg) + " lies in registers that `forbid` says must never be touched" : "";
}

void check_points(const ProfileDraft& draft, Report& report) {
    std::map<std::string, Group> groups;
    for (std::size_t i = 0; i < draft.profile.points.size(); ++i) {
        const PointSpec& spec = draft.profile.points[i];
        if (spec.is_virtual()) {
            continue;
        }
        check_width(draft.profile, spec, draft.points_at[i], report);
        check_forbidden(draft.profile, spec, draft.points_at[i], report);
        check_references(draft, i, report);
        if (spec.same_read.empty()) {
            continue;
        }
        const Group fresh{
            i, spec.reg.space, spec.reg.address, last_address(spec), spec.interval, spec.read_on_connect};
        const auto [existing, inserted] = groups.emplace(spec.same_read, fresh);
        if (!inserted) {
            join_group(draft, i, existing->second, report);
        }
    }
    for (const auto& [name, group] : groups) {
        check_span(draft, name, group, report);
    }
    check_writes(draft, report);
}

}  // namespace gengfu::config
