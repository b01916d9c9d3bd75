#include "daemon/publish/topics.hpp"

namespace gengfu::publish {

namespace {

std::string level(const std::string& name) {
    return name.empty() ? "-" : name;
}

}  // namespace

Topics::Topics(const config::Site& site)
    : base(site.mqtt.root + "/" + level(site.gateway.place.division) + "/" +
           level(site.gateway.place.community_code) + "/" + site.gateway.id + "/"),
      birth(base + "birth"),
      state(base + "state"),
      tele(base + "tele"),
      hist(base + "hist"),
      event(base + "event"),
      reply(base + "reply"),
      confirm(base + "confirm"),
      all_alarms(base + "alarm/#"),
      all_commands(base + "command/#") {}

std::string Topics::catalogue(std::size_t part) const {
    return base + "catalogue/" + std::to_string(part);
}

std::string Topics::alarm(const std::string& grid, AlarmId id) const {
    return base + "alarm/" + level(grid) + "/" + to_string(id);
}

std::optional<std::string_view> Topics::below(std::string_view folder, std::string_view topic) const {
    if (!topic.starts_with(base)) {
        return std::nullopt;
    }
    topic.remove_prefix(base.size());
    if (!topic.starts_with(folder)) {
        return std::nullopt;
    }
    topic.remove_prefix(folder.size());
    return topic;
}

std::optional<std::string> Topics::verb(const std::string& topic) const {
    const auto rest = below("command/", topic);
    return rest ? std::optional<std::string>(*rest) : std::nullopt;
}

std::optional<AlarmId> Topics::alarm_id(const std::string& topic) const {
    const auto rest = below("alarm/", topic);
    const std::size_t slash = rest ? rest->find('/') : std::string_view::npos;
    AlarmId id;
    if (slash == std::string_view::npos || !parse(std::string(rest->substr(slash + 1)), id)) {
        return std::nullopt;
    }
    return id;
}

std::string Topics::marker(const std::string& token) const {
    return base + "alarm/marker/" + token;
}

}  // namespace gengfu::publish
