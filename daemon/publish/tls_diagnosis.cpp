#include "daemon/publish/tls_diagnosis.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <chrono>
#include <memory>

#include "daemon/publish/tls_files.hpp"

namespace gengfu::publish {

namespace {

constexpr auto kLongest = std::chrono::seconds(5);
// With TLS 1.3 the broker judges the client's certificate after the handshake, and then says so at once.
constexpr auto kVerdict = std::chrono::seconds(2);

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeBio {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
using Bio = std::unique_ptr<BIO, FreeBio>;

Context make_context(const config::Mqtt& settings) {
    Context context(SSL_CTX_new(TLS_client_method()));
    if (!context) {
        return nullptr;
    }
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (settings.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context.get());
    } else {
        SSL_CTX_load_verify_locations(context.get(), settings.ca.c_str(), nullptr);
    }
    if (!settings.certificate.empty()) {
        const std::string& key = settings.key.empty() ? settings.certificate : settings.key;
        SSL_CTX_use_certificate_chain_file(context.get(), settings.certificate.c_str());
        SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM);
    }
    return context;
}

void expect_name(SSL* ssl, const std::string& host) {
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
        SSL_set_tlsext_host_name(ssl, host.c_str());
    }
}

// False when the time is over.
bool wait_for(BIO* bio, std::chrono::steady_clock::time_point until) {
    int socket = -1;
    if (BIO_get_fd(bio, &socket) < 0 || socket < 0) {
        return false;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd what{socket, static_cast<short>(BIO_should_read(bio) ? POLLIN : POLLOUT), 0};
    return left.count() > 0 && ::poll(&what, 1, static_cast<int>(left.count())) > 0;
}

enum class Shake : unsigned char { kDone, kFailed, kUnreachable };

Shake handshake(BIO* bio) {
    const auto until = std::chrono::steady_clock::now() + kLongest;
    while (BIO_do_handshake(bio) != 1) {
        if (!BIO_should_retry(bio)) {
            return Shake::kFailed;
        }
        if (!wait_for(bio, until)) {
            return Shake::kUnreachable;
        }
    }
    return Shake::kDone;
}

// An alert about the certificate that we showed, or did not (RFC 8446, 6.2).
std::string refusal_of(const config::Mqtt& settings, unsigned long error) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
        return {};
    }
    const std::string dates = wrong_dates(settings.certificate);
    const std::string ours = "the broker refuses the certificate " + settings.certificate + ": ";
    switch (ERR_GET_REASON(error)) {
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            return ours + "it is of an authority that the broker does not know";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return ours + "it " + (dates.empty() ? "has expired by the broker's clock" : dates);
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
            return ours + "it has been revoked";
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
            return ours + (dates.empty() ? std::string(ERR_reason_error_string(error)) : "it " + dates);
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
            return ours + "the key " + settings.key + " does not belong to it";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return settings.certificate.empty() ? "the broker wants a client certificate (mqtt.certificate)"
                                                : std::string();
        default:
            return {};
    }
}

std::string words_for(const config::Mqtt& settings, SSL* ssl, const std::string& host, unsigned long error) {
    const long verified = SSL_get_verify_result(ssl);
    switch (verified) {
        case X509_V_OK:
            break;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the broker's certificate is not for the name \"" + host + "\"";
        case X509_V_ERR_CERT_NOT_YET_VALID:
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return std::string("the broker's certificate: ") + X509_verify_cert_error_string(verified) +
                   " (is the clock of this machine right?)";
        default:
            return std::string("the broker's certificate is not trusted (mqtt.ca): ") +
                   X509_verify_cert_error_string(verified);
    }
    if (const std::string refused = refusal_of(settings, error); !refused.empty()) {
        return refused;
    }
    const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    return std::string("TLS fails: ") + (reason != nullptr ? reason : "the broker closed the connection");
}

// The broker's verdict on our certificate, when it has one: it would wait for us otherwise.
unsigned long verdict(BIO* bio) {
    const auto until = std::chrono::steady_clock::now() + kVerdict;
    char byte = 0;
    while (BIO_read(bio, &byte, 1) <= 0) {
        if (!BIO_should_retry(bio)) {
            return ERR_peek_error();
        }
        if (!wait_for(bio, until)) {
            break;
        }
    }
    return 0;
}

}  // namespace

TlsLook look_at_tls(const config::Mqtt& settings, const config::Broker& broker) {
    ERR_clear_error();
    const Context context = make_context(settings);
    const Bio bio(context ? BIO_new_ssl_connect(context.get()) : nullptr);
    SSL* ssl = nullptr;
    if (!bio || BIO_get_ssl(bio.get(), &ssl) < 1 || ssl == nullptr) {
        return {};
    }
    expect_name(ssl, broker.host);
    BIO_set_conn_hostname(bio.get(), broker.host.c_str());
    BIO_set_conn_port(bio.get(), std::to_string(broker.port).c_str());
    BIO_set_nbio(bio.get(), 1);
    const Shake shake = handshake(bio.get());
    const unsigned long error = shake == Shake::kDone
                                    ? verdict(bio.get())
                                    : ERR_peek_error();  // the first: what followed from it comes after
    ERR_clear_error();
    if (shake == Shake::kDone) {
        return {.trouble = refusal_of(settings, error), .succeeded = true};
    }
    // Errors of sockets and names are not TLS's: whoever connects has words of their own for them.
    const int source = ERR_GET_LIB(error);
    const bool reached = source != ERR_LIB_BIO && source != ERR_LIB_SYS;
    return {.trouble = shake == Shake::kFailed && reached ? words_for(settings, ssl, broker.host, error)
                                                          : std::string()};
}

std::string tls_trouble(const config::Mqtt& settings, const config::Broker& broker) {
    return look_at_tls(settings, broker).trouble;
}

}  // namespace gengfu::publish
