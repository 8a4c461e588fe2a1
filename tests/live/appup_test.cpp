// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests which appup an upgrade uses, and the valid names of applications and versions.

using namespace erlrc;
using namespace erlrc::test;

namespace {

LabRelease one_server(const std::string& vsn, const std::string& appup = {}) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.appup = appup;
  return made;
}

const Ran all_upgraded = upgraded("'zoo': (NODE) upgraded");

/// The arguments of code_change of zoo_a.
std::string extra(Lab& lab) {
  return lab.ask("lists:last([Extra || {code_change, zoo_a, _, Extra} <- lab:calls()]).");
}

}  // namespace

TEST_CASE("appup: without a shipped one for the old version one is generated, and --verbose reports it") {
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
  lab.add(one_server("1.0.0"));
  lab.add(one_server("2.0.0", appup));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--verbose"});
  CHECK(ran.out.starts_with(all_upgraded.out + "  note: appup: " + note + "\n"));
  CHECK(lab.condition("zoo") == "new");
  REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == all_upgraded);
}

TEST_CASE("appup: the first of several terms and entries that matches the old version is used") {
  Lab lab;
  const std::string back = "[{<<\"1\\\\..*\">>, [{update, zoo_a, {advanced, back}}]}, {\"1.0.0\", []}]";
  lab.add(one_server("1.0.0"));
  lab.add(one_server(
      "2.0.0",
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

TEST_CASE("appup: an invalid regular expression is reported with its file, and nothing changes") {
  Lab lab;
  lab.add(one_server("1.0.0"));
  lab.add(one_server("2.0.0", "{\"2.0.0\", [{<<\"1.(0\">>, []}], []}."));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{1, "",
            "erlrc-upgrade: NODE: LAB/zoo-2.0.0/ebin/zoo.appup: regular expression "
            "<<\"1.(0\">>: "
            "missing closing parenthesis at offset 4\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("appup: both parts of one extended by erlrc-makeappup are used") {
  Lab lab;
  lab.add(one_server("1.0.0"));
  lab.add(one_server("2.0.0",
                     "{\"2.0.0\",\n [{<<\"1\\\\..*\">>, [{update, zoo_a, {advanced, by_hand}}]}],\n []}."));
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

TEST_CASE("appup: the name and version of an application come from its .app, not from its directory") {
  Lab lab;
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"git", "0.8.2+dfsg"},
      {"23.01-1", "24.12-3~bpo12+1"},
      {"2.0.0", "1.9"},
  }));
  CAPTURE(from, to);
  lab.add(one_server(from));
  lab.add(one_server(to));
  const auto p1 = lab.dir() / "p1_fauna-1.1.16";
  const auto other = lab.dir() / "menagerie";
  std::filesystem::rename(lab.at("zoo", from), p1);
  std::filesystem::rename(lab.at("zoo", to), other);
  REQUIRE(lab.run(start_main, {"zoo", from, p1.string()}).exit == 0);
  lab.ask("lab:mark().");
  CHECK(lab.run(upgrade_main, {"zoo", from, to, p1.string(), other.string()}) == all_upgraded);
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), application:get_key(zoo, vsn), "
                "filename:dirname(code:which(zoo_a))}.") ==
        "{{\"" + to + "\",\"" + to + "\"},{ok,\"" + to + "\"},\"LAB/menagerie/ebin\"}");
  CHECK(lab.run(downgrade_main, {"zoo", from, to, p1.string(), other.string()}).exit == 0);
  CHECK(lab.ask("[{S, T, N} || {S, T, N} <- lab:diff(), S =/= processes].") == "[]");
  // The version in the name of the directory does not matter.
  CHECK(lab.run(upgrade_main, {"zoo", "1.1.16", to, p1.string(), other.string()}).exit == 1);
}

TEST_CASE("upgrade by a shipped appup: its versions may be regular expressions") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  LabRelease later = small_zoo("2.0.0");
  later.appup = R"({"2.0.0",
    [{<<"1\\.[0-9]+\\..*">>, [{update, zoo_a, {advanced, by_pattern}}]}],
    [{<<"1\\.[0-9]+\\..*">>, [{update, zoo_a, {advanced, back_by_pattern}}]}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        leaving(all_upgraded, "zoo_b, zoo_gone, zoo_lib, zoo_new, zoo_sup"));
  CHECK(lab.ask("hd(lab:calls()).") == R"({code_change,zoo_a,"1.0.0",by_pattern})");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") ==
        leaving(downgraded("'zoo': (NODE) downgraded"), "zoo_b, zoo_gone, zoo_lib, zoo_new, zoo_sup"));
  CHECK(lab.ask("hd(lab:calls()).") == R"({code_change,zoo_a,{down,"1.0.0"},back_by_pattern})");
}

TEST_CASE("upgrade: a shipped appup without this version is replaced by a generated one") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  LabRelease later = small_zoo("2.0.0");
  later.appup = R"({"2.0.0", [{"0.9.0", []}], [{"0.9.0", []}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == all_upgraded);
  CHECK(lab.condition("zoo") == "new");
}
