// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/node/check.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "live_node.hpp"
#include "paths.hpp"
#include "tls_mirror.hpp"

// Nodes that speak TLS, of the OTP release of `erl` in PATH, called through the helper program erlrc-tls.

using namespace erlrc;
using namespace erlrc::test;

namespace {

Deadline soon() {
  return after(milliseconds(60000));
}

/// Files for a node with TLS and for us.
class TlsFiles {
public:
  TlsFiles() {
    dir_.write("ca.pem", ca_.certificate);
    dir_.write("node.pem", node_.certificate + node_.key, 0600);
    dir_.write("ours.pem", ours_.certificate + ours_.key, 0600);
    dir_.write("foreign.pem", foreign_.certificate + foreign_.key, 0600);
    dir_.write("foreign_ca.pem", foreign_.certificate);
  }
  std::string operator/(const std::string& name) const { return (dir_ / name).string(); }

  /// Arguments of erl; `more` are further options of the server, as Erlang text.
  LiveNodeOptions node(const std::string& more) const {
    const std::string options = dir_.write("options" + std::to_string(++made_),
                                           "[{server, [{certfile, \"" + (*this / "node.pem") + "\"}" + more +
                                               "]}, {client, [{verify, verify_none}]}].\n");
    return {.host = "localhost.localdomain",
            .arguments = {"-proto_dist", "inet_tls", "-ssl_dist_optfile", options}};
  }

private:
  TempDir dir_;
  MadeCertificate ca_ = make_certificate("ca.example");
  MadeCertificate node_ = make_certificate("localhost.localdomain", &ca_);
  MadeCertificate ours_ = make_certificate("erlrc.example", &ca_);
  MadeCertificate foreign_ = make_certificate("foreign.example");
  mutable int made_ = 0;
};

const Bytes one_forms =
    encode_term(parse_term("[{op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},{var,1,'Argument'}]}}]"))
        .substr(1);

/// `answers`, or why the node does not.
std::string result_of(const NodeEntry& entry) {
  const ScopedEnvironment libexec("ERLRC_LIBEXEC", in_build("src/tls").c_str());
  try {
    const auto rpc = connect(entry, soon());
    if (!rpc) return "down";
    const Term large = binary(Bytes(1'000'000, 'x'));
    rpc->start({"echo", one_forms, {}}, large);
    return rpc->receive(soon()) == large ? "answers" : "wrong";
  } catch (const Error& error) {
    const std::string text = error.what();
    const std::string why = text.substr(std::min(text.size(), text.find(": ") + 2));  // without the port
    // So begins each error of a node in another root directory (scripts/with-otp).
    const std::string elsewhere = "no process of this system listens there: ";
    return why.starts_with(elsewhere) ? why.substr(elsewhere.size()) : why;
  }
}

NodeEntry with(const LiveNode& node, const TlsSettings& tls) {
  NodeEntry entry = node.entry();
  entry.tls = tls;
  return entry;
}

}  // namespace

TEST_CASE("a node with TLS is called, and its certificate is checked if the entry names certificates") {
  const TlsFiles files;
  const LiveEpmd epmd;
  const std::string version = GENERATE("tlsv1.2", "tlsv1.3");
  const LiveNode node(epmd, files.node(", {verify, verify_none}, {versions, ['" + version + "']}"));
  CHECK(result_of(with(node, {})) == "answers");
  CHECK(result_of(with(node, {.ca_file = files / "ca.pem"})) == "answers");
  CHECK(result_of(with(node, {.ca_file = files / "ca.pem", .name = "localhost.localdomain"})) == "answers");
  CHECK(result_of(with(node, {.ca_file = files / "ca.pem", .name = "other.example"})) ==
        "TLS: the node's certificate: hostname mismatch");
  CHECK(result_of(with(node, {.ca_file = files / "foreign_ca.pem"})) ==
        "TLS: the node's certificate: unable to get local issuer certificate");
  NodeEntry wrong = with(node, {});
  wrong.cookie = Cookie("GUESSED");
  CHECK(result_of(wrong) == "cookie refused");
}

TEST_CASE("a node that wants a certificate is called with ours") {
  const TlsFiles files;
  const LiveEpmd epmd;
  const std::string version = GENERATE("tlsv1.2", "tlsv1.3");
  const LiveNode node(
      epmd, files.node(", {cacertfile, \"" + (files / "ca.pem") +
                       "\"}, {verify, verify_peer}, {fail_if_no_peer_cert, true}, {versions, ['" + version +
                       "']}"));
  CHECK(result_of(with(node, {.ca_file = files / "ca.pem", .certificate_file = files / "ours.pem"})) ==
        "answers");
  CHECK(result_of(with(node, {})).starts_with("TLS: "));
  CHECK(result_of(with(node, {.certificate_file = files / "foreign.pem"})).starts_with("TLS: "));
  CHECK(result_of(with(node, {.certificate_file = files / "none.pem"})) ==
        "TLS: " + (files / "none.pem") + ": open: No such file or directory");
}

TEST_CASE("an entry of the other protocol than the node's is an error with the remedy") {
  const TlsFiles files;
  const LiveEpmd epmd;
  const LiveNode secure(epmd, files.node(", {verify, verify_none}"));
  CHECK(result_of(secure.entry()).ends_with("; the node speaks TLS: set proto = tls in its entry"));
  const LiveNode plain(epmd);
  CHECK(result_of(with(plain, {}))
            .ends_with("; the node does not speak TLS: remove proto = tls from its entry"));
}

TEST_CASE("the way to a node with TLS is checked step by step") {
  const TlsFiles files;
  const LiveEpmd epmd;
  const LiveNode node(epmd, files.node(", {verify, verify_none}"));
  const ScopedEnvironment libexec("ERLRC_LIBEXEC", in_build("src/tls").c_str());
  const auto steps = check_node(with(node, {.ca_file = files / "ca.pem"}), soon());
  REQUIRE_FALSE(steps.empty());
  CHECK(steps.back().name == "question");
  CHECK(steps.back().works);
  const auto plain = check_node(node.entry(), soon());
  CHECK(plain.back() == CheckStep{"handshake", false, plain.back().text,
                                  "the node speaks TLS: set proto = tls in its entry"});
}
