#include "daemon/publish/catalogue_shelf.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "gengfu/store/v1/book.pb.h"

namespace gengfu::publish {

namespace stored = gengfu::store::v1;
namespace fs = std::filesystem;

namespace {

constexpr const char* kPrefix = "catalogue-";
constexpr std::size_t kHashDigits = 16;

bool is_hash(const std::string& text) {
    return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::optional<stored::StoredCatalogue> read(const std::string& path) {
    std::error_code error;
    if (fs::file_size(path, error) > CatalogueShelf::kLongest || error) {
        return std::nullopt;
    }
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    stored::StoredCatalogue out;
    if (!out.ParseFromString(bytes)) {
        return std::nullopt;
    }
    // All its parts, and of one catalogue: a file that is cut or mixed up is none.
    for (int i = 0; i < out.parts_size(); ++i) {
        const v1::CatalogueChange& part = out.parts(i);
        if (part.hash() != out.hash() || part.part() != static_cast<std::uint32_t>(i) ||
            part.parts() != static_cast<std::uint32_t>(out.parts_size())) {
            return std::nullopt;
        }
    }
    return out;
}

Result<void> trouble(const std::string& path) {
    return fail(errno == ENOSPC || errno == EDQUOT ? Errc::kFull : Errc::kIo,
                path + ": " + std::strerror(errno));
}

// The old file or the new one, whenever the power goes.
Result<void> replace(const std::string& path, const std::string& bytes) {
    const std::string fresh = path + ".new";
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return trouble(fresh);
    }
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t wrote = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            break;
        }
        done += static_cast<std::size_t>(wrote);
    }
    const bool whole = done == bytes.size() && ::fsync(fd) == 0;
    Result<void> result = whole ? Result<void>{} : trouble(fresh);
    ::close(fd);
    if (whole && ::rename(fresh.c_str(), path.c_str()) != 0) {
        result = trouble(path);
    }
    if (!result) {
        ::unlink(fresh.c_str());
    }
    return result;
}

}  // namespace

std::string CatalogueShelf::path(const std::string& hash) const {
    return folder_ + "/" + kPrefix + hash;
}

Result<void> CatalogueShelf::put(const std::string& hash, const std::vector<std::string>& parts,
                                 std::uint64_t start) {
    stored::StoredCatalogue out;
    out.set_hash(hash);
    out.set_last_start(start);
    for (const std::string& part : parts) {
        static_cast<void>(out.add_parts()->ParseFromString(part));  // ours, made a moment ago
    }
    return replace(path(hash), out.SerializeAsString());
}

std::vector<std::string> CatalogueShelf::get(const std::string& hash) const {
    std::vector<std::string> out;
    if (!is_hash(hash)) {
        return out;  // asked for by whoever may send commands: no path of theirs
    }
    if (const auto found = read(path(hash)); found && found->hash() == hash) {
        for (const v1::CatalogueChange& part : found->parts()) {
            out.push_back(part.SerializeAsString());
        }
    }
    return out;
}

void CatalogueShelf::prune(std::uint64_t oldest_start) {
    std::vector<std::pair<std::uint64_t, std::string>> kept;
    std::error_code error;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with(kPrefix) || !is_hash(name.substr(std::strlen(kPrefix)))) {
            continue;
        }
        const auto found = read(at->path().string());
        if (found && found->last_start() >= oldest_start) {
            kept.emplace_back(found->last_start(), at->path().string());
        } else {
            fs::remove(at->path(), error);
        }
    }
    std::sort(kept.rbegin(), kept.rend());
    for (std::size_t i = kMost; i < kept.size(); ++i) {
        fs::remove(kept[i].second, error);
    }
}

}  // namespace gengfu::publish
