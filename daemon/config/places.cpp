#include "daemon/config/places.hpp"

#include <filesystem>
#include <system_error>

#ifndef GENGFU_BUILD_DIR
#define GENGFU_BUILD_DIR ""
#endif
#ifndef GENGFU_SOURCE_TREE
#define GENGFU_SOURCE_TREE ""
#endif

namespace gengfu::config {

Places places_for(const std::string& file, const std::string& executable, const std::string& build,
                  const std::string& source) {
    Places places;
    if (!file.empty()) {
        places.file = file;
    }
    if (!build.empty() && executable.starts_with(build.ends_with('/') ? build : build + "/")) {
        places.shipped = source + "/config";
    }
    return places;
}

Places find_places(const std::string& file) {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    return places_for(file, error ? "" : self.string(), GENGFU_BUILD_DIR, GENGFU_SOURCE_TREE);
}

}  // namespace gengfu::config
