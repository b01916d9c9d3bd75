#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"

namespace gengfu::publish {

/// The catalogues of earlier configurations, a file `catalogue-HASH` each in the store's folder, for as long
/// as there are records that name them: a consumer that lacks one asks for it by its hash (`rebirth`).
/// Blocks; on core, at a start.
class CatalogueShelf {
public:
    /// \param folder of the store, which exists
    explicit CatalogueShelf(std::string folder) : folder_(std::move(folder)) {}

    /// Notes that the records of `start` name the catalogue. \param parts gengfu.v1.CatalogueChange each,
    /// serialised \retval Errc::kIo, kFull
    Result<void> put(const std::string& hash, const std::vector<std::string>& parts, std::uint64_t start);

    /// The parts in order; empty when there is none of the hash, or its file is damaged.
    std::vector<std::string> get(const std::string& hash) const;

    /// Removes those that no record at or after `oldest_start` names, and the oldest beyond kMost.
    void prune(std::uint64_t oldest_start);

    /// Configurations in a history of records. Each is some 100 bytes a point.
    static constexpr std::size_t kMost = 64;
    /// A file that is longer is none of ours: 50,000 points with everything stated.
    static constexpr std::size_t kLongest = 32U << 20U;

private:
    std::string path(const std::string& hash) const;

    std::string folder_;
};

}  // namespace gengfu::publish
