#include "daemon/config/read_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "daemon/config/self_device.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

bool on_serial_framing(const Bus& bus) {
    return bus.kind == BusKind::kModbusRtu || bus.kind == BusKind::kModbusRtuOverTcp;
}

std::string_view word_of(Parity parity) {
    return parity == Parity::kNone ? "none" : (parity == Parity::kEven ? "even" : "odd");
}

/// Modbus over serial line V1.02, 2.2.
std::optional<std::int64_t> serial_unit(Reader& reader) {
    constexpr std::int64_t kHighest = 247;
    const Node& node = *reader.any("unit");
    const bool integer = node.kind == Node::Kind::kInteger;
    if (integer && node.integer == 0) {
        reader.error("unit",
                     "unit must be 1 to 247 on a serial line: 0 is the broadcast, which no device answers");
        return std::nullopt;
    }
    if (integer && node.integer > kHighest && node.integer <= 255) {
        reader.error("unit", fmt::format("unit must be 1 to 247 on a serial line: {} is reserved; give the "
                                         "device another id",
                                         node.integer));
        return std::nullopt;
    }
    return reader.integer("unit", 1, kHighest);
}

std::string scalar_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::kString:
            return node.text;
        case Node::Kind::kInteger:
            return fmt::format("{}", node.integer);
        case Node::Kind::kFloat:
            return fmt::format("{}", node.number);
        case Node::Kind::kBoolean:
            return node.flag ? "true" : "false";
        default:
            return "";
    }
}

}  // namespace

DeviceReader::DeviceReader(Site& site, const Known& known, Library& library, Report& report)
    : site_(site), known_(known), library_(library), report_(report) {}

DeviceReader::Draft DeviceReader::read(const Node& table) {
    Draft draft;
    draft.at = table.at;
    draft.id = DeviceId{static_cast<std::uint32_t>(site_.devices.size())};
    Device device;
    Reader reader(table, "device", "device", report_);
    if (reader.require("name")) {
        device.name = reader.name("name").value_or("");
        if (!device.name.empty()) {
            reader.set_subject("device " + in_quotes(device.name));
            names_.define(device.name, reader.at("name"), report_);
        }
        if (device.name == kSelfName) {
            reader.error("name", "this name is kept for the gateway itself: choose another");
        }
    }
    read_bus(reader, device);
    read_unit(reader, device);
    read_profile(reader, device, draft);
    read_class(reader, device, draft);
    read_interval(reader, device);
    if (const auto feed = reader.name("feed")) {
        known_.feeds.check(*feed, reader.subject(), reader.at("feed"), report_);
        device.feed = *feed;
    }
    Component base;
    base.place = site_.gateway.place;
    device.component = read_component(reader, "device", base, known_);
    use_component(device.component.code, device, reader.at("component"));
    read_parameters(reader, device);
    read_channels(reader, device, draft);
    if (const Node* const rules = reader.table("rule")) {
        draft.rules = rules->entries;
    }
    reader.finish();
    site_.devices.push_back(std::move(device));
    site_.device_at.push_back(report_.position(table.at));
    return draft;
}

void DeviceReader::read_bus(Reader& reader, Device& device) {
    bus_found_ = false;
    if (!reader.require("bus")) {
        return;
    }
    const auto name = reader.name("bus");
    if (!name || !known_.buses.check(*name, reader.subject(), reader.at("bus"), report_)) {
        return;
    }
    const auto found = std::find_if(site_.buses.begin(), site_.buses.end(),
                                    [&](const Bus& bus) { return bus.name == *name; });
    bus_found_ = found != site_.buses.end();
    device.bus = BusId{bus_found_ ? static_cast<std::uint32_t>(found - site_.buses.begin()) : 0};
}

void DeviceReader::read_unit(Reader& reader, Device& device) {
    if (!reader.require("unit")) {
        return;
    }
    const bool serial = bus_found_ && on_serial_framing(site_.bus(device.bus));
    const auto unit = serial ? serial_unit(reader) : reader.integer("unit", 0, 255);
    if (!unit || !bus_found_) {
        return;
    }
    device.unit = static_cast<std::uint8_t>(*unit);
    const auto [use, fresh] =
        units_.emplace(std::pair(device.bus.value, device.unit), Use{device.name, reader.at("unit")});
    if (!fresh) {
        reader.error("unit", fmt::format("unit {} on bus {} is that of device {}, at {}", device.unit,
                                         in_quotes(site_.bus(device.bus).name), in_quotes(use->second.device),
                                         report_.place(use->second.at)));
    }
}

void DeviceReader::read_profile(Reader& reader, Device& device, Draft& draft) {
    device.first_point = PointId{static_cast<std::uint32_t>(site_.points.size())};
    if (!reader.require("profile")) {
        return;
    }
    const auto name = reader.name("profile");
    if (!name) {
        return;
    }
    draft.profile = library_.profile(*name);
    if (draft.profile == nullptr) {
        reader.error("profile",
                     fmt::format("no profile is named {}{}{}", in_quotes(*name),
                                 did_you_mean(*name, library_.profile_names()), library_.profile_folders()));
        return;
    }
    const auto [position, fresh] =
        profiles_.emplace(*name, static_cast<std::uint16_t>(site_.profiles.size()));
    if (fresh) {
        site_.profiles.push_back(draft.profile->profile);
    }
    device.profile = position->second;
    const std::size_t count = draft.profile->profile.points.size();
    if (site_.points.size() + count > kMaxPoints) {
        reader.error("profile", fmt::format("more than {} points in all", kMaxPoints));
        draft.profile = nullptr;
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        site_.points.push_back({.device = draft.id, .spec = static_cast<PointRef>(i)});
    }
    doubt_serial(reader, device, draft.profile->profile);
}

void DeviceReader::doubt_serial(Reader& reader, const Device& device, const Profile& profile) {
    if (!bus_found_ || site_.bus(device.bus).kind != BusKind::kModbusRtu) {
        return;
    }
    const Bus& bus = site_.bus(device.bus);
    const bool differs = (profile.baud && *profile.baud != bus.serial.baud) ||
                         (profile.parity && *profile.parity != bus.serial.parity) ||
                         (profile.stop_bits && *profile.stop_bits != bus.serial.stop_bits);
    if (differs) {
        const auto line = [](std::uint32_t baud, Parity parity, std::uint8_t stop_bits) {
            return fmt::format("{} baud, parity {}, {} stop bit{}", baud, word_of(parity), stop_bits,
                               stop_bits == 1 ? "" : "s");
        };
        reader.warning("bus", fmt::format("bus {} runs at {}; profile {} ships with {}", in_quotes(bus.name),
                                          line(bus.serial.baud, bus.serial.parity, bus.serial.stop_bits),
                                          in_quotes(profile.name),
                                          line(profile.baud.value_or(bus.serial.baud),
                                               profile.parity.value_or(bus.serial.parity),
                                               profile.stop_bits.value_or(bus.serial.stop_bits))));
    }
}

void DeviceReader::read_class(Reader& reader, Device& device, Draft& draft) {
    const auto name = reader.name("class");
    draft.has_class = reader.has("class");
    draft.class_at = reader.at("class");
    if (!name) {
        return;
    }
    device.device_class = *name;
    draft.device_class = library_.device_class(*name);
    if (draft.device_class == nullptr) {
        reader.error("class",
                     fmt::format("no class is named {}{}{}", in_quotes(*name),
                                 did_you_mean(*name, library_.class_names()), library_.class_folders()));
    }
}

void DeviceReader::read_interval(Reader& reader, Device& device) {
    // What a line cannot carry is known from its budget, not here; 0 is back to back, as fast as it allows.
    device.interval = reader.duration("interval", Duration::zero(), hours(24)).value_or(device.interval);
    device.turnaround = reader.duration("turnaround", Duration::zero(), std::chrono::seconds(30));
}

void DeviceReader::read_parameters(Reader& reader, Device& device) {
    const Node* const table = reader.table("parameters");
    if (table == nullptr) {
        return;
    }
    if (table->entries.size() > kMaxParameters) {
        reader.error("parameters", fmt::format("parameters must have at most {} entries", kMaxParameters));
    }
    for (const Entry& entry : table->entries) {
        const std::string text = scalar_text(entry.value);
        const bool scalar = entry.value.kind != Node::Kind::kTable && entry.value.kind != Node::Kind::kList &&
                            entry.value.kind != Node::Kind::kTime;
        if (!scalar || text.size() > kMaxTitle || !parse_name(entry.key)) {
            report_.error(entry.at,
                          fmt::format("{}: parameters must be made of NAME = a string, number or true/false; "
                                      "found {} = {}",
                                      reader.subject(), in_quotes(entry.key), describe(entry.value)));
        } else {
            device.parameters[entry.key] = text;
        }
    }
}

void DeviceReader::read_channels(Reader& reader, Device& device, const Draft& draft) {
    Names names("channel");
    std::map<std::uint32_t, At> taken;
    for (const Node* const table : reader.tables("channel", kMaxChannels)) {
        read_channel(*table, device, draft, names, taken);
    }
}

void DeviceReader::read_channel(const Node& table, Device& device, const Draft& draft, Names& names,
                                std::map<std::uint32_t, At>& taken) {
    Channel channel;
    Reader reader(table, "device.channel", fmt::format("device {}: channel", in_quotes(device.name)),
                  report_);
    if (reader.require("name")) {
        channel.name = reader.name("name").value_or("");
        if (!channel.name.empty()) {
            reader.set_subject(
                fmt::format("device {}: channel {}", in_quotes(device.name), in_quotes(channel.name)));
            names.define(channel.name, reader.at("name"), report_);
        }
    }
    read_channel_points(reader, device, draft, taken, channel);
    channel.component = read_component(reader, "device.channel", device.component, known_);
    use_component(reader.has("component") ? channel.component.code : "", device, reader.at("component"));
    reader.finish();
    device.channels.push_back(std::move(channel));
}

void DeviceReader::read_channel_points(Reader& reader, const Device& device, const Draft& draft,
                                       std::map<std::uint32_t, At>& taken, Channel& channel) {
    std::vector<std::string> known;
    for (const PointSpec& spec :
         draft.profile == nullptr ? std::vector<PointSpec>{} : draft.profile->profile.points) {
        known.push_back(spec.name);
    }
    reader.require("points");
    const Node* const list = reader.list("points");
    for (const Node& item : list == nullptr ? std::vector<Node>{} : list->items) {
        const auto found = std::find(known.begin(), known.end(), item.text);
        if (item.kind != Node::Kind::kString || found == known.end()) {
            if (!known.empty()) {
                report_.error(item.at,
                              fmt::format("{}: the profile has no point {}{}", reader.subject(),
                                          in_quotes(scalar_text(item)), did_you_mean(item.text, known)));
            }
            continue;
        }
        const std::uint32_t id = device.first_point.value + static_cast<std::uint32_t>(found - known.begin());
        const auto [earlier, fresh] = taken.emplace(id, item.at);
        if (!fresh) {
            report_.error(item.at,
                          fmt::format("{}: point {} stands in a channel already, at {}", reader.subject(),
                                      in_quotes(item.text), report_.place(earlier->second)));
            continue;
        }
        site_.points[id].channel = static_cast<std::int32_t>(device.channels.size());
        channel.points.push_back(PointId{id});
    }
    if (list != nullptr && list->items.empty()) {
        reader.error("points", "points must not be empty");
    }
}

void DeviceReader::use_component(const std::string& code, const Device& device, At at) {
    if (code.empty()) {
        return;
    }
    const auto [use, fresh] = components_.emplace(code, Use{device.name, at});
    if (!fresh && use->second.device != device.name) {
        report_.warning(at, fmt::format("device {}: component {} is that of device {}, too, at {}",
                                        in_quotes(device.name), in_quotes(code),
                                        in_quotes(use->second.device), report_.place(use->second.at)));
    }
}

}  // namespace gengfu::config
