#include "daemon/config/profiles.hpp"

#include "daemon/config/analyse.hpp"
#include "daemon/config/library.hpp"

namespace gengfu::config {

std::vector<KnownProfile> read_profiles(const Bundle& bundle) {
    Report report(file_names(bundle));
    Library library(bundle, report);
    std::vector<KnownProfile> known;
    for (const std::string& name : library.profile_names()) {
        const std::size_t before = report.error_count();
        const ProfileDraft* const draft = library.profile(name);
        if (draft != nullptr && report.error_count() == before) {
            known.push_back({draft->profile, draft->identify, draft->provision});
        }
    }
    return known;
}

}  // namespace gengfu::config
