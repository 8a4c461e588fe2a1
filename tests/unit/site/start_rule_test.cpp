// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/start_rule.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"

using namespace erlrc;
using Kind = StartRule::Kind;

TEST_CASE("what packages may start is all, running, none, or named applications") {
  CHECK(parse_start_rule("all", "x") == StartRule{});
  CHECK(parse_start_rule(" running ", "x") == StartRule{Kind::running, {}});
  CHECK(parse_start_rule("none", "x") == StartRule{Kind::only, {}});
  CHECK(parse_start_rule("yaws, egerl eglib", "x") ==
        StartRule{Kind::only, {Atom{"egerl"}, Atom{"eglib"}, Atom{"yaws"}}});
  for (const char* text : {"all", "running", "none", "egerl eglib"})
    CHECK(to_string(parse_start_rule(text, "x")) == text);
}

TEST_CASE("any other value of start is refused, and not quoted") {
  const std::string text = GENERATE("", "KEEPSECRET", "egerl /x", ",");
  CHECK_THROWS_WITH(parse_start_rule(text, "nodes/n1:2: start"),
                    "nodes/n1:2: start: expected all, running, none, or the names of applications");
  CHECK_THROWS_AS(parse_start_rule(text, "x"), UsageError);
}
