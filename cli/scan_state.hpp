#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "daemon/core/result.hpp"

namespace gengfu::cli {

/// The file in which a scan that was interrupted, or killed, is kept. A file that is something else is never
/// touched.
class ScanState {
public:
    /// \param path  what the user gave; empty: one of the user's own, by the line's name
    static std::filesystem::path place(const std::string& path, const std::string& line);

    /// \retval Errc::kInvalid  what lies there is no state of a scan
    static Result<ScanState> open(std::filesystem::path path);

    /// What an earlier scan left; an empty object when none did.
    nlohmann::json read() const;
    /// Whole or not at all. \retval Errc::kIo
    Result<void> write(nlohmann::json state) const;
    void remove() const;
    const std::filesystem::path& path() const { return path_; }

private:
    explicit ScanState(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
};

}  // namespace gengfu::cli
