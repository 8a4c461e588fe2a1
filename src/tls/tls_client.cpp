// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/tls/tls_client.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>

namespace erlrc {
namespace {

template <auto Release>
struct Releases {
  template <typename Object>
  void operator()(Object* object) const {
    Release(object);
  }
};
using Bio = std::unique_ptr<BIO, Releases<&BIO_free>>;
using Certificate = std::unique_ptr<X509, Releases<&X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Releases<&EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Releases<&SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Releases<&SSL_free>>;

/// Why OpenSSL has failed; clears its messages.
std::string reason(const std::string& otherwise) {
  std::string text;
  for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error())
    if (const char* why = ERR_reason_error_string(error); why != nullptr && text.empty()) text = why;
  return text.empty() ? otherwise : text;
}

int size_of(BytesView bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw Error("too large");
  return static_cast<int>(bytes.size());
}

Bio reader_of(BytesView pem) {
  return Bio(BIO_new_mem_buf(pem.data(), size_of(pem)));
}

/// A key with a password is refused, since there is no terminal to ask for it.
int no_password(char*, int, int, void*) {
  return -1;
}

std::vector<Certificate> certificates_in(BytesView pem, const std::string& what) {
  std::vector<Certificate> all;
  const Bio reader = reader_of(pem);
  while (X509* one = PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr))
    all.emplace_back(one);
  ERR_clear_error();  // the end of the text is one
  if (all.empty()) throw Error(what + ": no certificate in the form PEM");
  return all;
}

void trust(SSL_CTX* context, BytesView pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const Certificate& one : certificates_in(pem, "tls_ca"))
    X509_STORE_add_cert(store, one.get());
  // The node's own certificate may be named, too.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

void identify(SSL_CTX* context, const TlsIdentity& identity) {
  auto chain = certificates_in(identity.certificate, "tls_certificate");
  bool good = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
  for (std::size_t i = 1; i < chain.size(); ++i)
    good = good && SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  if (!good) throw Error("tls_certificate: " + reason("cannot be used"));
  const Bio reader = reader_of(identity.key);
  const Key key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr));
  if (!key) throw Error("tls_key: no key in the form PEM, without a password");
  ERR_clear_error();
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    throw Error("tls_key: " + reason("does not belong to the certificate"));
}

/// A node looks up the certificate that it shows by the name that we ask for.
void expect_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1) return;
  ERR_clear_error();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(ssl, name.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
    throw Error("tls_name: " + reason("cannot be used"));
}

}  // namespace

struct TlsClient::State {
  Context context;
  Connection ssl;
  BIO* from_network = nullptr;  ///< both belong to `ssl`
  BIO* to_network = nullptr;
  Bytes unsent{};
  Bytes plain{};
  bool closed = false;
};

TlsClient::TlsClient(const TlsIdentity& identity) : state_(std::make_unique<State>()) {
  state_->context = Context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = state_->context.get();
  if (context == nullptr) throw Error("OpenSSL: " + reason("cannot be used"));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (!identity.ca.empty()) trust(context, identity.ca);
  if (!identity.certificate.empty()) identify(context, identity);
  state_->ssl = Connection(SSL_new(context));
  SSL* ssl = state_->ssl.get();
  state_->from_network = BIO_new(BIO_s_mem());
  state_->to_network = BIO_new(BIO_s_mem());
  if (ssl == nullptr || state_->from_network == nullptr || state_->to_network == nullptr)
    throw Error("OpenSSL: " + reason("cannot be used"));
  SSL_set_bio(ssl, state_->from_network, state_->to_network);
  if (!identity.name.empty()) expect_name(ssl, identity.name);
  SSL_set_connect_state(ssl);
  advance();
}

TlsClient::~TlsClient() = default;

void TlsClient::receive(BytesView bytes) {
  if (!bytes.empty()) BIO_write(state_->from_network, bytes.data(), size_of(bytes));
  advance();
}

void TlsClient::send(BytesView plain) {
  state_->unsent += plain;
  advance();
}

Bytes TlsClient::take_output() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(state_->to_network, &data);
  Bytes output(data, static_cast<std::size_t>(std::max(size, 0L)));
  (void)BIO_reset(state_->to_network);
  return output;
}

Bytes TlsClient::take_plain() {
  return std::exchange(state_->plain, {});
}

bool TlsClient::is_closed() const {
  return state_->closed;
}

namespace {

/// The reason of a call that has failed; empty if it only waits for bytes.
std::string failure_of(SSL* ssl, int result) {
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {};
    default:
      break;
  }
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK && (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0) {
    ERR_clear_error();
    return std::string("the node's certificate: ") + X509_verify_cert_error_string(verified);
  }
  return reason("broken");
}

}  // namespace

void TlsClient::advance() {
  SSL* ssl = state_->ssl.get();
  ERR_clear_error();
  const auto expect = [&](int result) {
    if (result > 0) return true;
    // A fatal alert ends the connection, too, but not in order.
    if (SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN) state_->closed = true;
    if (state_->closed) return false;
    if (const std::string why = failure_of(ssl, result); !why.empty()) throw ProtocolError(why);
    return false;
  };
  if (!SSL_is_init_finished(ssl) && !expect(SSL_do_handshake(ssl))) return;
  while (!state_->unsent.empty() && expect(SSL_write(ssl, state_->unsent.data(), size_of(state_->unsent))))
    state_->unsent.clear();
  std::array<char, 16384> buffer;
  for (;;) {
    const int count = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (!expect(count)) return;
    state_->plain.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace erlrc
