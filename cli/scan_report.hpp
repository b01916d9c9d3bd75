#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/config/site.hpp"

/// What a scan has found, in words and as configuration. Pure.
namespace gengfu::cli {

/// What the configuration says already of the line that was scanned.
struct Configured {
    const config::Site* site = nullptr;  ///< none, or one with mistakes: null
    const config::Bus* bus = nullptr;    ///< of `site`; a port that no [[bus]] has: null
    bool no_profiles = false;            ///< there is none: nothing could be recognised
};

/// "unit 17 at 9600 8N1: acrel-asj (Acrel ASJ series), likely"
std::string found_line(const nlohmann::json& found, const Configured& known);

/// Of addresses at which noise was all that came: "the line is noisy: ..."; empty without any.
/// \param noisy  "unit" and "line" of each
std::string noise_line(const nlohmann::json& noisy);

/// A `[[bus]]` for a port that has none; empty where it has. Its settings are those at which most units
/// answered.
struct BusBlock {
    config::Bus bus;   ///< with the name that the devices name
    std::string text;  ///< empty: the configuration has it
};
BusBlock bus_block(const config::Bus& scanned, const nlohmann::json& found, const Configured& known);

/// What can be pasted into devices.d/ behind the [[bus]]: as it stands, it passes `gengfu check`. A unit of
/// which that cannot be (no profile knows it, an address that no device may have, one that is configured or
/// stands above) is told in a comment. One for each of `found`; empty where nothing is to be said.
std::vector<std::string> device_blocks(const nlohmann::json& found, const config::Bus& bus,
                                       const Configured& known);

}  // namespace gengfu::cli
