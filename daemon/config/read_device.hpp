#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/library.hpp"
#include "daemon/config/names.hpp"
#include "daemon/config/sections.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::config {

/// Reads [[device]] tables one by one into a site whose buses, feeds and parties are known.
class DeviceReader {
public:
    /// All outlive the reader.
    DeviceReader(Site& site, const Known& known, Library& library, Report& report);

    /// What the rules of a device need beside the device itself.
    struct Draft {
        DeviceId id;
        At at;                                     ///< of the table
        At class_at;                               ///< of the key `class`
        const ProfileDraft* profile = nullptr;     ///< null: unknown, reported
        const ClassDraft* device_class = nullptr;  ///< null: none, or unknown and reported
        bool has_class = false;
        std::vector<Entry> rules;  ///< [device.rule.NAME]
    };

    /// Adds the device and its points to the site.
    Draft read(const Node& table);

private:
    void read_bus(Reader& reader, Device& device);
    void read_unit(Reader& reader, Device& device);
    void read_profile(Reader& reader, Device& device, Draft& draft);
    void read_class(Reader& reader, Device& device, Draft& draft);
    void read_interval(Reader& reader, Device& device);
    void read_parameters(Reader& reader, Device& device);
    void read_channels(Reader& reader, Device& device, const Draft& draft);
    void read_channel(const Node& table, Device& device, const Draft& draft, Names& names,
                      std::map<std::uint32_t, At>& taken);
    void read_channel_points(Reader& reader, const Device& device, const Draft& draft,
                             std::map<std::uint32_t, At>& taken, Channel& channel);
    void use_component(const std::string& code, const Device& device, At at);
    void doubt_serial(Reader& reader, const Device& device, const Profile& profile);

    struct Use {
        std::string device;
        At at;
    };

    Site& site_;
    const Known& known_;
    Library& library_;
    Report& report_;
    Names names_{"device"};
    std::map<std::string, std::uint16_t> profiles_;                ///< positions in the site
    std::map<std::pair<std::uint32_t, std::uint8_t>, Use> units_;  ///< by bus and unit
    std::map<std::string, Use> components_;
    bool bus_found_ = false;
};

}  // namespace gengfu::config
