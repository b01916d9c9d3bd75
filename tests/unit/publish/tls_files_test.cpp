#include "daemon/publish/tls_files.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>

namespace gengfu::publish {
namespace {

namespace fs = std::filesystem;

std::string taken_from(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<std::size_t>(length));
    BIO_free(bio);
    return out;
}

struct Pair {
    std::string certificate, key;
};

// A self-signed certificate with its key.
Pair make_pair(long lasts = 3600) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), lasts);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    BIO* for_certificate = BIO_new(BIO_s_mem());
    BIO* for_key = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(for_certificate, certificate);
    PEM_write_bio_PrivateKey(for_key, key, nullptr, nullptr, 0, nullptr, nullptr);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {taken_from(for_certificate), taken_from(for_key)};
}

class TlsFilesTest : public testing::Test {
protected:
    TlsFilesTest() {
        std::string name = (fs::temp_directory_path() / "gengfu-tls-XXXXXX").string();
        folder = ::mkdtemp(name.data());
        settings.ca = (folder / "ca.pem").string();
        settings.certificate = (folder / "gw.pem").string();
        settings.key = (folder / "gw.key").string();
        write(settings.ca, make_pair().certificate);
        write_pair(make_pair());
    }
    ~TlsFilesTest() override { fs::remove_all(folder); }

    // As a careful tool renews a file: written beside it, then put in its place.
    void write(const std::string& path, const std::string& text) {
        std::ofstream(path + ".new") << text;
        fs::rename(path + ".new", path);
    }
    void write_pair(const Pair& pair) {
        write(settings.certificate, pair.certificate);
        write(settings.key, pair.key);
    }

    fs::path folder;
    config::Mqtt settings;
};

TEST_F(TlsFilesTest, UntouchedFilesAreNotRenewed) {
    TlsFiles files(settings);
    EXPECT_TRUE(files.check());
    EXPECT_FALSE(files.renewed());
    EXPECT_FALSE(files.renewed());
}

TEST_F(TlsFilesTest, RenewedFilesAreSeenWhenTheyHaveComeToRest) {
    TlsFiles files(settings);
    write_pair(make_pair());
    EXPECT_FALSE(files.renewed());  // perhaps half written
    EXPECT_TRUE(files.renewed());
    files.used();
    EXPECT_FALSE(files.renewed());
    EXPECT_FALSE(files.renewed());
}

TEST_F(TlsFilesTest, ACertificateWithoutItsKeyIsNotTakenUp) {
    TlsFiles files(settings);
    const Pair pair = make_pair();
    write(settings.certificate, pair.certificate);
    EXPECT_FALSE(files.renewed());
    EXPECT_FALSE(files.renewed());
    write(settings.key, pair.key);
    EXPECT_FALSE(files.renewed());
    EXPECT_TRUE(files.renewed());
}

TEST_F(TlsFilesTest, WhatIsWrongIsSaid) {
    const auto why = [&] {
        const Result<void> checked = TlsFiles(settings).check();
        return checked ? std::string() : checked.error().what;
    };
    EXPECT_EQ(why(), "");
    write(settings.key, make_pair().key);
    EXPECT_EQ(why(),
              "the key " + settings.key + " does not belong to the certificate " + settings.certificate);
    write(settings.key, "nonsense");
    EXPECT_EQ(why(), settings.key + " holds no key in PEM without pass phrase");
    fs::remove(settings.key);
    EXPECT_EQ(why(), settings.key + " cannot be read");
    write(settings.certificate, "nonsense");
    EXPECT_EQ(why(), settings.certificate + " holds no certificate in PEM");
    fs::remove(settings.ca);
    EXPECT_EQ(why(), settings.ca + " cannot be read");
    settings = {};
    EXPECT_EQ(why(), "");  // none are configured
}

TEST_F(TlsFilesTest, TheFirstToExpireIsTold) {
    const std::optional<Expiry> expiry = first_expiry(settings);
    ASSERT_TRUE(expiry);
    const double left = std::chrono::duration<double>(expiry->at - std::chrono::system_clock::now()).count();
    EXPECT_NEAR(left, 3600, 120);
    EXPECT_TRUE(expiry->path == settings.certificate || expiry->path == settings.ca) << expiry->path;
    write(settings.certificate, "no certificate");
    EXPECT_TRUE(first_expiry(settings)) << "the authority's is left";
    write(settings.ca, "");
    EXPECT_FALSE(first_expiry(settings));
    EXPECT_FALSE(first_expiry({}));
}

TEST_F(TlsFilesTest, TheWholeChainOfTheGatewayIsLookedAtAndOfAuthoritiesTheFirst) {
    const std::string year = make_pair(365L * 86'400).certificate;
    const std::string week = make_pair(7L * 86'400).certificate;
    write(settings.ca, year + week);
    write(settings.certificate, year);
    const auto days = [&] {
        const auto left = first_expiry(settings)->at - std::chrono::system_clock::now();
        return std::chrono::duration<double, std::ratio<86'400>>(left).count();
    };
    EXPECT_NEAR(days(), 365, 1) << "an old authority behind its successor is no trouble";
    write(settings.certificate, year + week);
    EXPECT_NEAR(days(), 7, 1) << "without its intermediate no broker knows the gateway";
    EXPECT_EQ(first_expiry(settings)->path, settings.certificate);
}

}  // namespace
}  // namespace gengfu::publish
