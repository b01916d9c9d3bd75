#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/json_word.hpp"
#include "cli/local_time.hpp"

namespace gengfu::cli {

/// Why an alarm or a device calls nobody: "li, until 2026-11-28 00:00:00 +08:00: cleaning the well"; empty
/// when `object` has nothing under `key`.
inline std::string hold_text(const nlohmann::json& object, const char* key, const LocalTime& time) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_object()) {
        return "";
    }
    if (const std::string cause = word(*found, "cause"); !cause.empty()) {
        return "by " + cause;
    }
    const std::string person = word(*found, "on_behalf_of");
    const std::string until = time.of(word(*found, "until"));
    const std::string why = word(*found, "why") + word(*found, "note");
    return word(*found, "by") + (person.empty() ? "" : " for " + person) +
           (until.empty() ? "" : ", until " + until) + (why.empty() ? "" : ": " + why);
}

}  // namespace gengfu::cli
