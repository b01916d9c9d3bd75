#include "daemon/config/library.hpp"

#include <algorithm>

#include "daemon/config/parse_toml.hpp"

namespace gengfu::config {

std::string_view stem_of(std::string_view path) {
    constexpr std::string_view kExtension = ".toml";
    const auto slash = path.rfind('/');
    path.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
    path.remove_suffix(path.ends_with(kExtension) ? kExtension.size() : 0);
    return path;
}

Library::Library(const Bundle& bundle, Report& report) : bundle_(bundle), report_(report) {
    for (const Bundle::File& file : bundle.profiles) {
        profile_names_.emplace_back(stem_of(file.path));
    }
    for (const Bundle::File& file : bundle.classes) {
        class_names_.emplace_back(stem_of(file.path));
    }
}

Node Library::parse(const Bundle::File& from, std::uint16_t file) {
    if (from.trouble.empty()) {
        return parse_toml(from.text, file, report_);
    }
    report_.error({file, 0, 0}, from.trouble);
    report_.mark_incomplete();
    return {};
}

const ProfileDraft* Library::profile(const std::string& name) {
    if (const auto known = profiles_.find(name); known != profiles_.end()) {
        return &known->second;
    }
    const auto found = std::find(profile_names_.begin(), profile_names_.end(), name);
    if (found == profile_names_.end()) {
        return nullptr;
    }
    const auto index = static_cast<std::size_t>(found - profile_names_.begin());
    const auto file = static_cast<std::uint16_t>(bundle_.configuration.size() + index);
    const std::size_t before = report_.error_count();
    const Node root = parse(bundle_.profiles[index], file);
    ProfileDraft draft;
    draft.at = root.at;
    draft.profile.name = name;
    if (report_.error_count() == before) {
        draft = read_profile(root, name, report_);
    }
    return &profiles_.emplace(name, std::move(draft)).first->second;
}

namespace {

std::string looked_in(const std::vector<std::string>& folders) {
    std::string text;
    for (const std::string& folder : folders) {
        text += (text.empty() ? "; looked in " : " and ") + folder;
    }
    return text;
}

}  // namespace

std::string Library::profile_folders() const {
    return looked_in(bundle_.profile_folders);
}

std::string Library::class_folders() const {
    return looked_in(bundle_.class_folders);
}

const ClassDraft* Library::device_class(const std::string& name) {
    if (const auto known = classes_.find(name); known != classes_.end()) {
        return &known->second;
    }
    const auto found = std::find(class_names_.begin(), class_names_.end(), name);
    if (found == class_names_.end()) {
        return nullptr;
    }
    const auto index = static_cast<std::size_t>(found - class_names_.begin());
    const auto file =
        static_cast<std::uint16_t>(bundle_.configuration.size() + bundle_.profiles.size() + index);
    const std::size_t before = report_.error_count();
    const Node root = parse(bundle_.classes[index], file);
    ClassDraft draft;
    draft.name = name;
    draft.at = root.at;
    if (report_.error_count() == before) {
        draft = read_class(root, name, report_);
    }
    return &classes_.emplace(name, std::move(draft)).first->second;
}

}  // namespace gengfu::config
