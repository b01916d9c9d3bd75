#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "daemon/config/library.hpp"
#include "daemon/config/limits.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/profiles.hpp"
#include "daemon/config/text.hpp"
#include "daemon/core/read_file.hpp"

namespace gengfu::config {
namespace {

namespace fs = std::filesystem;

/// One byte more than allowed is enough for load() to see that the file is too big.
Result<std::string> read_text_file(const fs::path& path) {
    return read_file(path.string(), kMaxFileBytes + 1);
}

/// *.toml files of a folder in name order; none when the folder does not exist.
Result<std::vector<fs::path>> toml_files(const fs::path& folder) {
    std::vector<fs::path> paths;
    std::error_code error;
    if (!fs::exists(folder, error) && (!error || error == std::errc::no_such_file_or_directory)) {
        return paths;
    }
    for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
        const fs::path& path = each->path();
        if (path.extension() == ".toml" && !path.filename().string().starts_with('.')) {
            paths.push_back(path);
        }
        if (paths.size() > kMaxFiles) {
            return fail(Errc::kIo, fmt::format("{}: more than {} .toml files", folder.string(), kMaxFiles));
        }
    }
    if (error) {
        return fail(Errc::kIo, fmt::format("{}: {}", folder.string(), error.message()));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// Why the file cannot be read, without its path, which the diagnostic names.
std::string why_not(const fs::path& path, const Error& error) {
    std::error_code unknown;
    if (fs::is_symlink(path, unknown) && !fs::exists(path, unknown)) {
        return "the link leads nowhere: " + in_quotes(fs::read_symlink(path, unknown).string());
    }
    const std::string lead = path.string() + ": ";
    return "cannot be read: " + (error.what.starts_with(lead) ? error.what.substr(lead.size()) : error.what);
}

/// Adds a folder's files under their names or, without a `prefix`, their whole paths; a file of the same name
/// that is there already is replaced.
Result<bool> add_folder(const fs::path& folder, const std::string& prefix,
                        std::map<std::string, Bundle::File>& files) {
    auto paths = toml_files(folder);
    if (!paths) {
        return pass(paths);
    }
    for (const fs::path& path : *paths) {
        auto text = read_text_file(path);
        const std::string name = path.filename().string();
        Bundle::File& file = files[name];
        file = {prefix.empty() ? path.string() : prefix + name, text ? std::move(*text) : std::string()};
        if (!text) {
            file.trouble = why_not(path, text.error());
        }
    }
    return true;
}

/// Shipped files, replaced by those of the same name beside the configuration.
Result<std::vector<Bundle::File>> gather_library(const fs::path& shipped, const fs::path& beside,
                                                 const char* kind) {
    std::map<std::string, Bundle::File> files;
    auto done = add_folder(shipped / kind, "", files);
    if (done) {
        done = add_folder(beside / kind, std::string(kind) + "/", files);
    }
    if (!done) {
        return pass(done);
    }
    std::vector<Bundle::File> result;
    for (auto& [name, file] : files) {
        result.push_back(std::move(file));
    }
    return result;
}

/// Of profiles or classes, the first going before the second.
std::vector<std::string> folders_of(const fs::path& shipped, const fs::path& beside, const char* kind) {
    return {(beside / kind).string(), (shipped / kind).string()};
}

}  // namespace

Result<Bundle> gather_profiles(const Places& places) {
    const fs::path main(places.file);
    const fs::path beside = main.has_parent_path() ? main.parent_path() : fs::path(".");
    auto profiles = gather_library(places.shipped, beside, "profiles");
    if (!profiles) {
        return pass(profiles);
    }
    Bundle bundle;
    bundle.profile_folders = folders_of(places.shipped, beside, "profiles");
    bundle.profiles = std::move(*profiles);
    return bundle;
}

Result<Bundle> gather(const Places& places) {
    Bundle bundle;
    const fs::path main(places.file);
    const fs::path beside = main.has_parent_path() ? main.parent_path() : fs::path(".");
    auto text = read_text_file(main);
    if (!text) {
        return pass(text);
    }
    bundle.configuration.push_back({main.filename().string(), std::move(*text)});
    std::map<std::string, Bundle::File> devices;
    auto done = add_folder(beside / "devices.d", "devices.d/", devices);
    if (!done) {
        return pass(done);
    }
    for (auto& [name, file] : devices) {
        bundle.configuration.push_back(std::move(file));
    }
    bundle.profile_folders = folders_of(places.shipped, beside, "profiles");
    bundle.class_folders = folders_of(places.shipped, beside, "classes");
    auto profiles = gather_library(places.shipped, beside, "profiles");
    if (!profiles) {
        return pass(profiles);
    }
    auto classes = gather_library(places.shipped, beside, "classes");
    if (!classes) {
        return pass(classes);
    }
    bundle.profiles = std::move(*profiles);
    bundle.classes = std::move(*classes);
    return bundle;
}

}  // namespace gengfu::config
