// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "apt_host.hpp"
#include "catch.hpp"

// Tests input of APT, archives and nodes that erlrc-apt-preflight cannot read.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("an archive that cannot be read is reported in a warning, or refused if so configured") {
  const Node apt;
  const std::string file = apt.archive("egerl");
  const Bytes whole = read_file(file);
  const auto [bytes, about] = GENERATE_REF(table<Bytes, std::string>({
      {Bytes("garbage"), "not an archive"},
      {whole.substr(0, whole.size() - 1500), "the data ends early"},
  }));
  CAPTURE(about);
  apt.host.dir().write("egerl.deb", bytes);
  const Ran printed = apt.run(Apt::upgrade("egerl", file));
  CHECK(printed.exit == 0);
  CHECK(printed.out == "");
  CHECK_THAT(printed.err, Catch::StartsWith("erlrc-apt-preflight: warning: HOST/egerl.deb: "));
  CHECK(std::count(printed.err.begin(), printed.err.end(), '\n') == 1);
  const Ran refused = apt.run(Apt::upgrade("egerl", file), kRefuse);
  CHECK(refused.exit == 1);
  CHECK_THAT(refused.err,
             Catch::EndsWith("refused, and nothing has been changed: the effect on running nodes is unknown" +
                             kWayOut));
}

TEST_CASE("the other packages are reported despite an archive that cannot be read") {
  const Node apt;
  apt.host.dir().write("eglib.deb", "garbage");
  const Ran printed = apt.run(Apt::upgrade("eglib", (apt.host.dir() / "eglib.deb").string()) +
                              Apt::upgrade("egerl", apt.archive("egerl")));
  CHECK(printed.out == kHot);
  CHECK(printed.exit == 0);
}

TEST_CASE("garbage instead of a transaction is reported in a warning of one line") {
  const Node apt;
  const auto [input, exit] = GENERATE(table<std::string, int>({
      {"", 0},
      {"garbage", 0},
      {"VERSION 2\n\negerl 1.0 < 2.0 /egerl.deb\n", 0},
      {"VERSION 3\nDir=/\n\negerl", 0},
      {"VERSION 3\nErlrc::Preflight=refuse\n\negerl\n", 1},
      {"VERSION 3\nErlrc::Preflight=perhaps\n\n", 0},
      {"VERSION 3\nErlrc::Preflight=refuse\nErlrc::Preflight::Timeout=soon\n\n", 0},
  }));
  CAPTURE(input);
  const Ran printed = apt.given(input);
  CHECK(printed.exit == exit);
  CHECK(printed.out == "");
  CHECK_THAT(printed.err, Catch::StartsWith("erlrc-apt-preflight: "));
  CHECK(std::count(printed.err.begin(), printed.err.end(), '\n') == 1);
  if (exit == 1) {
    CHECK_THAT(printed.err,
               Catch::StartsWith("erlrc-apt-preflight: refused, and nothing has been changed: ") &&
                   Catch::EndsWith(kWayOut));
  }
}

TEST_CASE("a wrong control member is reported in a warning that names the package") {
  const Node apt;
  const auto file = apt.host.dir().write("egerl.deb", deb({{"./erlrc", "nonsense\n"}}, {}));
  CHECK(apt.run(Apt::upgrade("egerl", file.string())) ==
        Ran{0, "",
            "erlrc-apt-preflight: warning: egerl: control member erlrc:1:1: found fewer than three words, "
            "expected "
            "`APP VSN EBIN`\n"});
}

TEST_CASE("a node that cannot be observed is reported once, and refused if so configured") {
  const Apt apt;
  apt.installed("egerl");
  const FakeNode node(good("n1", Fault::unregistered));
  apt.host.add("n1", node);
  apt.host.dir().write("nodes/n2", "cookie = " + cookie + "\n", 0644);
  const Ran printed = apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse);
  CHECK(printed.exit == 1);
  CHECK_THAT(printed.err, Catch::EndsWith(kWayOut));
  CHECK_THAT(
      printed.out,
      Catch::Contains("\n  *           -   -   n2   refused -\n      HOST/nodes/n2: readable by others"));
}
