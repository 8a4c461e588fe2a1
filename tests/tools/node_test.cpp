// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <regex>

#include <erlrc/sys/file.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "host.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Makes standard input a file of this content until the end of the scope.
class ScopedInput {
public:
  ScopedInput(const Host& host, const std::string& content) : old_(::dup(STDIN_FILENO)) {
    const UniqueFd file(::open(host.dir().write("input", content).c_str(), O_RDONLY | O_CLOEXEC));
    ::dup2(file.get(), STDIN_FILENO);
  }
  ScopedInput(const ScopedInput&) = delete;
  ScopedInput& operator=(const ScopedInput&) = delete;
  ~ScopedInput() { ::dup2(old_.get(), STDIN_FILENO); }

private:
  UniqueFd old_;
};

Ran enter(const Host& host, std::vector<std::string> args, const std::string& input = "") {
  const ScopedInput standard_input(host, input);
  args.insert(args.begin(), {"register", "--start", "all"});
  return host.run(node_main, std::move(args));
}

std::string entry(const Host& host, const std::string& name) {
  return read_file(host.dir() / ("nodes/" + name));
}

Ran registered(const std::string& name) {
  return {0, "erlrc-node: (" + name + ") registered\n", ""};
}

}  // namespace

TEST_CASE("erlrc-node takes the cookie from standard input") {
  const Host host;
  CHECK(enter(host, {"n1"}, cookie + "\n") == registered("n1"));
  CHECK(entry(host, "n1") == "cookie = " + cookie + "\n");
}

TEST_CASE("erlrc-node copies a cookie, or records its path") {
  const Host host;
  const std::string file = host.dir().write("secret", cookie + "\n", 0400);
  CHECK(enter(host, {"--copy-cookie", file, "n1"}) == registered("n1"));
  CHECK(entry(host, "n1") == "cookie = " + cookie + "\n");
  CHECK(enter(host, {"n2@host", "--cookie-file", file, "--port", "9100", "--epmd-port", "4370"}) ==
        registered("n2@host"));
  CHECK(entry(host, "n2@host") == "cookie_file = " + file + "\nport = 9100\nepmd_port = 4370\n");
}

TEST_CASE("erlrc-node records the user that runs the node") {
  REQUIRE(::geteuid() == 0);  // only root can give files away
  const Host host;
  const std::string file = host.dir().write("secret", cookie + "\n", 0400);
  CHECK(enter(host, {"--user", "root", "n1"}, cookie) == registered("n1"));
  CHECK(entry(host, "n1") == "cookie = " + cookie + "\nuser = root\n");
  CHECK(host.run(node_main, {"list"}).out == "n1 user=root\n");
  CHECK(host.run(node_main, {"list", "--json"}).out ==
        "{\"nodes\":[{\"name\":\"n1\",\"user\":\"root\",\"start\":\"all\"}],\"bad\":[]}\n");
  CHECK(enter(host, {"--user", "nosuch", "n1"}, cookie).err ==
        "erlrc-node: user 'nosuch': not in /etc/passwd\n");
  // A copy of the cookie no longer shows whose it is.
  REQUIRE(::chown(file.c_str(), 4711, static_cast<gid_t>(-1)) == 0);
  CHECK(enter(host, {"--copy-cookie", file, "n1"}) == registered("n1"));
  CHECK(entry(host, "n1") == "cookie = " + cookie + "\nuser = 4711\n");
  CHECK(enter(host, {"--cookie-file", file, "n1"}) == registered("n1"));
  CHECK(entry(host, "n1") == "cookie_file = " + file + "\n");
}

TEST_CASE("erlrc-node resolves a cookie file relative to the current directory") {
  const Host host;
  host.dir().write("secret", cookie, 0400);
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(host.dir() / "nodes");
  CHECK(enter(host, {"n1", "--cookie-file", "../secret"}) == registered("n1"));
  std::filesystem::current_path(here);
  CHECK(entry(host, "n1") == "cookie_file = " + (host.dir() / "secret").string() + "\n");
}

TEST_CASE("erlrc-node registers what packages may start on a node, and lists it") {
  const Host host;
  const std::string file = host.dir().write("secret", cookie, 0400);
  const auto with = [&](const std::string& start) {
    return host.run(node_main, {"register", "n1", "--copy-cookie", file, "--start", start});
  };
  CHECK(with("yaws, egerl") == registered("n1"));
  CHECK(entry(host, "n1") == "cookie = " + cookie + "\nstart = egerl yaws\n");
  CHECK(host.run(node_main, {"list"}).out == "n1 start=egerl,yaws\n");
  CHECK(with("none") == registered("n1"));
  CHECK(host.run(node_main, {"list", "--json"}).out.find(R"("start":"none")") != std::string::npos);
  CHECK(with("Not Valid") ==
        Ran{2, "", "erlrc-node: --start: expected all, running, none, or the names of applications\n"});
}

TEST_CASE("erlrc-node finds out what packages may start on a node, and reports it") {
  const Host host;
  FakeNode node(good("n1"));
  const std::string file = host.dir().write("secret", cookie, 0400);
  const auto found = [&](Term state) {
    play(node, std::move(state));
    return host
        .run(node_main,
             {"register", "n1", "--copy-cookie", file, "--epmd-port", std::to_string(node.epmd_port())})
        .out;
  };
  const std::string begin = "erlrc-node: (n1) registered with start = ";
  CHECK(found(observed({{"kernel", "8.5"}, {"ssl", "10"}})) ==
        begin + "all: the node runs no applications of its own\n");
  CHECK(entry(host, "n1").find("start") == std::string::npos);
  CHECK(found(observed({{"kernel", "8.5"}, {"egerl", "1.0"}})) == begin + "running: the node runs egerl\n");
  CHECK(entry(host, "n1").ends_with("\nstart = running\n"));
  CHECK(found(observed({{"erlrc", "1.0"}, {"egerl", "1.0"}})) ==
        begin + "all: the node was booted by erlrc_boot\n");
  CHECK(host.run(node_main, {"register", "n2", "--copy-cookie", file}).out ==
        "erlrc-node: (n2) registered with start = running: the node is down\n");
}

TEST_CASE("programs find a registered node until it is unregistered") {
  const Host host;
  FakeNode node(good("n1"));
  play(node, observed({{"egerl", "1.0"}}));
  const std::string directory = host.add_app("egerl", "1.0");
  const auto start = [&] { return host.run(start_main, {"egerl", "1.0", directory}).out; };
  CHECK(start().empty());
  enter(host, {"n1", "--epmd-port", std::to_string(node.epmd_port())}, cookie);
  CHECK(start() == "erlrc-start: Starting 'egerl': (n1) already_running\n");
  const Ran out = host.run(node_main, {"unregister", "n1"});
  CHECK(out == Ran{0, "erlrc-node: (n1) unregistered\n", ""});
  CHECK(start().empty());
  CHECK(host.run(node_main, {"unregister", "n1"}) == Ran{0, "erlrc-node: (n1) not_registered\n", ""});
}

TEST_CASE("erlrc-node lists the nodes, and the problems of the other entries") {
  const Host host;
  CHECK(host.run(node_main, {"list"}) == Ran{0, "", ""});
  enter(host, {"n2", "--port", "9100"}, cookie);
  enter(host, {"n1@host"}, cookie);
  CHECK(host.run(node_main, {"list"}) == Ran{0, "n1@host\nn2 port=9100\n", ""});
  CHECK(host.run(node_main, {"list", "--json"}) ==
        Ran{0,
            R"({"nodes":[{"name":"n1@host","start":"all"},{"name":"n2","port":9100,"start":"all"}],"bad":[]})"
            "\n",
            ""});
  host.dir().write("nodes/n3", cookie, 0644);
  const std::string error = "HOST/nodes/n3: readable by others: chmod 0640 HOST/nodes/n3";
  CHECK(host.run(node_main, {"list"}) == Ran{1, "n1@host\nn2 port=9100\n", "erlrc-node: " + error + "\n"});
  const Ran json = host.run(node_main, {"list", "--json"});
  CHECK(json.exit == 1);
  CHECK(json.out.find(R"("bad":[{"file":"'n3'","error":")" + error + "\"}]") != std::string::npos);
}

TEST_CASE("erlrc-node generates a cookie once, readable only by its owner") {
  const Host host;
  const std::string file = host.dir() / "home.cookie";
  CHECK(host.run(node_main, {"cookie", file}) == Ran{0, "erlrc-node: HOST/home.cookie made\n", ""});
  const std::string made = read_file(file);
  CHECK(made.size() == 32);
  CHECK(made.find_first_not_of("ABCDEFGHIJKLMNOP") == std::string::npos);
  CHECK(file_status(file)->mode == 0400);
  CHECK(host.run(node_main, {"cookie", file}) == Ran{0, "erlrc-node: HOST/home.cookie kept\n", ""});
  CHECK(read_file(file) == made);
  const std::string other = host.dir() / "other.cookie";
  host.run(node_main, {"cookie", other});
  CHECK(read_file(other) != made);
}

TEST_CASE("erlrc-node does not store an invalid cookie") {
  const Host host;
  const std::string file = host.dir().write("home.cookie", cookie, 0644);
  CHECK(host.run(node_main, {"cookie", file}) ==
        Ran{1, "", "erlrc-node: HOST/home.cookie: readable by others: chmod 0640 HOST/home.cookie\n"});
  host.dir().write("home.cookie", "", 0600);
  CHECK(host.run(node_main, {"cookie", file}) ==
        Ran{1, "", "erlrc-node: HOST/home.cookie: the cookie is empty\n"});
  CHECK(host.run(node_main, {"cookie", ""}).exit == 2);
  CHECK(host.run(node_main, {"cookie", host.dir() / "none/cookie"}).exit == 1);
}

TEST_CASE("erlrc-node reports a problem in one line, and registers nothing") {
  struct Case {
    std::vector<std::string> args;
    std::string input;
    int exit;
    std::string message;
  };
  const Case one = GENERATE(values<Case>({
      {{"n1"}, "", 1, "standard input: the cookie is empty"},
      {{"n1"},
       "two words",
       1,
       "standard input: the cookie contains white space or a character that is not printable ASCII"},
      {{"a@b@c"}, cookie, 2, "node name 'a@b@c': holds a second @"},
      {{"../n1"}, cookie, 2, "node name '../n1': holds a slash"},
      {{""}, cookie, 2, "node name '': holds an empty part"},
      {{"n1~"},
       cookie,
       2,
       "node name 'n1~': a file of that name would be taken for one that an editor or package manager left"},
      {{"n1", "--port", "0"}, cookie, 2, "--port: expected a number from 1 to 65535, got '0'"},
      {{"n1", "--epmd-port", "65536"},
       cookie,
       2,
       "--epmd-port: expected a number from 1 to 65535, got '65536'"},
      {{"n1", "--address", "localhost"},
       cookie,
       2,
       "--address: expected one of IPv4 or IPv6, got 'localhost'"},
      {{"n1", "--network", "../box"},
       cookie,
       2,
       "--network: expected the name of a network namespace, or an absolute path, got '../box'"},
      {{"n1", "--tls-ca", "/nowhere"}, cookie, 2, "--tls-ca: '/nowhere': no such file"},
      {{"n1", "--tls-key", "/etc/hosts"}, cookie, 2, "--tls-key: only with --tls-certificate"},
      {{"n1", "--tls-name", "a\nb"},
       cookie,
       2,
       "--tls-name 'a\\x0ab': expected text without control characters, without blanks at its ends"},
      {{"n1", "--group", "no such"}, cookie, 2, "group 'no such': not in /etc/group"},
      {{"n1", "--cookie-file", ""}, cookie, 2, "the cookie file name is empty"},
      {{"n1", "--cookie-file", "/nowhere"}, cookie, 1, "/nowhere: open: No such file or directory"},
      {{"n1", "--copy-cookie", "/dev/null"}, cookie, 1, "/dev/null: read: Invalid argument"},
  }));
  const Host host;
  CHECK(enter(host, one.args, one.input) == Ran{one.exit, "", "erlrc-node: " + one.message + "\n"});
  CHECK(directory_names(host.dir() / "nodes")->empty());
}

TEST_CASE("erlrc-node records how a node is reached") {
  const Host host;
  const std::string ca = host.dir().write("ca.pem", "certificates");
  CHECK(enter(host, {"n1", "--tls-ca", ca, "--address", "127.0.1.1", "--network", "box"}, cookie) ==
        registered("n1"));
  CHECK(entry(host, "n1") ==
        "cookie = " + cookie + "\naddress = 127.0.1.1\nnetwork = box\nproto = tls\ntls_ca = " + ca + "\n");
  CHECK(host.run(node_main, {"list"}).out ==
        "n1 address=127.0.1.1 network=box proto=tls tls_ca=HOST/ca.pem\n");
  CHECK(enter(host, {"n1", "--tls"}, cookie) == registered("n1"));
  CHECK(entry(host, "n1") == "cookie = " + cookie + "\nproto = tls\n");
}

TEST_CASE("erlrc-node goes the way to a node until something does not work") {
  const Host host;
  const auto lines = [](const std::string& name, const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& line : all)
      text += line.starts_with(' ') ? line + "\n" : "erlrc-node: (" + name + ") " + line + "\n";
    return text;
  };
  const auto without_port = [](Ran ran) {
    ran.out = std::regex_replace(ran.out, std::regex("port [0-9]+"), "port N");
    return ran;
  };
  CHECK(host.run(node_main, {"check", "n0"}) ==
        Ran{1,
            lines("n0", {"entry: FAILED: HOST/nodes/n0: no such file",
                         "  erlrc-node discover prints the running nodes"}),
            ""});
  host.dir().write("nodes/bad", "port = x\n");
  CHECK(host.run(node_main, {"check", "bad"}) ==
        Ran{1, lines("bad", {"entry: FAILED: HOST/nodes/bad: no cookie"}), ""});
  FakeNode node(good("n1"));
  host.add("n1", node);
  play(node, observed({{"kernel", "1"}}));
  const std::string good_entry = "entry: ok: HOST/nodes/n1: readable, with a cookie";
  CHECK(without_port(host.run(node_main, {"check", "n1"})) ==
        Ran{0,
            lines("n1", {good_entry, "epmd: ok: epmd at port N: knows n1", "port: ok: port N: is listening",
                         "handshake: ok: it is the node, run by a user of the entry",
                         "cookie: ok: both sides know it",
                         "question: ok: n1@localhost runs OTP 25 with 1 application"}),
            ""});
  FakeNode other(good("n1", Fault::wrong_proof));
  host.add("n1", other);
  const Ran refused = host.run(node_main, {"check", "n1"});
  CHECK(refused.exit == 1);
  CHECK(refused.out.ends_with("  register the node again with its cookie file\n"));
}

TEST_CASE("erlrc-node lists the running nodes, also without a directory of entries") {
  const Host host;
  std::filesystem::remove_all(host.dir() / "nodes");
  const Ran text = host.run(node_main, {"discover"});
  CHECK(text.exit == 0);
  CHECK(text.err.empty());
  CHECK(host.run(node_main, {"discover", "--json"}).out.starts_with("{\"nodes\":["));
}

TEST_CASE("erlrc-node refuses other arguments") {
  const auto args = GENERATE(
      values<std::vector<std::string>>({{},
                                        {"nodes"},
                                        {"list", "n1"},
                                        {"unregister"},
                                        {"unregister", "n1", "n2"},
                                        {"unregister", "n1", "--group", "0"},
                                        {"register"},
                                        {"register", "n1", "SECRET"},
                                        {"register", "n1", "--copy-cookie", "a", "--cookie-file", "b"}}));
  const Ran ran = Host().run(node_main, args);
  CHECK(ran.exit == 2);
  CHECK(ran.err.ends_with(
      "; usage: erlrc-node [OPTIONS] register|unregister|list|compare|discover|check|cookie [NAME|FILE]\n"));
}

TEST_CASE("erlrc-node compares the code of a node with the disk") {
  const Host host;
  FakeNode node(good("n1"));
  host.add("n1", node);
  const std::string ebin = host.add_app("demo", "2.0.0", {"plain"}) + "/ebin";
  const Term module =
      tuple(tuple(Atom{"plain"}, string(ebin + "/plain.beam")), tuple(binary(Bytes(16, 'm')), Atom{"false"}));
  node.answer({Map{{{Atom{"path"}, list({string(ebin)})},
                    {Atom{"modules"}, list({module})},
                    {Atom{"libraries"}, list()}}}});
  CHECK(host.run(node_main, {"compare", "n1"}) == Ran{1,
                                                      "erlrc-node: (n1) differs: 1 module, 0 libraries\n"
                                                      "  other code is in HOST/demo-2.0.0/ebin: plain\n",
                                                      ""});
}

TEST_CASE("erlrc-node compare reports a node that is down or not registered") {
  const Host host;
  enter(host, {"--epmd-port", "1", "n1"}, cookie);
  CHECK(host.run(node_main, {"compare", "n1"}) == Ran{1, "", "erlrc-node: n1: node is down\n"});
  CHECK(host.run(node_main, {"compare", "n2"}).exit == 2);
}
