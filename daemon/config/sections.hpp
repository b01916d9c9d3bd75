#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/config/names.hpp"
#include "daemon/config/profiles.hpp"
#include "daemon/config/reader.hpp"
#include "daemon/config/site.hpp"

/// The readers of the sections of a configuration. Each takes a table and gives plain values; what is wrong
/// goes to the report, and what then stands in the value does not matter.
namespace gengfu::config {

/// All configuration files as one table: tables are joined, [[lists of tables]] strung together, anything
/// else that stands twice is reported with both places.
void join_file(Node& root, const Node& file, Report& report);

Gateway read_gateway(const Node& root, Report& report);
/// `base` with what `table` states.
Place read_place(const Node& table, const std::string& schema, const std::string& subject, const Place& base,
                 Report& report);
Mqtt read_mqtt(const Node& root, Credentials credentials, Report& report);
Store read_store(const Node& root, Report& report);
Console read_console(const Node& root, Report& report);

/// What devices refer to by name.
struct Known {
    Names buses{"bus"};
    Names feeds{"feed"};
    Names parties{"party"};
};
/// \param at  gets where each of them stands
std::vector<Bus> read_buses(const Node& root, Names& names, Report& report, std::vector<Position>& at);
std::vector<Feed> read_feeds(const Node& root, Names& names, Report& report);
std::vector<Party> read_parties(const Node& root, Names& names, Report& report);

/// Reads the keys `component authority owner maintainer location place` of a device or channel over what
/// `base` says.
Component read_component(Reader& reader, const std::string& schema, const Component& base,
                         const Known& known);

/// A profile file as read, with the places that later checks need.
struct ProfileDraft {
    Profile profile;
    At at;                        ///< of the file
    std::vector<At> points_at;    ///< of each [[point]]
    std::vector<At> roles_at;     ///< of each point's role
    std::vector<At> writable_at;  ///< of each [[write]]
    std::vector<At> setup_at;     ///< of each [[setup]]
    std::vector<Entry> rules;     ///< [rule.NAME]
    std::vector<Probe> identify;
    std::optional<Provision> provision;
};
/// \param stem  the file's name without .toml, which must be the profile's name
ProfileDraft read_profile(const Node& root, const std::string& stem, Report& report);

/// The keys of a profile that say what may be done with its registers: align, forbid, identify, provision,
/// write.
void read_access(Reader& reader, ProfileDraft& draft, Report& report);

/// Why `count` registers from `reg` on must not be touched; empty: the profile's `forbid` has none of them.
std::string forbidden_mistake(const Profile& profile, Register reg, unsigned count);

/// One [[point]]; `points` has the names of all points of the profile.
struct PointDraft {
    PointSpec spec;
    At at, role_at;
};
PointDraft read_point(const Node& table, const std::vector<std::string>& points, Report& report);
/// Reports what the points of a profile cannot be together: too wide for a request, groups that do not fit in
/// one, in forbidden registers.
void check_points(const ProfileDraft& draft, Report& report);

struct ClassDraft {
    std::string name;
    At at;
    std::vector<Entry> rules;  ///< key: the rule's name
};
ClassDraft read_class(const Node& root, const std::string& stem, Report& report);

/// A rule of a group's list, by names.
struct MemberDraft {
    std::string device;  ///< empty: the rule's own
    std::string rule;
    bool negated = false;
    At at;
};

/// The `action` of a rule, before it is known which device is meant.
struct ActionDraft {
    std::string device;  ///< empty: the rule's own
    Action action;
    At at, device_at, write_at, on_at, off_at;
};

/// A rule with all layers merged, before it is laid on points.
struct RuleDraft {
    std::string name;
    At at;  ///< of the uppermost layer
    std::optional<RuleKind> kind;
    std::string point, role;          ///< at most one
    std::vector<std::string> points;  ///< kAnomaly: instead of them
    At selector_at;                   ///< of `point`, `role` or `points`
    bool enabled = true;
    bool sound = true;                 ///< false: something in it was reported, say no more
    std::vector<std::string> missing;  ///< keys without which it cannot judge
    std::optional<double> deadband;
    At limits_at;                      ///< of the limit or levels, as its uppermost layer has them
    At clearing_at;                    ///< likewise of what decides when it clears
    At delay_at;                       ///< of the on-delay
    At time_at;                        ///< of `for` or `window`
    std::string limit_of;              ///< name of the point that the limits are taken from; empty: none
    std::vector<MemberDraft> members;  ///< of groups
    At of_at;
    std::optional<ActionDraft> action;
    Rule rule;  ///< without device, points, deadband, members
};
/// Reads the keys of kind `anomaly` alone, after those of every kind.
void read_anomaly(Reader& reader, RuleDraft& draft);
/// Puts a layer of a rule's settings over the layers below: key by key, where `limit` and `levels`, and
/// `point` and `role`, put each other out.
void overlay_rule(Node& below, const Node& above);
/// \param owner  begins the messages, "device "manhole-017""; empty for rules of classes and profiles, whose
///               file tells
RuleDraft read_rule(const std::string& name, const Node& merged, Report& report,
                    const std::string& owner = {});

}  // namespace gengfu::config
