// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"

// Which appup an upgrade follows, and what applications and versions may be called.

using namespace erlrc;
using namespace erlrc::test;

namespace {

LabRelease zoo(const std::string& vsn, const std::string& appup = {}) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.appup = appup;
  return made;
}

const std::string upgraded = "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n";

/// What code_change of zoo_a was called with.
std::string extra(Lab& lab) {
  return lab.ask("lists:last([Extra || {code_change, zoo_a, _, Extra} <- lab:calls()]).");
}

}  // namespace

TEST_CASE("appup: where none is shipped for the old version one is made, and --verbose says so") {
  Lab lab;
  const auto [appup, note] = GENERATE(table<std::string, std::string>({
      {"", "made, because the package ships none"},
      {"{\"2.0.0\", [], []}.", "made, because the shipped one has no entry for 1.0.0"},
      {"{\"2.0.0\", [{\"0.9\", []}, {<<\"1\\\\.0\">>, []}], [{\"1.0.0\", []}]}.",
       "made, because the shipped one has no entry for 1.0.0"},
      {"{\"2.0.0\", [{\"0.9\", []}], []}. {\"1.0.0\", [{\"1.0.0\", []}], []}.",
       "made, because the shipped one has no entry for 1.0.0"},
  }));
  CAPTURE(appup);
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", appup));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--verbose"});
  CHECK(ran.out.starts_with(upgraded + "  note: appup: " + note + "\n"));
  CHECK(lab.condition("zoo") == "new");
  REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
}

TEST_CASE(
    "appup: of several terms and several entries the first one that means the old version is followed") {
  Lab lab;
  const std::string back = "[{<<\"1\\\\..*\">>, [{update, zoo_a, {advanced, back}}]}, {\"1.0.0\", []}]";
  lab.add(zoo("1.0.0"));
  lab.add(
      zoo("2.0.0",
          "{\"1.9.0\", [{\"1.0.0\", []}], []}.\n"
          "{\"2.0.0\", [{<<\"1\\\\.0\">>, []}, {\"0.9\", []}], []}.\n"
          "{\"2.0.0\", [{<<\"1(\\\\.[0-9]+)*\">>, [{update, zoo_a, {advanced, first}}]}, {\"1.0.0\", []}], " +
              back + "}."));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--verbose"});
  CHECK(ran.out.find("  note: appup: the one that zoo 2.0.0 ships\n") != std::string::npos);
  CHECK(extra(lab) == "first");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(extra(lab) == "back");
}

TEST_CASE(
    "appup: a version in it that is no regular expression is told with its file, and nothing is touched") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", "{\"2.0.0\", [{<<\"1.(0\">>, []}], []}."));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{1, "",
            "erlrc-upgrade: NODE: LAB/zoo-2.0.0/ebin/zoo.appup: regular expression "
            "<<\"1.(0\">>: "
            "missing closing parenthesis at offset 4\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("appup: one that erlrc-makeappup has extended is followed in both of its parts") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", "{\"2.0.0\",\n [{<<\"1\\\\..*\">>, [{update, zoo_a, {advanced, by_hand}}]}],\n []}."));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string file = lab.at("zoo", "2.0.0") + "/ebin/zoo.appup";
  const Ran extended = lab.run(makeappup_main, {"--extend", file, "zoo", "1.0.0", "2.0.0",
                                                lab.at("zoo", "1.0.0"), lab.at("zoo", "2.0.0")});
  REQUIRE(extended.exit == 0);
  lab.dir().write("zoo-2.0.0/ebin/zoo.appup", extended.out);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(extra(lab) == "by_hand");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0", {"--verbose"});
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("  note: appup: the one that zoo 2.0.0 ships\n") != std::string::npos);
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("appup: what an application is called, and its version, is what its .app says, not its directory") {
  Lab lab;
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"git", "0.8.2+dfsg"},
      {"23.01-1", "24.12-3~bpo12+1"},
      {"2.0.0", "1.9"},
  }));
  CAPTURE(from, to);
  lab.add(zoo(from));
  lab.add(zoo(to));
  const auto p1 = lab.dir() / "p1_fauna-1.1.16";
  const auto other = lab.dir() / "menagerie";
  std::filesystem::rename(lab.at("zoo", from), p1);
  std::filesystem::rename(lab.at("zoo", to), other);
  REQUIRE(lab.run(start_main, {"zoo", from, p1.string()}).exit == 0);
  lab.ask("lab:mark().");
  CHECK(lab.run(upgrade_main, {"zoo", from, to, p1.string(), other.string()}) == Ran{0, upgraded, ""});
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), application:get_key(zoo, vsn), "
                "filename:dirname(code:which(zoo_a))}.") ==
        "{{\"" + to + "\",\"" + to + "\"},{ok,\"" + to + "\"},\"LAB/menagerie/ebin\"}");
  CHECK(lab.run(downgrade_main, {"zoo", from, to, p1.string(), other.string()}).exit == 0);
  CHECK(lab.ask("[{S, T, N} || {S, T, N} <- lab:diff(), S =/= processes].") == "[]");
  // The directory's own version is nothing to it.
  CHECK(lab.run(upgrade_main, {"zoo", "1.1.16", to, p1.string(), other.string()}).exit == 1);
}
