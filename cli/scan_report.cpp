#include "cli/scan_report.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/json_word.hpp"
#include "cli/line.hpp"
#include "cli/noise.hpp"
#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr unsigned kHighestUnit = 247;  ///< Modbus over Serial Line V1.02, 2.2

bool is_several(const json& one) {
    return one.value("several", false);
}

unsigned unit_of(const json& one) {
    return one.value("unit", 0U);
}

const config::Device* configured(const Configured& known, unsigned unit) {
    if (known.site == nullptr || known.bus == nullptr) {
        return nullptr;
    }
    for (const config::Device& device : known.site->devices) {
        if (device.unit == unit && known.site->bus(device.bus).name == known.bus->name) {
            return &device;
        }
    }
    return nullptr;
}

/// The name, or the name and the first number behind it that nobody has.
std::string free_name(const std::string& name, const std::set<std::string>& taken) {
    std::string free = name;
    for (int i = 2; taken.contains(free); ++i) {
        free = name + "-" + std::to_string(i);
    }
    return free;
}

std::string commented(const std::string& text) {
    return "\n# " + text + "\n";
}

config::Serial settings_of_most(const config::Bus& scanned, const json& found) {
    std::map<std::string, int> count;
    for (const json& one : found) {
        ++count[word(one, "line")];
    }
    const auto most = std::ranges::max_element(count, {}, [](const auto& each) { return each.second; });
    if (most == count.end() || count[settings_text(scanned.serial)] == most->second) {
        return scanned.serial;
    }
    return parse_settings(most->first, scanned.serial).value_or(scanned.serial);
}

std::string parity_word(config::Parity parity) {
    constexpr const char* kWords[] = {"none", "even", "odd"};
    return kWords[static_cast<std::size_t>(parity)];
}

/// Empty where the unit can have a [[device]].
std::string why_no_block(const json& one, const Configured& known, const std::set<unsigned>& above) {
    const std::string unit = "unit " + std::to_string(unit_of(one));
    if (const config::Device* const device = configured(known, unit_of(one))) {
        return unit + " is \"" + device->name + "\" of the configuration already";
    }
    if (above.contains(unit_of(one))) {
        return unit + ", at " + word(one, "line") +
               ": the unit above has this address, too; give one of them another with `gengfu address`";
    }
    if (unit_of(one) > kHighestUnit) {
        return unit +
               " has an address that no device may have: give it one from 1 to 247 with `gengfu address`";
    }
    if (one["profiles"].empty()) {
        if (known.no_profiles) {
            return unit + " answers; what it is cannot be said without profiles: see the message above";
        }
        return unit +
               " answers, but no profile knows it: write a profile for it (docs/profiles.md), then a "
               "[[device]] that names it";
    }
    return "";
}

}  // namespace

std::string found_line(const json& one, const Configured& known) {
    const std::string line = word(one, "line");  // none over TCP
    std::string text = "unit " + std::to_string(unit_of(one)) + (line.empty() ? "" : " at " + line) + ": ";
    if (is_several(one)) {
        return text +
               paint(Colour::kRed,
                     "two or more units answer to this address (or another master is on the line, or it is "
                     "very noisy)") +
               "\n  end any other program or device that asks on this line, and scan again; of two units "
               "leave one on the line, give it another address with `gengfu address`, then the next\n";
    }
    const config::Device* const device = configured(known, unit_of(one));
    const std::string named = device == nullptr ? "" : "; \"" + device->name + "\" of the configuration";
    const json& profiles = one["profiles"];
    if (profiles.empty()) {
        return text + (known.no_profiles ? "answers" : "answers; no profile knows it") + named + "\n";
    }
    const json& best = profiles.front();
    text += paint(Colour::kBold, word(best, "profile")) + " (" + word(best, "vendor") + " " +
            word(best, "model") + "), " + word(best, "certainty");
    for (std::size_t i = 1; i < profiles.size(); ++i) {
        text += (i == 1 ? "; or " : ", ") + word(profiles[i], "profile") + " (" +
                word(profiles[i], "certainty") + ")";
    }
    return text + named + "\n";
}

std::string noise_line(const json& noisy) {
    if (noisy.empty()) {
        return "";
    }
    constexpr std::size_t kNamed = 8;
    std::set<int> units_of_it;  // one that was asked at several settings counts once
    for (const json& one : noisy) {
        units_of_it.insert(static_cast<int>(unit_of(one)));
    }
    std::string units;
    std::size_t named = 0;
    for (const int unit : units_of_it) {
        if (named < kNamed) {
            units += (named++ == 0 ? "" : ", ") + std::to_string(unit);
        }
    }
    if (units_of_it.size() > kNamed) {
        units += " and " + std::to_string(units_of_it.size() - kNamed) + " more";
    }
    return paint(Colour::kRed, "the line is noisy") +
           ": bytes come even when nobody is asked, so that at unit " + units +
           " it is not known whether somebody answers\n  " + kNoiseAdvice + "; then scan again\n";
}

BusBlock bus_block(const config::Bus& scanned, const json& found, const Configured& known) {
    if (known.bus != nullptr) {
        return {*known.bus, ""};
    }
    BusBlock block{scanned, ""};
    std::set<std::string> taken;
    for (const config::Bus& bus : known.site == nullptr ? std::vector<config::Bus>{} : known.site->buses) {
        taken.insert(bus.name);
    }
    for (int i = 1; i == 1 || taken.contains(block.bus.name); ++i) {
        block.bus.name = "rs485-" + std::to_string(i);
    }
    block.bus.serial = settings_of_most(scanned, found);
    block.text =
        "\n[[bus]]\nname = \"" + block.bus.name + "\"\nkind = \"modbus-rtu\"\nport = \"" +
        block.bus.serial.port + "\"   # better its name in /dev/serial/by-path, which stays\nbaud = " +
        std::to_string(block.bus.serial.baud) + "\nparity = \"" + parity_word(block.bus.serial.parity) +
        "\"\nstop_bits = " + std::to_string(block.bus.serial.stop_bits) + "\n";
    return block;
}

std::vector<std::string> device_blocks(const json& found, const config::Bus& bus, const Configured& known) {
    std::set<std::string> taken;
    for (const config::Device& device :
         known.site == nullptr ? std::vector<config::Device>{} : known.site->devices) {
        taken.insert(device.name);
    }
    std::set<unsigned> above;
    std::vector<std::string> blocks;
    for (const json& one : found) {
        if (is_several(one)) {
            blocks.emplace_back();
            continue;
        }
        const std::string unit = std::to_string(unit_of(one));
        if (const std::string why = why_no_block(one, known, above); !why.empty()) {
            blocks.push_back(commented(why));
            continue;
        }
        const std::string profile = word(one["profiles"].front(), "profile");
        const std::string name = free_name(profile + "-" + unit, taken);
        taken.insert(name);
        above.insert(unit_of(one));
        std::string text = "\n";
        if (bus.kind == config::BusKind::kModbusRtu && word(one, "line") != settings_text(bus.serial)) {
            text += "# It answers at " + word(one, "line") + ", the bus is set to " +
                    settings_text(bus.serial) + ": change one of them before you use this.\n";
        }
        text += "[[device]]\nname = \"" + name + "\"\nbus = \"" + bus.name + "\"\nunit = " + unit +
                "\nprofile = \"" + profile + "\"\n";
        blocks.push_back(std::move(text));
    }
    return blocks;
}

}  // namespace gengfu::cli
