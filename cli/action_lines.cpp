#include "cli/action_lines.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "daemon/config/values.hpp"

namespace gengfu::cli {
namespace {

std::string name_of(const config::Site& site, const config::Rule& rule) {
    return site.device(rule.device).name + "/" + rule.name;
}

}  // namespace

std::vector<std::string> action_lines(const config::Site& site) {
    std::vector<std::string> lines;
    for (const config::Rule& rule : site.rules) {
        if (rule.action) {
            const config::Action& action = *rule.action;
            lines.push_back("action: " + name_of(site, rule) + ": " + site.device(action.device).name + " " +
                            config::to_text(action.reg) + " = " + std::to_string(action.on) +
                            " for at most " + config::to_text(action.lasts) + ", then " +
                            std::to_string(action.off));
        }
    }
    return lines;
}

nlohmann::json actions_json(const config::Site& site) {
    nlohmann::json list = nlohmann::json::array();
    for (const config::Rule& rule : site.rules) {
        if (rule.action) {
            const config::Action& action = *rule.action;
            list.push_back({{"rule", name_of(site, rule)},
                            {"device", site.device(action.device).name},
                            {"register", config::to_text(action.reg)},
                            {"on", action.on},
                            {"off", action.off},
                            {"for", std::chrono::duration<double>(action.lasts).count()}});
        }
    }
    return list;
}

}  // namespace gengfu::cli
