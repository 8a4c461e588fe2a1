// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include <erlrc/base/bytes.hpp>

// Our side of a TLS connection, by OpenSSL, without a socket: bytes of the network on one side, bytes of the
// distribution protocol on the other. Only the helper program erlrc-tls uses this part: the other programs
// are static and have no TLS in them.

namespace erlrc {

/// The content of the files that an entry names, and the name that it expects.
struct TlsIdentity {
  Bytes ca{};           ///< PEM; empty: any certificate is accepted
  std::string name{};   ///< that the node's certificate must have; empty: any
  Bytes certificate{};  ///< PEM, ours and those that it comes from; empty: we have none
  Bytes key{};          ///< PEM; without a password
};

class TlsClient {
public:
  /// Throws Error if OpenSSL cannot use the identity.
  explicit TlsClient(const TlsIdentity& identity);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// Bytes of the network. Throws ProtocolError for what is not TLS, a certificate that is not accepted, and
  /// an alert of the node; then `take_output` may still have an alert for the node.
  void receive(BytesView bytes);

  /// Bytes for the node. Kept until the connection is secure.
  void send(BytesView plain);

  Bytes take_output();  ///< for the network
  Bytes take_plain();   ///< from the node

  /// The node has ended the connection in order.
  bool is_closed() const;

private:
  struct State;
  void advance();

  std::unique_ptr<State> state_;
};

}  // namespace erlrc
