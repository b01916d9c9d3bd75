#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/node.hpp"
#include "daemon/config/report.hpp"

namespace gengfu::config {

/// Names of one kind of thing and where each was defined.
class Names {
public:
    /// \param kind  "bus", "device", …: for messages
    explicit Names(std::string kind) : kind_(std::move(kind)) {}

    /// Adds a definition; reports one that was there before, with both places. \return whether it is new.
    bool define(const std::string& name, At at, Report& report);

    bool contains(const std::string& name) const { return places_.contains(name); }
    std::vector<std::string> all() const;

    /// Whether a reference is good; if not, reports it at `at` with what may have been meant. Says nothing
    /// when a file could not be parsed: the name may stand there. \param subject  begins the message: "device
    /// "manhole-017""
    bool check(const std::string& name, std::string_view subject, At at, Report& report) const;

private:
    std::string kind_;
    std::map<std::string, At> places_;
};

}  // namespace gengfu::config
