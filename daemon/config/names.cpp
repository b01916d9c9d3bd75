#include "daemon/config/names.hpp"

#include <fmt/format.h>

#include "daemon/config/text.hpp"

namespace gengfu::config {

bool Names::define(const std::string& name, At at, Report& report) {
    const auto [existing, fresh] = places_.emplace(name, at);
    if (!fresh) {
        report.error(at, fmt::format("{} {} is defined twice; first at {}", kind_, in_quotes(name),
                                     report.place(existing->second)));
    }
    return fresh;
}

std::vector<std::string> Names::all() const {
    std::vector<std::string> names;
    names.reserve(places_.size());
    for (const auto& [name, at] : places_) {
        names.push_back(name);
    }
    return names;
}

bool Names::check(const std::string& name, std::string_view subject, At at, Report& report) const {
    if (contains(name)) {
        return true;
    }
    if (!report.incomplete()) {
        report.error(at, fmt::format("{}: no {} is named {}{}", subject, kind_, in_quotes(name),
                                     did_you_mean(name, all())));
    }
    return false;
}

}  // namespace gengfu::config
