#pragma once

#include <string>
#include <vector>

#include "daemon/config/site.hpp"
#include "daemon/publish/alarm_codec.hpp"

namespace gengfu::v1 {
class CatalogueChange;
}

namespace gengfu::publish {

/// What the aliases mean, in parts small enough for any link and broker.
struct Catalogue {
    std::string hash;  ///< 16 hex digits, over the devices, points and parties
    std::vector<gengfu::v1::CatalogueChange> parts;

    Catalogue();
    ~Catalogue();
    Catalogue(Catalogue&&) noexcept;
    Catalogue& operator=(Catalogue&&) noexcept;
};

/// A part, as it travels, is at most this long, unless one device or point alone is longer.
constexpr std::size_t kCataloguePartBytes = 4096;

/// \param aliases extended by extend() for the same site.
Catalogue build_catalogue(const config::Site& site, const Aliases& aliases, config::Encoding encoding);

}  // namespace gengfu::publish
