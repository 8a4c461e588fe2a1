// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests the place of an application's directory in the code path, which decides whose modules are found
// first.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("path: the new version's directory takes the place of the old one, and is removed in a rollback") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  // Cases: a directory removed from disk; another one with the same name, before or after it; the same one
  // twice. The node has a directory that it takes for that of zoo because of its name.
  const std::string arrange = GENERATE(
      "ok", "code:add_patha(Lab ++ \"/other-1.0.0/ebin\")",
      "code:add_patha(Lab ++ \"/gone/ebin\"), file:del_dir(Lab ++ \"/gone/ebin\")",
      "code:add_patha(Lab ++ \"/zoo-0.9.0/ebin\")", "code:add_pathz(Lab ++ \"/zoo-0.9.0/ebin\")",
      "code:add_patha(Lab ++ \"/zoo/ebin\")",
      "code:set_path([Lab ++ \"/other-1.0.0/ebin\" | code:get_path()] ++ [Lab ++ \"/zoo-1.0.0/ebin\"])");
  CAPTURE(arrange);
  lab.ask(
      "Lab = filename:dirname(code:lib_dir(zoo)),"
      "[filelib:ensure_dir(Lab ++ Dir ++ \"/ebin/any\") || Dir <- [\"/gone\", \"/zoo-0.9.0\", \"/zoo\"]], " +
      arrange +
      ", Old = Lab ++ \"/zoo-1.0.0/ebin\", New = Lab ++ \"/zoo-2.0.0/ebin\","
      "persistent_term:put(paths, {code:get_path(), [case D of Old -> New; _ -> D end || D <- "
      "code:get_path()]}), lab:mark().");
  SECTION("upgraded and downgraded") {
    const Ran up = lab.upgrade("zoo", "1.0.0", "2.0.0");
    INFO(up);
    REQUIRE(up.exit == 0);
    CHECK(lab.ask("code:get_path() =:= element(2, persistent_term:get(paths)).") == "true");
    REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask("code:get_path() =:= element(1, persistent_term:get(paths)).") == "true");
  }
  SECTION("rolled back") {
    lab.ask("lab:on({code_change, zoo_a}, crash).");
    REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}

TEST_CASE("path: other names of the old directory give way to those of the new one") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string apps = std::filesystem::path(lab.at("zoo", "1.0.0")).parent_path();
  // Debian's p1_xml-V is fast_xml-V, too. The last one has no counterpart.
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    std::filesystem::create_directory_symlink("zoo-" + vsn, apps + "/fast_zoo-" + vsn);
  std::filesystem::create_directory_symlink("zoo-1.0.0", apps + "/old_zoo");
  std::filesystem::create_directory_symlink(apps, apps + "/merged");
  lab.ask(
      "Apps = filename:dirname(code:lib_dir(zoo)), [code:add_pathz(Apps ++ Dir ++ \"/ebin\") || Dir <- "
      "[\"/fast_zoo-1.0.0\", \"/old_zoo\", \"/merged/zoo-1.0.0\"]], lab:mark().");
  const std::string own =
      "Apps = filename:dirname(code:lib_dir(zoo)), [lists:nthtail(length(Apps), Dir) || Dir <- "
      "code:get_path(), "
      "lists:prefix(Apps ++ \"/\", Dir), string:find(Dir, \"zoo\") =/= nomatch].";
  SECTION("upgraded and downgraded") {
    const Ran up = lab.upgrade("zoo", "1.0.0", "2.0.0");
    INFO(up);
    REQUIRE(up.exit == 0);
    CHECK(lab.ask(own) == "[\"/zoo-2.0.0/ebin\",\"/fast_zoo-2.0.0/ebin\",\"/merged/zoo-2.0.0/ebin\"]");
    REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask(own) == "[\"/zoo-1.0.0/ebin\",\"/fast_zoo-1.0.0/ebin\",\"/merged/zoo-1.0.0/ebin\"]");
  }
  SECTION("rolled back") {
    lab.ask("lab:on({code_change, zoo_a}, crash).");
    REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff().") == "[]");
  }
  SECTION("removed") {
    REQUIRE(lab.stop("zoo", "1.0.0").exit == 0);
    CHECK(lab.ask("[Dir || Dir <- code:get_path(), string:find(Dir, \"zoo\") =/= nomatch].") == "[]");
  }
}
