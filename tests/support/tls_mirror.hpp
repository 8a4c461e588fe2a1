// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include <erlrc/base/bytes.hpp>

// The other side of TLS, and certificates for both.

namespace erlrc::test {

/// Both in the form PEM.
struct MadeCertificate {
  Bytes certificate;
  Bytes key;
};

/// A certificate for this host name, or address, which is valid for a day. Without an issuer, it signs itself
/// and may sign others.
MadeCertificate make_certificate(const std::string& name, const MadeCertificate* issuer = nullptr);

struct TlsServerOptions {
  MadeCertificate identity;
  bool only_tls_1_2 = false;
  Bytes client_ca{};  ///< not empty: a client must have a certificate signed by one of these
};

/// A server of TLS without a socket.
class TlsServer {
public:
  explicit TlsServer(const TlsServerOptions& options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  void receive(BytesView bytes);
  void send(BytesView plain);
  void close();
  Bytes take_output();
  Bytes take_plain();
  std::string version() const;
  std::string asked_name() const;  ///< the name that the client has asked for

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace erlrc::test
