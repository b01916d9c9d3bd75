// gengfu read DEVICE --raw: what is in the registers, whatever the profile says.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/line.hpp"
#include "cli/raw_values.hpp"
#include "cli/show.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/text.hpp"
#include "daemon/config/values.hpp"
#include "daemon/control/line_desk.hpp"
#include "daemon/sampling/registers.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

Result<DeviceId> device_named(const config::Site& site, const std::string& name) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < site.devices.size(); ++i) {
        if (site.devices[i].name == name) {
            return DeviceId{i};
        }
        names.push_back(site.devices[i].name);
    }
    return fail(Errc::kNotFound,
                "no device is named " + config::in_quotes(name) + config::did_you_mean(name, names));
}

Result<json> registers_of(const Common& common, const config::Site& site, DeviceId id) {
    const std::string& name = site.device(id).name;
    Result<json> answer = ask(common, {{"verb", "registers"}, {"device", name}});
    if (answer || answer.error().code != Errc::kNotFound) {
        return answer;
    }
    auto line = Line::take(common, site.bus(site.device(id).bus), Taking::kOnlyIfFree);
    if (!line) {
        return pass(line);
    }
    const auto reads = sampling::read_registers(site, id, (*line)->bus());
    if (!reads) {
        return fail(reads.error().code, reads.error().what);
    }
    return control::to_json(name, *reads);
}

Words words_of(const json& answer) {
    Words words;
    const std::map<std::string, config::Space> spaces{{"coil", config::Space::kCoil},
                                                      {"discrete", config::Space::kDiscrete},
                                                      {"input", config::Space::kInput},
                                                      {"holding", config::Space::kHolding}};
    for (const json& read : answer.value("reads", json::array())) {
        const auto space = spaces.find(word(read, "space"));
        auto address = read.value("address", std::uint16_t{0});
        for (const json& one : space == spaces.end() ? json::array() : read.value("words", json::array())) {
            words[{space->second, address++}] = one.get<std::uint16_t>();
        }
    }
    return words;
}

std::string hex(const Words& words, config::Register at, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i, ++at.address) {
        const auto found = words.find(at);
        char word[8];
        std::snprintf(word, sizeof word, "%04X", found == words.end() ? 0U : unsigned{found->second});
        text += (i > 0 ? " " : "") + std::string(found == words.end() ? "----" : word);
    }
    return text;
}

std::string cell(const Guess& guess) {
    const std::string number = show_number(guess.value, -1) + (guess.plausible ? " *" : "");
    const std::string marked = guess.as_profile ? "[" + number + "]" : number;
    return paint(guess.as_profile ? Colour::kBold : guess.plausible ? Colour::kGreen : Colour::kGrey, marked);
}

std::string show_point(const config::PointSpec& spec, const Words& words) {
    const std::vector<Guess> all = guesses(spec, words);
    std::string head =
        paint(Colour::kBold, spec.name) + "  " + config::to_text(spec.reg) + "  " +
        hex(words, spec.reg, std::max<std::size_t>(1, config::register_count(spec.type, spec.length)));
    if (const auto range = plausible_range(spec)) {
        head += "  plausible " + show_number(range->low, -1) + " to " + show_number(range->high, -1) + " " +
                spec.unit;
    }
    if (all.empty()) {
        return head + "\n";
    }
    std::vector<std::vector<std::string>> rows{{"", "u16", "i16", "u32", "i32", "f32"}};
    for (const Guess& guess : all) {
        if (rows.back().front() != guess.order) {
            rows.push_back({guess.order, "", "", "", "", ""});
        }
        const auto column =
            std::find(rows.front().begin(), rows.front().end(), guess.type) - rows.front().begin();
        rows.back()[static_cast<std::size_t>(column)] = cell(guess);
    }
    return head + "\n" + table(rows);
}

json json_of(const config::PointSpec& spec, const Words& words) {
    json list = json::array();
    for (const Guess& guess : guesses(spec, words)) {
        list.push_back({{"order", guess.order},
                        {"type", guess.type},
                        {"value", std::isfinite(guess.value) ? json(guess.value) : json()},
                        {"plausible", guess.plausible},
                        {"as_profile", guess.as_profile}});
    }
    return {{"point", spec.name},
            {"register", config::to_text(spec.reg)},
            {"unit", spec.unit},
            {"values", std::move(list)}};
}

std::string troubles(const json& answer) {
    std::string text;
    for (const json& read : answer.value("reads", json::array())) {
        if (const std::string trouble = word(read, "trouble"); !trouble.empty()) {
            text += paint(Colour::kRed, word(read, "space") + " " + read["address"].dump() + ", " +
                                            read["count"].dump() + " of them: " + trouble) +
                    "\n";
        }
    }
    return text;
}

}  // namespace

int read_raw(const Common& common, const std::string& device) {
    const Knowledge knowledge = gather_knowledge(common);
    if (!knowledge.site) {
        complain(knowledge.trouble);
        return kFailed;
    }
    const config::Site& site = *knowledge.site;
    const Result<DeviceId> id = device_named(site, device);
    Result<json> answer = id ? registers_of(common, site, *id) : fail(id.error().code, id.error().what);
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    const Words words = words_of(*answer);
    const config::Profile& profile = site.profile(site.device(*id));
    std::string text;
    for (const config::PointSpec& spec : profile.points) {
        if (spec.is_virtual()) {
            continue;  // has no register
        }
        if (common.format == Format::kJson) {
            (*answer)["points"].push_back(json_of(spec, words));
        } else if (words.contains(spec.reg)) {
            text += show_point(spec, words) + "\n";
        }
    }
    if (common.format == Format::kJson) {
        std::printf("%s\n", answer->dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    } else {
        print(text + troubles(*answer) +
              "* plausible   [ ] as the profile reads it; scale and offset are the profile's\n");
    }
    return words.empty() ? kFailed : kDone;
}

}  // namespace gengfu::cli
