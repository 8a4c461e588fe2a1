// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/registry.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

/// A registry of one node named egerl.
struct OneNode {
  explicit OneNode(std::string_view content, mode_t mode = 0640) { dir.write("nodes/egerl", content, mode); }

  NodeEntry entry() const {
    const Registry registry = load_registry(dir.path());
    for (const BadEntry& bad : registry.bad)
      FAIL("refused: " << bad.error);
    REQUIRE(registry.nodes.size() == 1);
    return registry.nodes.front();
  }
  /// The error, without the path of the nodes.
  std::string error() const {
    const Registry registry = load_registry(dir.path());
    CHECK(registry.nodes.empty());
    REQUIRE(registry.bad.size() == 1);
    CHECK(registry.bad.front().file == "egerl");
    std::string text = registry.bad.front().error;
    const std::string path = (dir / "nodes").string() + "/";
    for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
      text.erase(at, path.size());
    return text;
  }

  TempDir dir;
};

}  // namespace

TEST_CASE("a file that contains only the cookie is an entry") {
  const auto content = GENERATE(values<std::string>({"SECRET", "SECRET\n", "\n  SECRET\r\n\n"}));
  const NodeEntry entry = OneNode(content).entry();
  CHECK(entry.name == NodeName{"egerl", std::nullopt});
  CHECK(entry.cookie.reveal() == "SECRET");
  CHECK(entry.port == std::nullopt);
  CHECK(entry.epmd_port == std::nullopt);
}

TEST_CASE("a cookie may contain characters of settings") {
  CHECK(OneNode("c2VjcmV0Cg==\n").entry().cookie.reveal() == "c2VjcmV0Cg==");
  CHECK(OneNode("a=b\n").entry().cookie.reveal() == "a=b");
  CHECK(OneNode("#secret\n").entry().cookie.reveal() == "#secret");
  CHECK(OneNode("cookies=x\n").entry().cookie.reveal() == "cookies=x");
}

TEST_CASE("settings are read, with blank lines and comments between them") {
  const NodeEntry entry =
      OneNode("# the node of egerl\n\ncookie = SECRET=1\r\n  port=24555\nepmd_port = 4370").entry();
  CHECK(entry.cookie.reveal() == "SECRET=1");
  CHECK(entry.port == 24555);
  CHECK(entry.epmd_port == 4370);
  CHECK(OneNode("cookie=SECRET").entry().cookie.reveal() == "SECRET");
}

TEST_CASE("a cookie file is read as the node reads it, from next to the entry or from anywhere") {
  const OneNode relative("cookie_file = ../cookie\n");
  relative.dir.write("cookie", "SECRET\n", 0400);
  CHECK(relative.entry().cookie.reveal() == "SECRET");
  const TempDir elsewhere;
  const auto file = elsewhere.write(".erlang.cookie", "OTHER", 0400);
  CHECK(OneNode("cookie_file = " + file.string()).entry().cookie.reveal() == "OTHER");
}

TEST_CASE("an entry may name an address, a network and TLS") {
  const NodeEntry plain = OneNode("cookie = SECRET\nproto = tcp\naddress = ::1\nnetwork = box\n").entry();
  CHECK(plain.address == "::1");
  CHECK(plain.network == "box");
  CHECK_FALSE(plain.tls);
  const OneNode secure("cookie = SECRET\nproto = tls\ntls_ca = ../ca.pem\ntls_certificate = /c.pem\n");
  CHECK(secure.entry().tls == TlsSettings{(secure.dir / "nodes/../ca.pem").string(), "", "/c.pem", ""});
  CHECK(OneNode("cookie = SECRET\nproto = tls").entry().tls == TlsSettings{});
  CHECK(OneNode("cookie = SECRET\nproto = tls\ntls_name = n").entry().tls == TlsSettings{"", "n", "", ""});
}

TEST_CASE("the users who may run a node are the owner of its cookie and the one that is named") {
  REQUIRE(::geteuid() == 0);  // only root can give files away
  const OneNode alone("SECRET");
  CHECK(alone.entry().cookie_owner == 0);
  CHECK_FALSE(alone.entry().user);
  REQUIRE(::chown((alone.dir / "nodes/egerl").c_str(), 4711, 0) == 0);
  CHECK(alone.entry().cookie_owner == 4711);

  const OneNode other("cookie_file = ../cookie\nuser = 4713\n");
  REQUIRE(::chown(other.dir.write("cookie", "SECRET", 0400).c_str(), 4712, 0) == 0);
  CHECK(other.entry().cookie_owner == 4712);
  CHECK(other.entry().user == 4713);
  CHECK(OneNode("cookie = SECRET\nuser = root\n").entry().user == 0);
}

TEST_CASE("a file with a secret that others may access is refused, with the mode to set") {
  CHECK(OneNode("SECRET", 0644).error() == "egerl: readable by others: chmod 0640 egerl");
  CHECK(OneNode("SECRET", 0642).error() == "egerl: writable by others: chmod 0640 egerl");
  CHECK_NOTHROW(OneNode("SECRET", 0660).entry());
  CHECK_NOTHROW(OneNode("SECRET", 0400).entry());
  const OneNode other("cookie_file = the.cookie");
  other.dir.write("nodes/.ignored", "");
  const auto file = other.dir.write("the.cookie", "SECRET", 0604);
  CHECK(OneNode("cookie_file = " + file.string()).error() ==
        "egerl:1: " + file.string() + ": readable by others: chmod 0640 " + file.string());
}

TEST_CASE("each defect of an entry is reported with its position, and never with its content") {
  struct Defect {
    std::string content;
    std::string error;
  };
  const auto [content, error] = GENERATE(values<Defect>({
      {"", "egerl: the cookie is empty"},
      {" \n\n", "egerl: the cookie is empty"},
      {"cookie =\n", "egerl:1: the cookie is empty"},
      {"port = 1\n\ncookie =  ", "egerl:3: the cookie is empty"},
      {"port = 1\n", "egerl: no cookie"},
      {"# SECRET\n", "egerl: no cookie"},
      {"SEC RET\n", "egerl:1: not of the form key = value"},
      {"SECRET\nport = 1\n", "egerl:1: not of the form key = value"},
      {"SEC=RET\nport = 1\n",
       "egerl:1: unknown key; expected one of cookie, cookie_file, user, port, epmd_port, start, address, "
       "network, proto, tls_ca, tls_name, tls_certificate, tls_key"},
      {"cookie = SEC RET\n",
       "egerl:1: the cookie contains white space or a character that is not printable ASCII"},
      {"SE\001CRET", "egerl: the cookie contains white space or a character that is not printable ASCII"},
      {"cookie = SECRET\nproto = SECRET\n", "egerl:2: proto: expected tcp or tls"},
      {"cookie = SECRET\ntls_ca = SECRET\n", "egerl:2: tls_ca: only with proto = tls"},
      {"cookie = SECRET\nproto = tls\ntls_name =\n", "egerl:3: tls_name: is empty"},
      {"cookie = SECRET\nproto = tls\ntls_key = x\n", "egerl:3: tls_key: only with tls_certificate"},
      {"cookie = SECRET\naddress = SECRET\n", "egerl:2: address: expected one of IPv4 or IPv6"},
      {"cookie = SECRET\nnetwork = SEC/RET\n",
       "egerl:2: network: expected the name of a network namespace, or an absolute path"},
      {"cookie = SECRET\ncookie = SECRET\n", "egerl:2: cookie is given twice"},
      {"cookie = SECRET\ncookie_file = x\n", "egerl:2: cookie and cookie_file are both given"},
      {"cookie_file =\n", "egerl:1: cookie_file is empty"},
      {"cookie_file = none\n", "egerl:1: none: open: No such file or directory"},
      {"cookie = SECRET\nuser = SECRET\n", "egerl:2: user: not in /etc/passwd"},
      {"cookie = SECRET\nport = 0\n", "egerl:2: port: expected a number from 1 to 65535"},
      {"cookie = SECRET\nport = 65536\n", "egerl:2: port: expected a number from 1 to 65535"},
      {"cookie = SECRET\nport = 12 34\n", "egerl:2: port: expected a number from 1 to 65535"},
      {"cookie = SECRET\nepmd_port =\n", "egerl:2: epmd_port: expected a number from 1 to 65535"},
  }));
  const std::string found = OneNode(content).error();
  CHECK(found == error);
  CHECK(found.find("SEC") == std::string::npos);
  CHECK(found.find("RET") == std::string::npos);
}

TEST_CASE("one bad file does not affect the others") {
  const TempDir dir;
  dir.write("nodes/c@vm", "SECRET");
  dir.write("nodes/a", "SECRET");
  dir.write("nodes/b", "", 0640);
  dir.write("nodes/e f", "SECRET");
  dir.write("nodes/d/x", "SECRET");
  std::filesystem::create_symlink("nowhere", dir / "nodes" / "g");
  const Registry registry = load_registry(dir.path());
  REQUIRE(registry.nodes.size() == 2);
  CHECK(to_string(registry.nodes[0].name) == "a");
  CHECK(to_string(registry.nodes[1].name) == "c@vm");
  const std::string nodes = (dir / "nodes").string();
  REQUIRE(registry.bad.size() == 4);
  CHECK(registry.bad[0].error == nodes + "/b: the cookie is empty");
  CHECK(registry.bad[1].error == nodes + "/d: read: Is a directory");
  CHECK(registry.bad[2].error == "node name 'e f': holds a character that is not printable ASCII");
  CHECK(registry.bad[3].error == nodes + "/g: open: No such file or directory");
}

TEST_CASE("files left by editors and package managers are not nodes") {
  const TempDir dir;
  for (const char* name : {".egerl.swp", "egerl~", "egerl.dpkg-new", "egerl.dpkg-old", "egerl.rpmnew",
                           "egerl.rpmsave", "egerl.rpmorig"})
    dir.write(std::string("nodes/") + name, "SECRET", 0644);
  const Registry registry = load_registry(dir.path());
  CHECK(registry.nodes.empty());
  CHECK(registry.bad.empty());
}

TEST_CASE("a missing directory of nodes is a usage error, a file in its place is an error") {
  const TempDir dir;
  CHECK_THROWS_AS(load_registry(dir.path()), UsageError);
  CHECK_THROWS_WITH(load_registry(dir.path()), (dir / "nodes").string() + ": no such directory");
  dir.write("nodes", "");
  CHECK_THROWS_AS(load_registry(dir.path()), SystemError);
}

TEST_CASE("the registry is in $ERLRC_ROOT") {
  const test::ScopedEnvironment set("ERLRC_ROOT", "/some/where");
  CHECK(erlrc_root() == "/some/where");
  const test::ScopedEnvironment unset("ERLRC_ROOT", nullptr);
  CHECK(erlrc_root() == "/etc/erlrc.d");
}

TEST_CASE("an entry that is a broken link is reported") {
  const TempDir dir;
  dir.write("nodes/other", "SECRET");
  std::filesystem::create_symlink("nowhere", dir / "nodes/egerl");
  const Registry registry = load_registry(dir.path());
  CHECK(registry.nodes.size() == 1);
  REQUIRE(registry.bad.size() == 1);
  CHECK(registry.bad.front().file == "egerl");
}

TEST_CASE("a file of a node that cannot be a cookie makes its own entry bad, and no other") {
  const TempDir dir;
  dir.write("nodes/good", "SECRET");
  dir.write("cookie", "");
  dir.write("nodes/bad", "cookie_file = " + (dir / "cookie").string());
  const auto [make, error] = GENERATE(table<std::string, std::string>(
      {{"truncate -s 1T cookie", ": larger than 16384 bytes, and therefore not read"},
       {"rm cookie && mkfifo cookie", ": read: Invalid argument"},
       {"rm cookie && ln -s cookie cookie", ": open: Too many levels of symbolic links"},
       {"ln -sf /dev/zero cookie", ": read: Invalid argument"}}));
  CAPTURE(make);
  REQUIRE(std::system(("cd '" + dir.path().string() + "' && " + make).c_str()) == 0);
  const Registry registry = load_registry(dir.path());
  CHECK(registry.nodes.size() == 1);
  REQUIRE(registry.bad.size() == 1);
  CHECK(registry.bad.front().error ==
        (dir / "nodes/bad").string() + ":1: " + (dir / "cookie").string() + error);
}

TEST_CASE("an entry that is a circle of links does not affect the others") {
  const TempDir dir;
  dir.write("nodes/good", "SECRET");
  std::filesystem::create_symlink("bad", dir / "nodes/bad");
  const Registry registry = load_registry(dir.path());
  CHECK(registry.nodes.size() == 1);
  REQUIRE(registry.bad.size() == 1);
  CHECK(registry.bad.front().error ==
        (dir / "nodes/bad").string() + ": open: Too many levels of symbolic links");
}
