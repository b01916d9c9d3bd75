#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/read_device.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::config {

/// Lays the rules of class, profile and device over each other and on the device's points.
class RuleLayer {
public:
    /// Both outlive it.
    RuleLayer(Site& site, Report& report) : site_(site), report_(report) {}

    /// Adds the rules of one device to the site. A device that its class does not judge at all is reported.
    void apply(const DeviceReader::Draft& device);
    /// Adds the [[rule]] tables of the configuration, which judge rules of several devices. After all
    /// devices.
    void apply_across(const Node& root);
    /// Finds the rules that groups ask for, by their names. Last.
    void resolve_groups();
    /// Finds the devices that actions write to, and holds them to what their profiles allow. Before
    /// resolve_groups().
    void resolve_actions();

private:
    /// A rule after the layers of class and profile, which many devices share.
    struct Shared {
        Node merged;
        RuleDraft draft;
        bool of_class = false;
    };
    using SharedRules = std::vector<Shared>;

    /// "device "manhole-017"": begins the messages about its own rules.
    std::string owner_of(const DeviceReader::Draft& device) const;

    /// How the rules of a device fared.
    struct Tally {
        std::size_t judging = 0;   ///< laid on a point that is measured
        std::size_t alarming = 0;  ///< of these: not only a condition for groups
        std::size_t watching = 0;  ///< `silent` of the whole device, and rules on how the sensor is
        std::size_t lost = 0;      ///< of the class: no point found
        std::size_t off = 0;       ///< switched off by class or profile
        std::size_t off_by_device = 0;
        std::size_t unsound = 0;          ///< reported already
        std::vector<std::string> wanted;  ///< roles and points that the lost ones look for
    };

    /// A device of which a class judges conditions alone, as far as the device itself tells.
    struct Conditional {
        DeviceId device;
        At at;
        std::string device_class;
        std::vector<std::string> wanted;
    };
    void doubt_weakened(const DeviceReader::Draft& device, const RuleDraft& of_class, const RuleDraft& draft,
                        const Entry& own);
    void doubt_conditions();

    const SharedRules& shared_rules(const DeviceReader::Draft& device);
    void lay(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own, Tally& tally);
    void lay_own(const DeviceReader::Draft& device, const SharedRules& shared, Tally& tally);
    void lay_together(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own,
                      Tally& tally);
    void lose(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own, Tally& tally);
    void doubt_roles(const DeviceReader::Draft& device, const RuleDraft& draft);
    bool complain_missing(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own);
    bool fits(const DeviceReader::Draft& device, const RuleDraft& draft, const Rule& rule, const Entry* own);
    bool fits_time(const DeviceReader::Draft& device, const RuleDraft& draft, const Entry* own,
                   Duration interval);
    bool add(const DeviceReader::Draft& device, const RuleDraft& draft, Rule rule);
    void conclude(const DeviceReader::Draft& device, const Tally& tally);
    std::optional<RuleDraft> at_pace_of(const DeviceReader::Draft& device, const RuleDraft& draft,
                                        const Entry* own, PointRef point) const;
    bool find_inputs(const DeviceReader::Draft& device, const RuleDraft& draft, Rule& rule);
    void read_across(const Node& table, Names& names);

    /// A group whose list is not resolved yet.
    struct Group {
        std::size_t rule = 0;  ///< position in the site
        std::vector<MemberDraft> members;
        bool named = false;  ///< somebody wrote it for this device: what it asks for must be there
    };
    using Found = std::map<std::pair<std::string, std::string>, std::vector<RuleId>>;
    bool resolve(const Group& group, const Found& found);
    void complain_member(const Group& group, const MemberDraft& member, const std::string& device,
                         const Found& found);
    bool complain_repeated(const Group& group);
    std::string owner_missing(const MemberDraft& member) const;
    void drop(const std::vector<std::size_t>& lost);

    /// An action whose device is not found yet.
    struct Acting {
        std::size_t rule = 0;  ///< position in the site
        ActionDraft draft;
    };
    bool complain_action(const Acting& acting, DeviceId device);

    Site& site_;
    Report& report_;
    std::map<std::pair<const ClassDraft*, const ProfileDraft*>, SharedRules> shared_;
    std::vector<Group> groups_;
    std::vector<Acting> acting_;
    std::vector<Conditional> conditional_;
    /// Rules that a device has but that do not judge, and why: "is switched off (enabled = false)".
    std::map<std::pair<std::string, std::string>, std::string> idle_;
    std::set<DeviceId> strange_;  ///< devices whose profile is not there: reported
    bool full_ = false;
    std::size_t anomalies_ = 0;  ///< rules of that kind so far
    bool too_many_anomalies_ = false;
};

}  // namespace gengfu::config
