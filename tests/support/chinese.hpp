#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gengfu::test {

/// Latin words of a Chinese text that are none of these names (of devices, rules, points, commands, keys,
/// files), units or fields like {value:.0f}: English that was left in it.
inline std::vector<std::string> english_in(std::string_view zh, std::vector<std::string> names) {
    // Units of the shipped profiles, short forms that are written so in Chinese, and what the gateway's own
    // texts name.
    for (const char* const known : {"mA",
                                    "kPa",
                                    "MPa",
                                    "ppm",
                                    "LEL",
                                    "VOL",
                                    "dBm",
                                    "min",
                                    "gengfu check",
                                    "gengfu status",
                                    "gengfu scan",
                                    "gengfu address",
                                    "gengfu calibrate",
                                    "GENGFU_CLOCK=plausible",
                                    "timedatectl",
                                    "ACL",
                                    "gateway.id",
                                    "mqtt.certificate",
                                    "mqtt.key",
                                    "mqtt.ca",
                                    "mqtt.confirm",
                                    "store.size_limit",
                                    "turnaround",
                                    "LED",
                                    "SIM",
                                    "UPS",
                                    "RS485"}) {
        names.emplace_back(known);
    }
    // "gateway.id" before "gateway".
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    std::string rest(zh);
    const auto blank = [&rest](std::size_t from, std::size_t length) {
        rest.replace(from, length, length, ' ');
    };
    for (std::size_t at = rest.find('{'); at != std::string::npos; at = rest.find('{', at)) {
        blank(at, rest.find('}', at) + 1 - at);
    }
    for (const std::string& name : names) {
        for (std::size_t at = rest.find(name); !name.empty() && at != std::string::npos;
             at = rest.find(name)) {
            blank(at, name.size());
        }
    }
    std::vector<std::string> words;
    std::string word;
    for (const char c : rest + " ") {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
            word += c;
        } else if (word.size() > 1) {
            words.push_back(std::exchange(word, {}));
        } else {
            word.clear();
        }
    }
    return words;
}

/// Whether there is any Chinese in it.
inline bool has_chinese(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0xE3 && static_cast<unsigned char>(c) <= 0xE9) {
            return true;
        }
    }
    return false;
}

}  // namespace gengfu::test
