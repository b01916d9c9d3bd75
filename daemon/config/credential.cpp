#include "daemon/config/credential.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "daemon/config/text.hpp"
#include "daemon/core/read_file.hpp"

namespace gengfu::config {
namespace {

constexpr std::string_view kScheme = "credential:";

void unavailable(Reader& reader, std::string_view key, Credentials credentials, const std::string& why) {
    if (credentials == Credentials::kRequired) {
        reader.error(key, why);
    } else {
        reader.warning(key, why + " (only the service can read it)");
    }
}

}  // namespace

std::string read_secret_path(Reader& reader, std::string_view key, Credentials credentials) {
    const std::string value = reader.text(key, kMaxPath).value_or("");
    if (value.empty()) {
        const Node* const node = reader.any(key);
        if (node != nullptr && node->kind == Node::Kind::kString && node->text.empty()) {
            reader.error(key, fmt::format("{} must name a file; leave the key out if there is none", key));
        }
        return "";
    }
    if (!value.starts_with(kScheme)) {
        return value;
    }
    const auto name = parse_name(std::string_view(value).substr(kScheme.size()));
    if (!name) {
        reader.wrong(key, "credential:NAME, the name made of a-z A-Z 0-9 . _ -");
        return "";
    }
    const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || *folder == '\0') {
        unavailable(reader, key, credentials,
                    fmt::format("{} is a credential, but $CREDENTIALS_DIRECTORY is not set", key));
        return "";
    }
    return fmt::format("{}/{}", folder, *name);
}

std::string read_secret(Reader& reader, std::string_view key, Credentials credentials) {
    const Node* const node = reader.any(key);
    if (node != nullptr && node->kind == Node::Kind::kString && !node->text.starts_with('/') &&
        !node->text.starts_with(kScheme)) {
        // Not shown: it may be the secret.
        reader.error(key,
                     fmt::format("{} must be credential:NAME or the path of a file that begins with /, never "
                                 "the secret itself",
                                 key));
        return "";
    }
    const std::string path = read_secret_path(reader, key, credentials);
    if (path.empty()) {
        return "";
    }
    constexpr std::size_t kMaxSecret = 1'024;
    const Result<std::string> file = read_file(path, kMaxSecret + 2);
    std::string secret = file ? file->substr(0, file->find('\n')) : std::string();
    if (secret.empty() || secret.size() > kMaxSecret) {
        // What is not there is there for nobody; what may not be read, the service may be allowed to.
        std::error_code error;
        const bool missing = node->text.starts_with('/') && !std::filesystem::exists(path, error) && !error;
        unavailable(reader, key, missing ? Credentials::kRequired : credentials,
                    fmt::format("{}: no line of 1 to {} bytes can be read from {}", key, kMaxSecret,
                                in_quotes(path)));
        return "";
    }
    if (secret.ends_with('\r')) {
        secret.pop_back();
    }
    return secret;
}

}  // namespace gengfu::config
