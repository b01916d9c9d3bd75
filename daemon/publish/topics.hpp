#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/site.hpp"
#include "daemon/core/ids.hpp"

namespace gengfu::publish {

/// The topics of one gateway, below {root}/{division}/{community_code}/{gateway}/ (product contract, MQTT
/// feed). A level that the configuration leaves empty is "-", since an empty level is easily overlooked.
/// Pure.
struct Topics {
    explicit Topics(const config::Site& site);

    std::string base;  ///< with the "/" at its end
    std::string birth, state, tele, hist, event, reply, confirm;
    std::string all_alarms, all_commands;  ///< filters

    std::string catalogue(std::size_t part) const;
    std::string alarm(const std::string& grid, AlarmId id) const;

    /// The verb of a topic command/{verb}, or nothing.
    std::optional<std::string> verb(const std::string& topic) const;
    /// The id of a topic alarm/{grid}/{alarm_id}, or nothing.
    std::optional<AlarmId> alarm_id(const std::string& topic) const;
    /// Ends the listing of our own alarms: not retained and empty, which to every other reader says that an
    /// alarm it has never heard of is over. \param token ours alone
    std::string marker(const std::string& token) const;

private:
    std::optional<std::string_view> below(std::string_view folder, std::string_view topic) const;
};

}  // namespace gengfu::publish
