// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/tls/tls_client.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "tls_mirror.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const MadeCertificate ca = make_certificate("ca.example");
const MadeCertificate node = make_certificate("node.example", &ca);

/// Moves bytes in both directions until neither side has any, in pieces of that size.
void converse(TlsClient& client, TlsServer& server, std::size_t piece = 100'000) {
  for (;;) {
    Bytes to_server = client.take_output();
    for (BytesView rest = to_server; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
      server.receive(rest.substr(0, piece));
    Bytes to_client = server.take_output();
    for (BytesView rest = to_client; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
      client.receive(rest.substr(0, piece));
    if (to_server.empty() && to_client.empty()) return;
  }
}

/// The reason why they do not come to an understanding; empty if they do.
std::string failure(const TlsIdentity& identity, const TlsServerOptions& options) {
  TlsServer server(options);
  try {
    TlsClient client(identity);
    client.send("hello");
    converse(client, server);
    server.send("good day");
    converse(client, server);
    return client.take_plain() == "good day" && server.take_plain() == "hello" ? "" : "no answer";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("bytes pass in both directions with TLS 1.2 and 1.3, in pieces of any size") {
  const bool old = GENERATE(true, false);
  const std::size_t piece = GENERATE(1U, 100U, 100'000U);
  TlsServer server({node, old});
  TlsClient client({});
  client.send("early");
  converse(client, server, piece);
  CHECK(server.version() == (old ? "TLSv1.2" : "TLSv1.3"));
  CHECK(server.take_plain() == "early");
  const Bytes large(300'000, 'x');
  client.send(large);
  server.send(large + "y");
  converse(client, server, 100'000);
  CHECK(server.take_plain() == large);
  CHECK(client.take_plain() == large + "y");
  CHECK_FALSE(client.is_closed());
  server.close();
  converse(client, server);
  CHECK(client.is_closed());
}

TEST_CASE("a certificate is checked against the given ones and the given name") {
  const MadeCertificate other = make_certificate("other.example");
  const std::string unknown = "the node's certificate: unable to get local issuer certificate";
  CHECK(failure({}, {make_certificate("anyone.example")}).empty());
  CHECK(failure({.ca = ca.certificate}, {node}).empty());
  CHECK(failure({.ca = other.certificate + ca.certificate}, {node}).empty());
  CHECK(failure({.ca = node.certificate}, {node}).empty());  // the node's own
  CHECK(failure({.ca = other.certificate}, {node}) == unknown);
  CHECK(failure({.ca = ca.certificate, .name = "node.example"}, {node}).empty());
  CHECK(failure({.ca = ca.certificate, .name = "other.example"}, {node}) ==
        "the node's certificate: hostname mismatch");
  const MadeCertificate by_address = make_certificate("127.0.0.1", &ca);
  CHECK(failure({.ca = ca.certificate, .name = "127.0.0.1"}, {by_address}).empty());
  CHECK(failure({.ca = ca.certificate, .name = "127.0.0.2"}, {by_address}) ==
        "the node's certificate: IP address mismatch");
}

TEST_CASE("a server with several names is asked for the one of the entry") {
  TlsServer server({node});
  TlsClient client({.name = "node.example"});
  converse(client, server);
  CHECK(server.asked_name() == "node.example");
}

TEST_CASE("a node that wants a certificate gets ours, and refuses us if we have none") {
  const bool old = GENERATE(true, false);
  const MadeCertificate ours = make_certificate("erlrc.example", &ca);
  const TlsServerOptions demanding{node, old, ca.certificate};
  CHECK(failure({.certificate = ours.certificate, .key = ours.key}, demanding).empty());
  CHECK(failure({}, demanding) ==
        (old ? "sslv3 alert handshake failure" : "tlsv13 alert certificate required"));
  const MadeCertificate foreign = make_certificate("erlrc.example");
  CHECK(failure({.certificate = foreign.certificate, .key = foreign.key}, demanding) ==
        "tlsv1 alert unknown ca");
}

TEST_CASE("what cannot be used as a certificate or a key is an error that does not quote it") {
  CHECK(failure({.ca = "secret"}, {node}) == "tls_ca: no certificate in the form PEM");
  CHECK(failure({.certificate = "secret"}, {node}) == "tls_certificate: no certificate in the form PEM");
  CHECK(failure({.certificate = node.certificate, .key = "secret"}, {node}) ==
        "tls_key: no key in the form PEM, without a password");
  CHECK(failure({.certificate = node.certificate, .key = ca.key}, {node}) == "tls_key: key values mismatch");
}

TEST_CASE("a peer that does not speak TLS is an error") {
  TlsClient client({});
  CHECK_THROWS_WITH(client.receive("HTTP/1.1 400 Bad Request\r\n\r\n"), "wrong version number");
}
