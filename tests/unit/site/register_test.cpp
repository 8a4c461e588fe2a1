// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/register.hpp>

#include <sys/stat.h>

#include <erlrc/base/error.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/user.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

NodeRegistration with_cookie(const std::string& name, const std::string& cookie = "SECRET") {
  return {parse_node_name(name), Cookie(cookie), std::nullopt, std::nullopt, std::nullopt};
}

NodeRegistration with_file(const std::string& name, const std::filesystem::path& file) {
  return {parse_node_name(name), CookieFile{file}, std::nullopt, std::nullopt, std::nullopt};
}

std::vector<std::string> names(const TempDir& dir) {
  return directory_names(dir / "nodes").value_or(std::vector<std::string>{"no directory"});
}

mode_t mode_of(const std::filesystem::path& path) {
  return file_status(path)->mode;
}

/// The error, with the directory replaced by DIR.
std::string error_of(const TempDir& dir, const NodeRegistration& node) {
  try {
    register_node(dir.path(), node);
  } catch (const Error& error) {
    std::string text = error.what();
    for (auto at = text.find(dir.path().string()); at != std::string::npos;
         at = text.find(dir.path().string()))
      text.replace(at, dir.path().string().size(), "DIR");
    return text;
  }
  return "none";
}

}  // namespace

TEST_CASE("a registered node is read back unchanged") {
  const TempDir dir;
  const std::string cookie =
      GENERATE(values<std::string>({"SECRET", "a=b", "cookie=x", "#x", "c2VjcmV0Cg=="}));
  NodeRegistration node = with_cookie("egerl@host", cookie);
  node.port = GENERATE(values<std::optional<std::uint16_t>>({std::nullopt, 9100}));
  node.epmd_port = GENERATE(values<std::optional<std::uint16_t>>({std::nullopt, 65535}));
  node.user = GENERATE(values<std::optional<std::string>>({std::nullopt, "root", "4711"}));
  node.address = GENERATE(values<std::optional<std::string>>({std::nullopt, "127.0.1.1"}));
  node.network = node.address ? std::optional<std::string>("/run/x y") : std::nullopt;
  if (node.network) node.tls = TlsSettings{"/ca", "host", "/our certificate", "/key"};
  register_node(dir / "root", node);
  const Registry registry = load_registry(dir / "root");
  CHECK(registry.bad.empty());
  REQUIRE(registry.nodes.size() == 1);
  const NodeEntry& entry = registry.nodes.front();
  CHECK(entry.address == node.address);
  CHECK(entry.network == node.network);
  CHECK(entry.tls == node.tls);
  CHECK(entry.name == node.name);
  CHECK(entry.cookie.reveal() == cookie);
  CHECK(entry.port == node.port);
  CHECK(entry.epmd_port == node.epmd_port);
  CHECK(entry.user.has_value() == node.user.has_value());
  if (node.user) CHECK(user_name(*entry.user) == *node.user);
}

TEST_CASE("every name that can be registered is read back, and every other one is refused") {
  const auto name = GENERATE(values<std::string>({"n1", "n1@host.example", "n~x", ".n1", "n1~", "n1.dpkg-new",
                                                  "n1@h.dpkg-x", "n1.rpmnew", "n1.rpmsave", "n1.rpmorig"}));
  CAPTURE(name);
  const TempDir dir;
  const bool accepted = error_of(dir, with_cookie(name)) == "none";
  const Registry registry = accepted ? load_registry(dir.path()) : Registry{};
  CHECK(accepted == (registry.nodes.size() == 1));
  CHECK(accepted == !is_leftover(name));
  if (!accepted) {
    CHECK_THROWS_AS(register_node(dir.path(), with_cookie(name)), UsageError);
    CHECK_FALSE(file_status(dir / "nodes"));
  }
}

TEST_CASE("a name may be as long as a file name") {
  const TempDir dir;
  const std::string name(255, 'n');
  register_node(dir.path(), with_cookie(name));
  CHECK(names(dir) == std::vector<std::string>{name});
}

TEST_CASE("only the owner can read an entry, whatever the umask of the caller") {
  const TempDir dir;
  const mode_t old = ::umask(0);
  register_node(dir / "root", with_cookie("n1"));
  ::umask(old);
  CHECK(mode_of(dir / "root") == 0755);
  CHECK(mode_of(dir / "root/nodes") == 0750);
  CHECK(mode_of(dir / "root/nodes/n1") == 0600);
}

TEST_CASE("a group gets access to the entry and to the directory of the entry") {
  const TempDir dir;
  NodeRegistration node = with_cookie("n1");
  node.group = ::getegid();
  register_node(dir.path(), node);
  CHECK(mode_of(dir / "nodes") == 0750);
  CHECK(mode_of(dir / "nodes/n1") == 0640);
  CHECK(file_status(dir / "nodes")->group == ::getegid());
  CHECK(file_status(dir / "nodes/n1")->group == ::getegid());
}

TEST_CASE("only a directory of root's group is given to the group") {
  REQUIRE(::geteuid() == 0);  // only root can give files away
  const TempDir dir;
  register_node(dir.path(), with_cookie("n0"));
  NodeRegistration node = with_cookie("n1");
  node.group = 4711;
  register_node(dir.path(), node);
  CHECK(file_status(dir / "nodes")->group == 4711);
  CHECK(file_status(dir / "nodes/n1")->group == 4711);
  CHECK(file_status(dir / "nodes/n0")->group == 0);
  node.name = parse_node_name("n2");
  node.group = 4712;
  CHECK(error_of(dir, node) ==
        "DIR/nodes: belongs to group 4711, so group 4712 could not reach what is in it");
  CHECK(names(dir) == std::vector<std::string>{"n0", "n1"});
}

TEST_CASE("a node that is registered again has only its new entry") {
  const TempDir dir;
  dir.write("nodes/n1", "OLD", 0644);
  register_node(dir.path(), with_cookie("n1", "NEW"));
  CHECK(names(dir) == std::vector<std::string>{"n1"});
  CHECK(load_registry(dir.path()).nodes.at(0).cookie.reveal() == "NEW");
  CHECK(mode_of(dir / "nodes/n1") == 0600);
}

TEST_CASE("an entry that is a link is replaced, and its target is not changed") {
  const TempDir dir;
  const auto other = dir.write("other", "theirs", 0600);
  dir.write("nodes/n0", "SECRET");
  std::filesystem::create_symlink(other, dir / "nodes/n1");
  register_node(dir.path(), with_cookie("n1"));
  CHECK(read_file(other) == "theirs");
  CHECK_FALSE(std::filesystem::is_symlink(dir / "nodes/n1"));
}

TEST_CASE("a node is not registered under two names") {
  const TempDir dir;
  register_node(dir.path(), with_cookie("n1"));
  CHECK(error_of(dir, with_cookie("n1@host")) == "node n1@host: registered already as n1");
  NodeRegistration elsewhere = with_cookie("n1@host");
  elsewhere.epmd_port = 4370;
  CHECK(error_of(dir, elsewhere) == "none");
  CHECK(unregister_node(dir.path(), parse_node_name("n1")));
  CHECK(error_of(dir, with_cookie("n1@other")) == "none");
  CHECK(error_of(dir, with_cookie("n1")) == "node n1: registered already as n1@host");
  CHECK(error_of(dir, with_cookie("n11")) == "none");
}

TEST_CASE("a changed cookie file is read again") {
  const TempDir dir;
  const auto file = dir.write(".erlang.cookie", "FIRST\n", 0400);
  register_node(dir.path(), with_file("n1", file));
  CHECK(load_registry(dir.path()).nodes.at(0).cookie.reveal() == "FIRST");
  std::filesystem::remove(file);
  dir.write(".erlang.cookie", "SECOND\n", 0400);
  CHECK(load_registry(dir.path()).nodes.at(0).cookie.reveal() == "SECOND");
}

TEST_CASE("a cookie file that load_registry would refuse is refused") {
  const TempDir dir;
  CHECK(error_of(dir, with_file("n1", dir / "none")) == "DIR/none: open: No such file or directory");
  CHECK(error_of(dir, with_file("n1", dir.write("open", "SECRET", 0644))) ==
        "DIR/open: readable by others: chmod 0640 DIR/open");
  CHECK(error_of(dir, with_file("n1", dir.write("empty", "\n", 0400))) == "DIR/empty: the cookie is empty");
  CHECK(error_of(dir, with_file("n1", dir.write("two", "A SECRET", 0400))) ==
        "DIR/two: the cookie contains white space or a character that is not printable ASCII");
  for (const char* name : {"new\nline", "space "}) {
    dir.write(name, "SECRET", 0400);
    CHECK_THROWS_AS(register_node(dir.path(), with_file("n1", dir / name)), UsageError);
  }
  CHECK_FALSE(file_status(dir / "nodes"));
}

TEST_CASE("a nodes directory that others may write is refused") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "nodes");
  ::chmod((dir / "nodes").c_str(), 0757);
  CHECK(error_of(dir, with_cookie("n1")) == "DIR/nodes: writable by others: chmod 0750 DIR/nodes");
  CHECK(names(dir).empty());
}

TEST_CASE("a file in place of the nodes directory is reported") {
  const TempDir dir;
  dir.write("nodes", "");
  CHECK(error_of(dir, with_cookie("n1")).starts_with("DIR/nodes: "));
}

TEST_CASE("removing a node that is not registered is not an error") {
  const TempDir dir;
  CHECK_FALSE(unregister_node(dir.path(), parse_node_name("n1")));
  register_node(dir.path(), with_cookie("n1"));
  register_node(dir.path(), with_cookie("n2"));
  CHECK(unregister_node(dir.path(), parse_node_name("n1")));
  CHECK(names(dir) == std::vector<std::string>{"n2"});
  CHECK_FALSE(unregister_node(dir.path(), parse_node_name("n1")));
}

TEST_CASE("a file that is not the entry of a node is not removed") {
  const TempDir dir;
  dir.write("nodes/n1~", "");
  CHECK_THROWS_AS(unregister_node(dir.path(), parse_node_name("n1~")), UsageError);
  CHECK(names(dir) == std::vector<std::string>{"n1~"});
}
