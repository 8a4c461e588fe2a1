// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <unistd.h>

#include <functional>

#include "host.hpp"

// For each kind of bad input, one line with the problem is printed, and the node does not change.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A host whose node n1 runs egerl 1.0, and which has the files of egerl 1.0 and 2.0.
struct Spoilt {
  Spoilt() : node(good("n1")) {
    host.add("n1", node);
    play(node, observed({{"egerl", "1.0"}}));
    host.add_app("egerl", "1.0");
    host.add_app("egerl", "2.0");
  }
  void write(const std::string& file, const std::string& content) const { host.dir().write(file, content); }
  Ran upgrade() const {
    return host.run(upgrade_main,
                    {"egerl", "1.0", "2.0", host.dir() / "egerl-1.0", host.dir() / "egerl-2.0"});
  }
  Host host;
  FakeNode node;
};

/// While this exists, the process runs unprivileged, since root may read everything.
struct Unprivileged {
  Unprivileged() { REQUIRE(::seteuid(65534) == 0); }
  ~Unprivileged() { CHECK(::seteuid(0) == 0); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
};

const std::string app_file = "egerl-2.0/ebin/egerl.app";
const std::string appup_file = "egerl-2.0/ebin/egerl.appup";
const std::string beam_file = "egerl-2.0/ebin/plain.beam";

struct BadFile {
  std::string what;  ///< for the message of a failed test
  std::function<void(const Spoilt&)> spoil;
  std::string message;  ///< after `erlrc-upgrade: n1: `
};

std::vector<BadFile> bad_files() {
  const auto write = [](std::string file, std::string content) {
    return [=](const Spoilt& spoilt) { spoilt.write(file, content); };
  };
  return {
      {"an .app with a syntax error", write(app_file, "{application, egerl,\n [{vsn \"2.0\"}]}.\n"),
       "HOST/egerl-2.0/ebin/egerl.app:2:8: found a string, expected ',' or '}'"},
      {"an .app that ends early", write(app_file, "{application, egerl, ["),
       "HOST/egerl-2.0/ebin/egerl.app:1:23: found end of file, expected a term"},
      {"an empty .app", write(app_file, ""),
       "HOST/egerl-2.0/ebin/egerl.app:1:1: found no term, expected {application, Name, Keys}"},
      {"an .app of another application", write(app_file, "{application, other, [{vsn, \"2.0\"}]}.\n"),
       "HOST/egerl-2.0/ebin/egerl.app: describes application 'other', not egerl"},
      {"an .app of another version", write(app_file, "{application, egerl, [{vsn, \"3.0\"}]}.\n"),
       "HOST/egerl-2.0/ebin/egerl.app: describes version '3.0', not 2.0"},
      {"an .app that lists what cannot be a module",
       write(app_file, "{application, egerl, [{vsn, \"2.0\"}, {modules, ['../x']}]}.\n"),
       "HOST/egerl-2.0/ebin/egerl.app: lists module '../x', which cannot be a file's name"},
      {"no .app", [](const Spoilt& s) { std::filesystem::remove(s.host.dir() / app_file); },
       "HOST/egerl-2.0/ebin/egerl.app: open: No such file or directory"},
      {"a truncated .beam",
       [](const Spoilt& s) {
         const auto beam = s.host.dir() / beam_file;
         std::filesystem::resize_file(beam, std::filesystem::file_size(beam) / 2);
       },
       "HOST/egerl-2.0/ebin/plain.beam: cut short: 1580 bytes expected, 786 left"},
      {"an empty .beam", write(beam_file, ""), "HOST/egerl-2.0/ebin/plain.beam: empty"},
      {"a .beam with other content", write(beam_file, "#!/bin/sh\n"),
       "HOST/egerl-2.0/ebin/plain.beam: not a BEAM file"},
      {"no .beam for a listed module",
       [](const Spoilt& s) { std::filesystem::remove(s.host.dir() / beam_file); },
       "HOST/egerl-2.0/ebin/plain.beam: no such file, but HOST/egerl-2.0/ebin/egerl.app lists the module"},
      {"an .appup with a syntax error",
       write(appup_file, "{\"2.0\",\n [{\"1.0\", []}],\n [{\"1.0\" []}]}.\n"),
       "HOST/egerl-2.0/ebin/egerl.appup:3:10: found '[', expected ',' or '}'"},
      {"an .appup of another version", write(appup_file, "{\"9.0\", [], []}.\n"),
       "HOST/egerl-2.0/ebin/egerl.appup:1:1: found {\"9.0\",[],[]}, expected {\"2.0\", UpFrom, DownTo}"},
      {"an .appup with an unknown instruction",
       write(appup_file, "{\"2.0\", [{\"1.0\", [{reboot, plain}]}], []}.\n"),
       "HOST/egerl-2.0/ebin/egerl.appup: {reboot,plain}: unknown instruction, expected one of appup(4)"},
      {"an .appup for a module that the application does not have",
       write(appup_file, "{\"2.0\", [{\"1.0\", [{load_module, nosuch}]}], []}.\n"),
       "HOST/egerl-2.0/ebin/egerl.appup: module nosuch: not listed in the modules of the application"},
      {"an ebin that is a file",
       [](const Spoilt& s) {
         std::filesystem::remove_all(s.host.dir() / "egerl-2.0/ebin");
         s.write("egerl-2.0/ebin", "");
       },
       "HOST/egerl-2.0/ebin: is not a directory"},
      {"a directory that is a file",
       [](const Spoilt& s) {
         std::filesystem::remove_all(s.host.dir() / "egerl-2.0");
         s.write("egerl-2.0", "");
       },
       "HOST/egerl-2.0: is not a directory"},
      {"no directory", [](const Spoilt& s) { std::filesystem::remove_all(s.host.dir() / "egerl-2.0"); },
       "HOST/egerl-2.0/ebin: no such directory"},
      {"an .app that is a directory",
       [](const Spoilt& s) {
         std::filesystem::remove(s.host.dir() / app_file);
         std::filesystem::create_directory(s.host.dir() / app_file);
       },
       "HOST/egerl-2.0/ebin/egerl.app: read: Is a directory"},
  };
}

}  // namespace

TEST_CASE("bad files of an application are reported in one line, and the node does not change") {
  for (const BadFile& bad : bad_files()) {
    CAPTURE(bad.what);
    const Spoilt spoilt;
    bad.spoil(spoilt);
    CHECK(spoilt.upgrade() == Ran{1, "", "erlrc-upgrade: n1: " + bad.message + "\n"});
    CHECK(!was_run(spoilt.node));
  }
}

TEST_CASE("an old version whose directory is a file is an error, not a missing version") {
  Spoilt spoilt;
  play(spoilt.node, observed({}));
  std::filesystem::remove_all(spoilt.host.dir() / "egerl-1.0");
  spoilt.write("egerl-1.0", "");
  CHECK(spoilt.upgrade() == Ran{1, "", "erlrc-upgrade: n1: HOST/egerl-1.0: is not a directory\n"});
  CHECK(!was_run(spoilt.node));
}

TEST_CASE("bad files of the registry are reported in one line with the remedy") {
  const auto [content, mode, message] = GENERATE(table<std::string, mode_t, std::string>({
      {cookie, 0644, "HOST/nodes/n1: readable by others: chmod 0640 HOST/nodes/n1"},
      {cookie, 0662, "HOST/nodes/n1: writable by others: chmod 0640 HOST/nodes/n1"},
      {"", 0640, "HOST/nodes/n1: the cookie is empty"},
      {" \n\n", 0640, "HOST/nodes/n1: the cookie is empty"},
      {"cookie = " + cookie + "\ncolour = red\n", 0640,
       "HOST/nodes/n1:2: unknown key; expected one of cookie, cookie_file, user, port, epmd_port, start, "
       "address, network, proto, tls_ca, tls_name, tls_certificate, tls_key"},
      {"cookie = " + cookie + "\nport = " + cookie + "\n", 0640,
       "HOST/nodes/n1:2: port: expected a number from 1 to 65535"},
      {cookie + " " + cookie + "\n", 0640, "HOST/nodes/n1:1: not of the form key = value"},
  }));
  const Host host;
  host.dir().write("nodes/n1", content, mode);
  CHECK(host.run(start_main, {"egerl", "1.0"}) == Ran{1, "", "erlrc-start: n1: " + message + "\n"});
}

TEST_CASE("a node file that is a directory, or has an invalid node name, is reported") {
  const Host host;
  std::filesystem::create_directory(host.dir() / "nodes/n1");
  CHECK(host.run(start_main, {"egerl", "1.0"}) ==
        Ran{1, "", "erlrc-start: n1: HOST/nodes/n1: read: Is a directory\n"});
  std::filesystem::remove(host.dir() / "nodes/n1");
  host.dir().write("nodes/a b", cookie);
  CHECK(host.run(start_main, {"egerl", "1.0"}) ==
        Ran{1, "", "erlrc-start: a b: node name 'a b': holds a character that is not printable ASCII\n"});
}

TEST_CASE("an unreadable registry or node file is reported") {
  const Host host;
  host.dir().write("nodes/n1", cookie, 0600);
  std::filesystem::permissions(host.dir().path(), std::filesystem::perms(0755));
  const auto run = [&] {
    const Unprivileged nobody;
    return host.run(start_main, {"egerl", "1.0"});
  };
  CHECK(run() == Ran{1, "", "erlrc-start: n1: HOST/nodes/n1: open: Permission denied\n"});
  std::filesystem::permissions(host.dir() / "nodes", std::filesystem::perms(0700));
  CHECK(run() == Ran{1, "", "erlrc-start: HOST/nodes: open directory: Permission denied\n"});
}

TEST_CASE("a registry that is not a directory is an error") {
  const Host host;
  std::filesystem::remove(host.dir() / "nodes");
  host.dir().write("nodes", "");
  CHECK(host.run(start_main, {"egerl", "1.0"}) ==
        Ran{1, "", "erlrc-start: HOST/nodes: open directory: Not a directory\n"});
}
