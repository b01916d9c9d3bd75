#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/config/sections.hpp"

namespace gengfu::config {

/// "acrel-asj" of "/usr/share/gengfu/profiles/acrel-asj.toml": the name under which a profile or class is
/// found.
std::string_view stem_of(std::string_view path);

/// The profiles and classes of a bundle, read when they are first asked for.
class Library {
public:
    /// Both outlive the library.
    Library(const Bundle& bundle, Report& report);

    /// Null when no file has the name. A file that could not be parsed gives a profile without points.
    const ProfileDraft* profile(const std::string& name);
    const ClassDraft* device_class(const std::string& name);

    const std::vector<std::string>& profile_names() const { return profile_names_; }
    /// "; looked in A and B", or nothing where that is not known.
    std::string profile_folders() const;
    std::string class_folders() const;  ///< likewise
    const std::vector<std::string>& class_names() const { return class_names_; }

private:
    Node parse(const Bundle::File& from, std::uint16_t file);

    const Bundle& bundle_;
    Report& report_;
    std::vector<std::string> profile_names_;  ///< by position in the bundle
    std::vector<std::string> class_names_;
    std::map<std::string, ProfileDraft> profiles_;
    std::map<std::string, ClassDraft> classes_;
};

}  // namespace gengfu::config
