// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/transaction/rpm.hpp>

using namespace erlrc;

TEST_CASE("the calls of our plugins of rpm and dnf are moments of the whole run") {
  CHECK(rpm_moment("begin") == Moment::run_begins);
  CHECK(rpm_moment("end") == Moment::run_ended);
  CHECK(rpm_moment("recover") == Moment::run_recovered);
  CHECK(rpm_moment("pretrans") == std::nullopt);
}

TEST_CASE("the calls of scriptlets are moments of the whole run, too") {
  CHECK(rpm_moment("pre") == Moment::run_unpacks);
  CHECK(rpm_moment("preun") == Moment::run_unpacked);
  CHECK(rpm_moment("posttrans") == Moment::run_ended);
  CHECK(is_rpm_scriptlet("preun"));
  CHECK_FALSE(is_rpm_scriptlet("end"));
}

TEST_CASE("a scriptlet reports its package, its version and rpm's argument") {
  CHECK(parse_rpm_scriptlet({"appb", "1:1.1-2", "0"}) == RpmScriptlet{"appb", "1:1.1-2", 0});
  CHECK(parse_rpm_scriptlet({"appb", "0:1.1-2", "2"}) == RpmScriptlet{"appb", "1.1-2", 2});
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {}, {"a", "1"}, {"a", "1", "x"}, {"../a", "1", "1"}, {"a", "1/2", "1"}, {"a", "", "1"}})
    CHECK_THROWS_AS(parse_rpm_scriptlet(args), UsageError);
}

TEST_CASE("the names of rpm's packages are safe as the names of files") {
  for (const char* name : {"erlang-app", "python3.11_x", "GConf2", "libstdc++", "_a"}) {
    CAPTURE(name);
    CHECK(is_rpm_name(name));
  }
  for (const char* name : {"", "-a", ".", "..", "../a", "a/b", "a b", "a\n"}) {
    CAPTURE(name);
    CHECK_FALSE(is_rpm_name(name));
  }
}

TEST_CASE("the elements of a transaction are read line by line") {
  CHECK(parse_rpm_elements("install /a b.rpm\nerase b 1-1\nerase b 0:2-1\ninstall /c.rpm\n") ==
        RpmElements{{"/a b.rpm", "/c.rpm"}, {{"b", {"1-1", "2-1"}}}});
  CHECK(parse_rpm_elements("") == RpmElements{});
}

TEST_CASE("a line that is not an element is an error, and so is an archive without its whole path") {
  for (const char* text : {"erase", "erase b", "erase b 1 2", "install a.rpm", "upgrade /a.rpm", "\n"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_rpm_elements(text), SyntaxError);
  }
}

TEST_CASE("what rpm prints of packages becomes their relations") {
  const auto packages = parse_rpm_query(
      "package liba is not installed\n"
      "package\tappb\t1:1.1-2\tnoarch\t1\n"
      "requires\tliba\t>=\t1.1\n"
      "requires\t(x or y)\t\t\n"
      "conflicts\tapp c\t<\t2-1\n"
      "provides\terlang-app(appb)\t=\t1.1\n"
      "directory\t/usr/lib/erlrc/packages/\n"
      "package\tdemo\t1.0-1\tx86_64\t1\n");
  REQUIRE(packages.size() == 2);
  const PackageRelations& appb = packages.front().relations;
  CHECK(appb.name == "appb");
  CHECK(appb.version == "1:1.1-2");
  CHECK(appb.needs == std::vector<Alternatives>{{{"liba", ">=", "1.1", true}}, {{"(x or y)", "", "", true}}});
  CHECK(appb.breaks == Alternatives{{"app c", "<<", "2-1", false}});
  CHECK(appb.provides == Alternatives{{"erlang-app(appb)", "=", "1.1", true}});
  CHECK(packages.front().arch == "noarch");
  CHECK(packages.front().directories == std::set<std::string>{"/usr/lib/erlrc/packages/"});
  CHECK(packages.back() == RpmPackage{{"demo", "1.0-1"}, "x86_64", 1, {}});
}

TEST_CASE("a package with more relations than any package has is not read") {
  std::string text = "package\ta\t1-1\tnoarch\t1\n";
  for (int i = 0; i < 300'000; ++i)
    text += "provides\t\t\t\n";
  CHECK_THROWS_WITH(parse_rpm_query(text), "package 'a': more than 262144 relations and directories");
}

TEST_CASE("a relation without a release means all releases of the version") {
  const Relation equal{"liba", "=", "1.1", true};
  CHECK(means(equal, "1.1-7"));
  CHECK(!means(equal, "1.2-1"));
  CHECK(means({"liba", "<=", "1.1", true}, "1.1-7"));
  CHECK(!means({"liba", "=", "1.1-1"}, "1.1-7"));
}
