#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/diagnostic.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"

namespace gengfu::config {

/// Where to look. Paths may be relative to the working directory.
struct Places {
    std::string file = "/etc/gengfu/gengfu.toml";
    /// Shipped `profiles/` and `classes/`: /usr/share/gengfu, or `config/` of the source tree for a build
    /// tree.
    std::string shipped = "/usr/share/gengfu";
};

/// All texts that a configuration consists of, read once. This is what is parsed, what is hashed and what the
/// store keeps as the last accepted configuration.
struct Bundle {
    struct File {
        std::string path;  ///< as shown in diagnostics
        std::string text;
        std::string trouble{};  ///< why it could not be read; load() tells it among the other mistakes
    };
    std::vector<File> configuration;  ///< gengfu.toml, then devices.d/*.toml in name order
    std::vector<File> profiles;  ///< effective ones: a file in profiles/ beside the configuration replaces
                                 ///< the shipped of the same name
    std::vector<File> classes;
    /// Folders in which profiles were looked for, for diagnostics; not part of the packed form.
    std::vector<std::string> profile_folders{};
    std::vector<std::string> class_folders{};  ///< likewise of classes
};

/// Reads every file. One of the folders that cannot be read is in the bundle all the same, with its trouble:
/// a broken file does not hide the mistakes in the others.
/// \retval Errc::kIo the main file or a folder cannot be read; names it and the reason.
Result<Bundle> gather(const Places& places);

/// A lasting form of a bundle, for the store. Only profiles and classes that the configuration uses are kept.
std::string pack(const Bundle& bundle);
/// \retval Errc::kCorrupt
Result<Bundle> unpack(const std::string& packed);

/// FNV-1a-64 of the packed bundle, as 16 hex digits: tells configurations apart, no protection against
/// forgery.
std::string hash(const Bundle& bundle);

struct Loaded {
    std::optional<Site> site;             ///< empty when any diagnostic is an error
    std::vector<Diagnostic> diagnostics;  ///< all of them, in file order, errors and warnings
    /// [store].path as far as it could be read, else its default: a daemon whose configuration has errors
    /// must find its store to run the last accepted one.
    std::string store_path;
    Position store_path_at;  ///< where it stands; no line where it is the default
};

/// Whether secrets must be readable: for the service they must; whoever only checks may not see them, and is
/// warned.
enum class Credentials : std::uint8_t { kRequired, kMayBeAbsent };

/// Parses and checks everything, reporting all mistakes at once. Reads nothing but `bundle`, except for
/// `credential:NAME` (from $CREDENTIALS_DIRECTORY) and the file of mqtt.password.
Loaded load(const Bundle& bundle, Credentials credentials = Credentials::kRequired);

}  // namespace gengfu::config
