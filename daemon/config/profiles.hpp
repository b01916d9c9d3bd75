#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/config/site.hpp"
#include "daemon/config/values.hpp"

/// What the installer's tools know about sensors beyond what the daemon polls. Not in Site: the daemon needs
/// none of it.
namespace gengfu::config {

/// One [[identify]]: a read whose answer tells the sensor.
struct Probe {
    enum class Kind : std::uint8_t { kEquals, kEqualsText, kEqualsUnit, kIn, kRange };
    Register reg;
    TypeSpec type;
    Kind kind = Kind::kEquals;
    std::int64_t equals = 0;     ///< kEquals
    std::string text;            ///< kEqualsText
    std::vector<double> values;  ///< kIn: any of them; kRange: lowest and highest
};

struct RegisterValue {
    Register reg;
    std::uint16_t value = 0;
};

/// [provision]: how the unit id is changed.
struct Provision {
    Register reg;                       ///< holds the unit id
    std::uint8_t function = 6;          ///< 6 or 16
    std::vector<RegisterValue> before;  ///< unlocks; written to the old unit id
    std::vector<RegisterValue> after;   ///< saves; written to the new one
};

struct KnownProfile {
    Profile profile;
    std::vector<Probe> identify;
    std::optional<Provision> provision;
};

/// The shipped profiles and those beside the configuration; the configuration itself need not be there.
/// \retval Errc::kIo a folder cannot be read
Result<Bundle> gather_profiles(const Places& places);

/// All profiles of a bundle that are without mistakes, by name; those in use and those not.
std::vector<KnownProfile> read_profiles(const Bundle& bundle);

}  // namespace gengfu::config
