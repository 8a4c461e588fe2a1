// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/transaction/relations.hpp>

using namespace erlrc;

TEST_CASE("a package's name is safe as the name of a file and as an argument") {
  CHECK(is_package_name("libstdc++6"));
  CHECK(is_package_name("0ad-data.x"));
  const std::string name =
      GENERATE("", "..", "../../precious", "a/b", ".a", "-a", "+a", "A", "a_b", "a b", "a\n");
  CHECK(!is_package_name(name));
}

TEST_CASE("stanzas are separated by empty lines, and folded fields are joined") {
  CHECK(parse_stanzas("Package: a\nDepends: b,\n c (>= 1)\n\n\nPackage: d\nthis is not a field\n") ==
        std::vector<Stanza>{{{"Package", "a"}, {"Depends", "b, c (>= 1)"}}, {{"Package", "d"}}});
  CHECK(parse_stanzas("").empty());
}

TEST_CASE("a relation field is a list of alternatives") {
  CHECK(parse_relations("a, b (>= 1:2.0-1) | c:any,d(<<3), ") ==
        std::vector<Alternatives>{{{"a"}}, {{"b", ">=", "1:2.0-1"}, {"c"}}, {{"d", "<<", "3"}}});
  CHECK(to_string(Relation{"b", ">=", "1"}) == "b (>= 1)");
  CHECK(to_string(Relation{"b"}) == "b");
}

TEST_CASE("versions of packages are ordered as dpkg orders them") {
  const auto [lower, higher] = GENERATE(table<std::string, std::string>({{"1.0", "1.1"},
                                                                         {"1.9", "1.10"},
                                                                         {"1.0~rc1", "1.0"},
                                                                         {"1.0-1", "1.0-2"},
                                                                         {"9.0", "1:0.1"},
                                                                         {"1.0", "1.0+dfsg"},
                                                                         {"1.0-1~bpo12+1", "1.0-1"}}));
  CHECK(std::is_lt(compare_package_versions(lower, higher)));
  CHECK(std::is_gt(compare_package_versions(higher, lower)));
  CHECK(std::is_eq(compare_package_versions(lower, lower)));
  CHECK(means({"p", "<<", higher}, lower));
  CHECK(!means({"p", ">=", higher}, lower));
  CHECK(means({"p", "<=", lower}, lower));
  CHECK(means({"p", "=", lower}, lower));
  CHECK(means({"p", ">>", lower}, higher));
  CHECK(means({"p"}, lower));
}

TEST_CASE("relations are read from five fields") {
  CHECK(relations_of({{"Package", "p"},
                      {"Version", "2"},
                      {"Depends", "a (>= 1)"},
                      {"Pre-Depends", "b"},
                      {"Breaks", "c (<< 2), d"},
                      {"Conflicts", "e"},
                      {"Provides", "v (= 2)"}}) ==
        PackageRelations{
            "p", "2", {{{"b"}}, {{"a", ">=", "1"}}}, {{"c", "<<", "2"}, {"d"}, {"e"}}, {{"v", "=", "2"}}});
}
