#include "daemon/publish/tls_files.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>

namespace gengfu::publish {

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const {
        Free(thing);
    }
};
using File = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// "PATH:LINE", the line on which the block number `block` begins; the path alone when there is none.
std::string place_of(const std::string& path, int block) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (line.starts_with("-----BEGIN ") && --block < 0) {
            return path + ":" + std::to_string(number);
        }
    }
    return path;
}

// All of the file must be whole, since TLS sends the chain. At least one.
Result<std::vector<Certificate>> read_chain(const std::string& path) {
    const File file(BIO_new_file(path.c_str(), "r"));
    if (!file) {
        return fail(Errc::kInvalid, path + " cannot be read");
    }
    std::vector<Certificate> chain;
    for (int block = 0;; ++block) {
        Certificate next(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
        const int reason = ERR_GET_REASON(ERR_peek_last_error());
        ERR_clear_error();
        if (!next && !chain.empty() && reason == PEM_R_NO_START_LINE) {
            return chain;
        }
        if (!next) {
            return fail(Errc::kInvalid,
                        reason == PEM_R_NO_START_LINE
                            ? path + " holds no certificate in PEM"
                            : place_of(path, block) + ": what begins here is no certificate in PEM");
        }
        chain.push_back(std::move(next));
    }
}

// The first of the file.
Result<Certificate> read_certificate(const std::string& path) {
    Result<std::vector<Certificate>> chain = read_chain(path);
    if (!chain) {
        return pass(chain);
    }
    return std::move(chain->front());
}

std::optional<Wall> wall_of(const ASN1_TIME* time) {
    std::tm utc{};
    if (ASN1_TIME_to_tm(time, &utc) != 1) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(std::chrono::year(utc.tm_year + 1900),
                                           std::chrono::month(static_cast<unsigned>(utc.tm_mon + 1)),
                                           std::chrono::day(static_cast<unsigned>(utc.tm_mday)));
    return std::chrono::sys_days(date) + std::chrono::hours(utc.tm_hour) + std::chrono::minutes(utc.tm_min) +
           std::chrono::seconds(utc.tm_sec);
}

// A key with a pass phrase would make OpenSSL ask at the terminal.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return -1;
}

Result<Key> read_key(const std::string& path) {
    const File file(BIO_new_file(path.c_str(), "r"));
    Key key(file ? PEM_read_bio_PrivateKey(file.get(), nullptr, no_pass_phrase, nullptr) : nullptr);
    ERR_clear_error();
    if (!key) {
        return fail(Errc::kInvalid,
                    path + (file ? " holds no key in PEM without pass phrase" : " cannot be read"));
    }
    return key;
}

}  // namespace

TlsFiles::TlsFiles(const config::Mqtt& settings) : paths_{settings.ca, settings.certificate, settings.key} {
    used();
}

TlsFiles::Stamps TlsFiles::look() const {
    Stamps out;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
        struct stat about {};
        if (!paths_[i].empty() && ::stat(paths_[i].c_str(), &about) == 0) {
            out[i] = {
                .modified_ns = std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec,
                .size = about.st_size,
                .inode = about.st_ino};
        }
    }
    return out;
}

void TlsFiles::used() {
    used_ = look();
    last_ = used_;
}

bool TlsFiles::renewed() {
    const Stamps now = look();
    const bool rests = now == last_;
    last_ = now;
    return rests && now != used_ && check();
}

Result<void> TlsFiles::check() const {
    const auto& [authority, certificate, key] = paths_;
    if (!authority.empty()) {
        if (Result<Certificate> read = read_certificate(authority); !read) {
            return pass(read);
        }
    }
    if (certificate.empty() && key.empty()) {
        return {};
    }
    Result<Certificate> own = read_certificate(certificate);
    if (!own) {
        return pass(own);
    }
    Result<Key> secret = read_key(key.empty() ? certificate : key);
    if (!secret) {
        return pass(secret);
    }
    const bool fits = X509_check_private_key(own->get(), secret->get()) == 1;
    ERR_clear_error();
    if (!fits) {
        return fail(Errc::kInvalid, "the key " + key + " does not belong to the certificate " + certificate);
    }
    return {};
}

std::string wrong_dates(const std::string& certificate) {
    const Result<Certificate> read = read_certificate(certificate);
    const std::optional<Wall> from = read ? wall_of(X509_get0_notBefore(read->get())) : std::nullopt;
    const std::optional<Wall> until = read ? wall_of(X509_get0_notAfter(read->get())) : std::nullopt;
    const auto now = std::chrono::system_clock::now();
    if (from && now < *from) {
        return "is valid only from " + to_iso8601(*from) + " on (is the clock of this machine right?)";
    }
    return until && now > *until ? "expired on " + to_iso8601(*until) : std::string();
}

std::optional<Expiry> first_expiry(const config::Mqtt& settings) {
    std::optional<Expiry> first;
    // No file is named where there is no certificate: then none is read.
    const auto look = [&first](const Certificate& certificate, const std::string& path) {
        const std::optional<Wall> end = wall_of(X509_get0_notAfter(certificate.get()));
        if (end && (!first || *end < first->at)) {
            first = {*end, path};
        }
    };
    if (const auto chain = read_chain(settings.certificate)) {
        for (const Certificate& one : *chain) {
            look(one, settings.certificate);
        }
    }
    // Of a bundle of authorities the first: an old one that stays behind its successor is no trouble.
    if (const auto authority = read_chain(settings.ca)) {
        look(authority->front(), settings.ca);
    }
    return first;
}

}  // namespace gengfu::publish
