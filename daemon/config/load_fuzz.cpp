// Any text as a configuration: in the form of the golden cases, so that profiles and classes are reached as
// well. It must come back with a site or an error, never both, never neither; packing must lose nothing of
// what it keeps.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/config/load.hpp"

namespace gengfu::config {
namespace {

constexpr std::string_view kSeparator = "#--- ";
constexpr std::string_view kWhole = "#--- gengfu.toml\n";

/// What tests/golden/config/base gives to a case that does not bring its own.
constexpr const char* kMain = R"([gateway]
id = "gw"
place = { division = "440309", community_code = "440309008012", grid = "440309008012003" }
[mqtt]
brokers = ["mqtt://b"]
[[bus]]
name = "rs485-1"
kind = "modbus-rtu"
port = "/dev/ttyS1"
[[party]]
id = "drainage-3"
)";
constexpr const char* kProfile = R"(name = "probe"
source = "made up"
[[point]]
name = "current"
role = "residual_current"
register = "holding:0"
[[point]]
name = "status"
register = "holding:27"
)";
constexpr const char* kClass = R"(name = "cable"
[[rule]]
name = "current-high"
kind = "above"
role = "residual_current"
limit = 300
severity = "major"
)";

Bundle split(std::string_view text) {
    Bundle bundle;
    Bundle::File current{"gengfu.toml", ""};
    if (text.starts_with(kWhole)) {
        text.remove_prefix(kWhole.size());
    } else {
        bundle.configuration.push_back({"gengfu.toml", kMain});
        bundle.profiles.push_back({"profiles/probe.toml", kProfile});
        bundle.classes.push_back({"classes/cable.toml", kClass});
        current.path = "devices.d/case.toml";
    }
    const auto finish = [&] {
        if (current.path.starts_with("profiles/")) {
            bundle.profiles.push_back(current);
        } else if (current.path.starts_with("classes/")) {
            bundle.classes.push_back(current);
        } else {
            bundle.configuration.push_back(current);
        }
    };
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with(kSeparator)) {
            finish();
            current = {std::string(line.substr(kSeparator.size())), ""};
        } else {
            current.text += std::string(line) + "\n";
        }
    }
    finish();
    return bundle;
}

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace
}  // namespace gengfu::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gengfu::config;
    std::string text;
    text.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
        text += static_cast<char>(data[i]);
    }
    const Bundle bundle = split(text);
    const Loaded loaded = load(bundle, Credentials::kMayBeAbsent);
    must(loaded.site.has_value() != has_errors(loaded.diagnostics));
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        must(!diagnostic.message.empty() && to_string(diagnostic).find('\n') == std::string::npos);
    }
    if (loaded.site) {
        // What the right side relies on: every id leads somewhere.
        const Site& site = *loaded.site;
        for (const Rule& rule : site.rules) {
            must(rule.texts != nullptr && rule.device.value < site.devices.size());
            must(!rule.point || site.point(*rule.point).device == rule.device);
        }
        for (std::uint32_t i = 0; i < site.points.size(); ++i) {
            must(!site.point_name(gengfu::PointId{i}).empty());
        }
        const auto back = unpack(pack(bundle));
        must(back && load(*back, Credentials::kMayBeAbsent).site.has_value());
    }
    must(!unpack(text) || text.starts_with("gengfu-bundle 1 "));
    return 0;
}
