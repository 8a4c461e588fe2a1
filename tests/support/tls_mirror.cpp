// SPDX-License-Identifier: BSD-3-Clause
#include "tls_mirror.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace erlrc::test {
namespace {

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

template <typename Write>
Bytes written(Write write) {
  BIO* out = BIO_new(BIO_s_mem());
  expect(write(out) == 1, "write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  Bytes text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

X509* certificate_in(const Bytes& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* found = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  expect(found != nullptr, "read a certificate");
  return found;
}

EVP_PKEY* key_in(const Bytes& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* found = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  expect(found != nullptr, "read a key");
  return found;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  expect(extension != nullptr, "make an extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

MadeCertificate make_certificate(const std::string& name, const MadeCertificate* issuer) {
  static long serial = 1;
  EVP_PKEY* key = EVP_EC_gen("P-256");
  expect(key != nullptr, "make a key");
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 24 * 3600);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? certificate_in(issuer->certificate) : made;
  EVP_PKEY* signing = issuer != nullptr ? key_in(issuer->key) : key;
  X509_set_issuer_name(made, X509_get_subject_name(signer));
  const bool is_ip = name.find_first_not_of("0123456789.") == std::string::npos;
  extend(made, signer, NID_subject_alt_name, (is_ip ? "IP:" : "DNS:") + name);
  extend(made, signer, NID_basic_constraints, issuer != nullptr ? "critical,CA:FALSE" : "critical,CA:TRUE");
  expect(X509_sign(made, signing, EVP_sha256()) > 0, "sign");
  MadeCertificate result{written([&](BIO* out) { return PEM_write_bio_X509(out, made); }),
                         written([&](BIO* out) {
                           return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
                         })};
  if (issuer != nullptr) {
    X509_free(signer);
    EVP_PKEY_free(signing);
  }
  X509_free(made);
  EVP_PKEY_free(key);
  return result;
}

struct TlsServer::State {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL* ssl = nullptr;
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  Bytes unsent{};
  Bytes plain{};

  ~State() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  void advance() {
    ERR_clear_error();
    if (!SSL_is_init_finished(ssl) && SSL_do_handshake(ssl) != 1) return;
    if (!unsent.empty() && SSL_write(ssl, unsent.data(), static_cast<int>(unsent.size())) > 0) unsent.clear();
    std::array<char, 4096> buffer{};
    for (int count = SSL_read(ssl, buffer.data(), buffer.size()); count > 0;
         count = SSL_read(ssl, buffer.data(), buffer.size()))
      plain.append(buffer.data(), static_cast<std::size_t>(count));
  }
};

TlsServer::TlsServer(const TlsServerOptions& options) : state_(std::make_unique<State>()) {
  X509* certificate = certificate_in(options.identity.certificate);
  EVP_PKEY* key = key_in(options.identity.key);
  expect(SSL_CTX_use_certificate(state_->context, certificate) == 1, "use the certificate");
  expect(SSL_CTX_use_PrivateKey(state_->context, key) == 1, "use the key");
  X509_free(certificate);
  EVP_PKEY_free(key);
  if (options.only_tls_1_2) SSL_CTX_set_max_proto_version(state_->context, TLS1_2_VERSION);
  if (!options.client_ca.empty()) {
    X509* ca = certificate_in(options.client_ca);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(state_->context), ca);
    X509_free(ca);
    SSL_CTX_set_verify(state_->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  state_->ssl = SSL_new(state_->context);
  SSL_set_bio(state_->ssl, state_->in, state_->out);
  SSL_set_accept_state(state_->ssl);
}

TlsServer::~TlsServer() = default;

void TlsServer::receive(BytesView bytes) {
  if (!bytes.empty()) BIO_write(state_->in, bytes.data(), static_cast<int>(bytes.size()));
  state_->advance();
}

void TlsServer::send(BytesView plain) {
  state_->unsent += plain;
  state_->advance();
}

void TlsServer::close() {
  SSL_shutdown(state_->ssl);
}

Bytes TlsServer::take_output() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(state_->out, &data);
  Bytes output(data, static_cast<std::size_t>(size));
  (void)BIO_reset(state_->out);
  return output;
}

Bytes TlsServer::take_plain() {
  return std::exchange(state_->plain, {});
}

std::string TlsServer::version() const {
  return SSL_get_version(state_->ssl);
}

std::string TlsServer::asked_name() const {
  const char* name = SSL_get_servername(state_->ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

}  // namespace erlrc::test
