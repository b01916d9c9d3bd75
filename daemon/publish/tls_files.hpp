#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace gengfu::publish {

/// Authority, certificate and key as they lie on disk, to notice when somebody renews them. One thread.
class TlsFiles {
public:
    explicit TlsFiles(const config::Mqtt& settings);

    /// The files are being read for a connection: changes count from here.
    void used();

    /// True when the files have changed since used(), have rested since the last look (whoever writes them
    /// has finished), and the new certificate fits the new key.
    bool renewed();

    /// Certificate and key can be read and belong together, the authority can be read.
    /// \retval Errc::kInvalid which file is wrong, and how
    Result<void> check() const;

private:
    struct Stamp {
        std::int64_t modified_ns = 0;
        std::int64_t size = -1;  // -1: not there
        std::uint64_t inode = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    using Stamps = std::array<Stamp, 3>;
    Stamps look() const;

    std::array<std::string, 3> paths_;  // authority, certificate, key; empty: none
    Stamps used_{};
    Stamps last_{};
};

/// What is wrong with the dates of a certificate by this machine's clock: "expired on 2026-11-01 12:00:00
/// UTC". Empty: nothing, or it cannot be read.
std::string wrong_dates(const std::string& certificate);

struct Expiry {
    Wall at;
    std::string path;  ///< of the certificate
};
/// When the first of the gateway's certificate, those of its chain in the same file and its authority's
/// expires. \return nothing: none is
/// configured, or it cannot be read (which check() tells). Blocks for two small files; any thread.
std::optional<Expiry> first_expiry(const config::Mqtt& settings);

}  // namespace gengfu::publish
