// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/apt_hook.hpp>

#include "decoder_check.hpp"

using namespace erlrc;
using namespace erlrc::test;
using Catch::Matchers::Equals;

namespace {

const std::string kConfig =
    "VERSION 3\nAPT=\nAPT::Architecture=amd64\nDPkg::Pre-Install-Pkgs::=erlrc=3%20;%20[%20-x\n"
    "no equals sign\nerlrc::PREFLIGHT=report\nErlrc::Preflight=refuse\nA=100%\n";

std::vector<AptAction> actions(const std::string& lines) {
  return parse_apt_actions(kConfig + "\n" + lines);
}

AptAction one(const std::string& line) {
  const auto all = actions(line + "\n");
  REQUIRE(all.size() == 1);
  return all.front();
}

using Kind = AptAction::Kind;

}  // namespace

TEST_CASE("APT's configuration is read with its quoting, the last value counts, names ignore case") {
  const AptConfig config = parse_apt_config(kConfig + "\n");
  CHECK(config.value("APT") == "");
  CHECK(config.value("apt::architecture") == "amd64");
  CHECK(config.value("DPkg::Pre-Install-Pkgs::") == "erlrc=3 ; [ -x");
  CHECK(config.value("Erlrc::Preflight") == "refuse");
  CHECK(config.value("A") == "100%");
  CHECK(config.value("APT::Arch") == std::nullopt);
}

TEST_CASE("each kind of action is read as APT writes it") {
  CHECK(one("demo - - none < 1.0 all none /srv/repo/./demo_1.0_all.deb") ==
        AptAction{Kind::unpack, "demo", "", "1.0", "all", "/srv/repo/./demo_1.0_all.deb"});
  CHECK(one("demo 1.0 all none < 1.1 amd64 same /srv/a b/demo.deb") ==
        AptAction{Kind::unpack, "demo", "1.0", "1.1", "amd64", "/srv/a b/demo.deb"});
  CHECK(one("demo 1.1 all none > 1.0 all none /d.deb") ==
        AptAction{Kind::unpack, "demo", "1.1", "1.0", "all", "/d.deb"});
  CHECK(one("demo 1.1 all none = 1.1 all none /d.deb") ==
        AptAction{Kind::unpack, "demo", "1.1", "1.1", "all", "/d.deb"});
  CHECK(one("demo 1.0 all none < 1.1 all none **CONFIGURE**") ==
        AptAction{Kind::configure, "demo", "1.0", "1.1", "all", ""});
  CHECK(one("demo 1.0 i386 foreign > - - none **REMOVE**") ==
        AptAction{Kind::remove, "demo", "1.0", "", "i386", ""});
}

TEST_CASE("actions keep APT's order, and the list may be empty") {
  CHECK(actions("").empty());
  const auto two = actions("b - - none < 1 all none /b.deb\na - - none < 1 all none /a.deb\n");
  REQUIRE(two.size() == 2);
  CHECK(two[0].package == "b");
  CHECK(two[1].package == "a");
}

TEST_CASE("another protocol is reported as such") {
  CHECK_THROWS_WITH(parse_apt_config(""),
                    Equals("APT's description of the transaction: line 0: expected "
                           "`VERSION 3`; does the hook's DPkg::Tools::Options ask for it?"));
  CHECK_THROWS_WITH(
      parse_apt_config("VERSION 2\n\n"),
      Equals("APT's description of the transaction: line 1: expected `VERSION 3`; does the hook's "
             "DPkg::Tools::Options ask for it?"));
  CHECK_THROWS_WITH(
      parse_apt_config("VERSION 3\nA=b\n"),
      Equals("APT's description of the transaction: line 2: the empty line after the configuration "
             "is missing"));
}

TEST_CASE("a line of another shape is refused with its number") {
  const auto [line, why] = GENERATE(table<std::string, std::string>({
      {"demo", "too few words: expected a package, its versions and the action"},
      {"", "too few words: expected a package, its versions and the action"},
      {"demo 1.0 all none < 1.1 all none", "too few words: expected a package, its versions and the action"},
      {"demo 1.0 all none ~ 1.1 all none /d.deb", "expected <, > or = between the versions"},
      {"demo 1.0 all none < 1.1 all none **FLY**",
       "expected the path of an archive, **CONFIGURE** or **REMOVE**"},
      {"demo 1.0 all none < 1.1 all none d.deb",
       "expected the path of an archive, **CONFIGURE** or **REMOVE**"},
      {"demo - - none < - - none **REMOVE**", "removes a package that has no version"},
      {"demo 1.0 all none < - - none /d.deb", "no version to install"},
  }));
  CHECK_THROWS_WITH(actions(line + "\n"), Equals("APT's description of the transaction: line 10: " + why));
}

TEST_CASE("the parser survives everything that a broken pipe can do to a transaction") {
  const std::string whole = kConfig +
                            "\nliba 1.0 all none < 1.1 all none /srv/liba.deb\n"
                            "appb 1.0 all none > - - none **REMOVE**\n"
                            "liba 1.0 all none < 1.1 all none **CONFIGURE**\n";
  check_decoder(whole, parse_apt_actions, {Expect::kError, Expect::kAny});
  check_decoder(whole, parse_apt_config, {Expect::kAny, Expect::kAny});
  // A cut between two lines cannot be detected; a cut within a line is an error.
  for (std::size_t length = 0; length < whole.size(); ++length) {
    if (length > kConfig.size() && whole[length - 1] == '\n') continue;
    INFO(length);
    CHECK_THROWS_AS(parse_apt_actions(whole.substr(0, length)), Error);
  }
}
