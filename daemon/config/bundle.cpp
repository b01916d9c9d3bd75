#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include "daemon/config/analyse.hpp"
#include "daemon/config/library.hpp"
#include "daemon/config/limits.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/parse_toml.hpp"

// The packed form (docs/configuration.md, "The packed form"):
//
//     gengfu-bundle 1 FILES\n
//     KIND PATH-BYTES TEXT-BYTES\n  PATH  TEXT\n        for each file; KIND is c, p or k
namespace gengfu::config {
namespace {

constexpr std::string_view kMagic = "gengfu-bundle 1 ";

struct Used {
    bool all = false;  ///< a file could not be parsed: who knows what it uses
    std::set<std::string, std::less<>> profiles, classes;
};

void add_text(const Node& device, std::string_view key, std::set<std::string, std::less<>>& names) {
    const Entry* const entry = device.find(key);
    if (entry != nullptr && entry->value.kind == Node::Kind::kString) {
        names.insert(entry->value.text);
    }
}

Used used_by(const Bundle& bundle) {
    Used used;
    Report report(file_names(bundle));
    for (const Bundle::File& file : bundle.configuration) {
        const Node root = parse_toml(file.text, 0, report);
        const Entry* const devices = root.find("device");
        for (const Node& device : devices == nullptr ? std::vector<Node>{} : devices->value.items) {
            add_text(device, "profile", used.profiles);
            add_text(device, "class", used.classes);
        }
    }
    used.all = report.incomplete();
    return used;
}

void append(std::string& packed, char kind, const Bundle::File& file) {
    packed += fmt::format("{} {} {}\n", kind, file.path.size(), file.text.size());
    packed += file.path;
    packed += file.text;
    packed += '\n';
}

/// Reads a packed text from its front.
class Unpacker {
public:
    explicit Unpacker(std::string_view packed) : rest_(packed) {}

    bool skip(std::string_view text) {
        if (!rest_.starts_with(text)) {
            return false;
        }
        rest_.remove_prefix(text.size());
        return true;
    }

    std::optional<std::size_t> number(char end) {
        std::size_t value = 0;
        const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        const auto length = static_cast<std::size_t>(read.ptr - rest_.data());
        if (read.ec != std::errc{} || length >= rest_.size() || rest_[length] != end) {
            return std::nullopt;
        }
        rest_.remove_prefix(length + 1);
        return value;
    }

    std::optional<std::string> text(std::size_t size) {
        if (size > rest_.size()) {
            return std::nullopt;
        }
        std::string taken(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return taken;
    }

    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

bool unpack_file(Unpacker& from, Bundle& bundle) {
    const auto kind = from.text(1);
    if (!kind || !from.skip(" ")) {
        return false;
    }
    const auto path_size = from.number(' ');
    const auto text_size = path_size ? from.number('\n') : std::nullopt;
    if (!text_size || *path_size > kMaxPath || *text_size > kMaxBundleBytes) {
        return false;
    }
    auto path = from.text(*path_size);
    auto text = path ? from.text(*text_size) : std::nullopt;
    if (!text || !from.skip("\n")) {
        return false;
    }
    std::vector<Bundle::File>* const files = *kind == "c"   ? &bundle.configuration
                                             : *kind == "p" ? &bundle.profiles
                                             : *kind == "k" ? &bundle.classes
                                                            : nullptr;
    if (files == nullptr) {
        return false;
    }
    files->push_back({std::move(*path), std::move(*text)});
    return true;
}

}  // namespace

std::string pack(const Bundle& bundle) {
    const Used used = used_by(bundle);
    std::string body;
    std::size_t count = 0;
    const auto add = [&](char kind, const Bundle::File& file) {
        append(body, kind, file);
        ++count;
    };
    for (const Bundle::File& file : bundle.configuration) {
        add('c', file);
    }
    for (const Bundle::File& file : bundle.profiles) {
        if (used.all || used.profiles.contains(stem_of(file.path))) {
            add('p', file);
        }
    }
    for (const Bundle::File& file : bundle.classes) {
        if (used.all || used.classes.contains(stem_of(file.path))) {
            add('k', file);
        }
    }
    return fmt::format("{}{}\n", kMagic, count) + body;
}

Result<Bundle> unpack(const std::string& packed) {
    Unpacker from(packed);
    Bundle bundle;
    const auto count = from.skip(kMagic) ? from.number('\n') : std::nullopt;
    if (!count || *count > 3 * kMaxFiles) {
        return fail(Errc::kCorrupt, "packed configuration: not one, or of a later version");
    }
    for (std::size_t i = 0; i < *count; ++i) {
        if (!unpack_file(from, bundle)) {
            return fail(Errc::kCorrupt,
                        fmt::format("packed configuration: file {} of {} is damaged", i + 1, *count));
        }
    }
    if (!from.at_end() || bundle.configuration.empty()) {
        return fail(Errc::kCorrupt, "packed configuration: its end is damaged");
    }
    return bundle;
}

std::string hash(const Bundle& bundle) {
    constexpr std::uint64_t kBasis = 0xCBF29CE484222325U;  // FNV-1a, 64 bits
    constexpr std::uint64_t kPrime = 0x100000001B3U;
    std::uint64_t value = kBasis;
    for (const char c : pack(bundle)) {
        value = (value ^ static_cast<unsigned char>(c)) * kPrime;
    }
    return fmt::format("{:016x}", value);
}

}  // namespace gengfu::config
