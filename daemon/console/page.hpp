#pragma once

#include <string>
#include <string_view>

#include "daemon/control/desk.hpp"

/// What the daemon shows over HTTP, to machines and to nobody else yet: figures and whether it is well.
/// Everything here is on core and pure but for what it asks the daemon.
namespace gengfu::console {

struct Page {
    unsigned status = 200;  ///< of HTTP
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

/// The figures of the daemon in the text format of Prometheus, version 0.0.4. docs/control.md lists them.
std::string metrics(const control::Daemon& daemon);

/// One line of JSON: {"status":"ok"|"degraded"|"failing","trouble":[…]}. 503 when it fails at what it is for:
/// no line is open (nothing is watched), or the disk takes no records. What hands work to somebody else or
/// concerns one line (a broker out of reach, a cable cut) is trouble, and degrades.
Page health(const control::Daemon& daemon);

/// The page of a path; 404 for what there is not.
Page page(const control::Daemon& daemon, std::string_view path);

}  // namespace gengfu::console
