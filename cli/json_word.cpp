#include "cli/json_word.hpp"

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"

namespace gengfu::cli {

std::string word(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
}

std::string raw_word(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace gengfu::cli
