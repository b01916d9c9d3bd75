#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/show.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/text.hpp"
#include "daemon/control/alarm_json.hpp"
#include "daemon/sampling/device_reader.hpp"
#include "daemon/sampling/schedule.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr auto kOpenTime = std::chrono::seconds(5);

Result<json> read_through(const config::Site& site, DeviceId id, const Clock& clock) {
    const config::Device& device = site.device(id);
    const config::Bus& bus = site.bus(device.bus);
    if (Result<void> planned = sampling::plannable(site, id); !planned) {
        return pass(planned);
    }
    Result<std::unique_ptr<drivers::Bus>> line = drivers::make_bus(bus, clock);
    if (!line) {
        return pass(line);
    }
    if (Result<void> opened = (*line)->open(clock.now() + kOpenTime); !opened) {
        return pass(opened);
    }
    sampling::DeviceReader reader(site, id, sampling::cadences(device, site.profile(device)));
    std::vector<Sample> samples;
    const sampling::TurnResult result = reader.take(
        {.device = 0, .due = reader.all(), .at = clock.now(), .probe = false}, **line, clock, samples);
    return json{
        {"device", device.name},
        {"samples", control::to_json(site, samples, result.trouble, reader.traffic(clock.now()).trouble)}};
}

/// Without a daemon: opens the bus by itself.
Result<json> read_directly(const Common& common, const std::string& name) {
    Result<config::Bundle> bundle = config::gather(common.places);
    if (!bundle) {
        return pass(bundle);
    }
    const config::Loaded loaded = config::load(*bundle, config::Credentials::kMayBeAbsent);
    if (!loaded.site) {
        return fail(Errc::kInvalid, "the configuration has errors; `gengfu check` names them");
    }
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < loaded.site->devices.size(); ++i) {
        names.push_back(loaded.site->devices[i].name);
        if (loaded.site->devices[i].name == name) {
            const SystemClock clock;
            return read_through(*loaded.site, DeviceId{i}, clock);
        }
    }
    return fail(Errc::kNotFound,
                "no device is named " + config::in_quotes(name) + config::did_you_mean(name, names));
}

std::string value_of(const json& sample) {
    const json value = sample.value("value", json());
    std::string shown = value.is_string()   ? word(sample, "value")
                        : value.is_number() ? show_number(value.get<double>(), sample.value("decimals", -1))
                                            : "-";
    const std::string meaning = word(sample, "word");
    return meaning.empty() ? shown : shown + " (" + meaning + ")";
}

bool any_good(const json& answer) {
    for (const json& sample : answer.value("samples", json::array())) {
        if (word(sample, "quality") != "bad") {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string show_number(double value, int decimals) {
    char text[64];
    if (decimals >= 0) {
        std::snprintf(text, sizeof text, "%.*f", std::min(decimals, 9), value);
        std::string shown = text;
        if (shown.find('.') != std::string::npos) {
            shown.erase(shown.find_last_not_of('0') + 1);
            shown.erase(shown.ends_with('.') ? shown.size() - 1 : shown.size());
        }
        return shown == "-0" ? "0" : shown;
    }
    const auto single = static_cast<float>(value);
    const auto end = static_cast<double>(single) == value
                         ? std::to_chars(text, text + sizeof text, single)
                         : std::to_chars(text, text + sizeof text, value, std::chars_format::general, 10);
    return {text, end.ptr};
}

std::string show_samples(const json& answer) {
    std::vector<std::vector<std::string>> rows{{"point", "value", "unit", "quality"}};
    for (const json& sample : answer.value("samples", json::array())) {
        const std::string quality = word(sample, "quality");
        std::string reason = word(sample, "reason");
        if (const std::string detail = word(sample, "detail"); !detail.empty()) {
            reason = detail;
        }
        const Colour colour = quality == "good"  ? Colour::kGreen
                              : quality == "bad" ? Colour::kRed
                                                 : Colour::kYellow;
        rows.push_back({word(sample, "point"), value_of(sample), word(sample, "unit"),
                        paint(colour, quality + (reason.empty() ? "" : ": " + reason))});
    }
    return table(rows);
}

int read_device(const Common& common, const std::string& device) {
    Result<json> answer = ask(common, {{"verb", "read"}, {"device", device}});
    if (!answer && answer.error().code == Errc::kNotFound) {
        answer = read_directly(common, device);
    }
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    if (common.format == Format::kJson) {
        std::printf("%s\n", answer->dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    } else {
        print(show_samples(*answer));
    }
    return any_good(*answer) ? kDone : kFailed;
}

}  // namespace gengfu::cli
