// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/extend_appup.hpp>

#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// The appup that erlrc would generate for `earlier` and 2.1.
Appup made(const std::string& earlier) {
  return {"2.1",
          {{{earlier, false}, {parse_term("{load_module, up}")}}},
          {{{earlier, false}, {parse_term("{load_module, down}")}}}};
}

std::string extended(const std::string& text, const std::string& earlier) {
  return extend_appup(text, "x.appup", made(earlier));
}

const std::string kShipped = R"(%% By hand.
{"2.1",
 [{<<"2\\.0(\\.[0-9]+)*">>, [{update, a, soft}]},   % all of 2.0
  {"1.9", [restart_new_emulator]}],
 [{"1.9", []}]}.
)";

}  // namespace

TEST_CASE("an appup gets the missing entries and keeps its own unchanged") {
  CHECK(extended(kShipped, "1.8") == R"(%% By hand.
{"2.1",
 [{<<"2\\.0(\\.[0-9]+)*">>, [{update, a, soft}]},   % all of 2.0
  {"1.9", [restart_new_emulator]},
  {"1.8",[{load_module,up}]}],
 [{"1.9", []},
  {"1.8",[{load_module,down}]}]}.
)");
}

TEST_CASE(
    "an appup that has an entry for the version, by a regular expression or in one direction, keeps it") {
  CHECK(extended(kShipped, "1.9") == kShipped);
  CHECK(extended(kShipped, "2.0.3") == R"(%% By hand.
{"2.1",
 [{<<"2\\.0(\\.[0-9]+)*">>, [{update, a, soft}]},   % all of 2.0
  {"1.9", [restart_new_emulator]}],
 [{"1.9", []},
  {"2.0.3",[{load_module,down}]}]}.
)");
}

TEST_CASE("an empty appup gets its first entries") {
  CHECK(extended("{\"2.1\",[],[]}.\n", "git") ==
        "{\"2.1\",[{\"git\",[{load_module,up}]}],[{\"git\",[{load_module,down}]}]}.\n");
}

TEST_CASE("the last of several terms for the version is extended") {
  CHECK(extended("{\"2.1\",[{\"1.0\",[]}],[]}.\n{\"2.1\",[],[{\"1.0\",[]}]}.\n{\"2.0\",[],[]}.\n", "1.1") ==
        "{\"2.1\",[{\"1.0\",[]}],[]}.\n"
        "{\"2.1\",[{\"1.1\",[{load_module,up}]}],[{\"1.0\",[]},\n" +
            std::string(11, ' ') +
            "{\"1.1\",[{load_module,down}]}]}.\n"
            "{\"2.0\",[],[]}.\n");
}

TEST_CASE("the first entry for a version is still the old one in an extended appup") {
  const Appup before = parse_appup(kShipped, "x.appup", "2.1");
  const Appup after = parse_appup(extended(kShipped, "1.8"), "x.appup", "2.1");
  for (const char* vsn : {"2.0", "2.0.7", "1.9"})
    CHECK(*find_entry(after, Direction::up, vsn) == *find_entry(before, Direction::up, vsn));
  CHECK(*find_entry(after, Direction::up, "1.8") == made("1.8").up.front());
  CHECK(*find_entry(after, Direction::down, "1.8") == made("1.8").down.front());
}

TEST_CASE("a file that cannot be extended is reported with the position") {
  CHECK_THROWS_WITH(extended("\n {\"2.0\",[],[]}.", "1"),
                    "x.appup:2:2: found {\"2.0\",[],[]}, expected {\"2.1\", UpFrom, DownTo}");
  CHECK_THROWS_WITH(extended("{\"2.1\",[{\"1\"}],[]}.", "1"),
                    "x.appup:1:1: found {\"1\"}, expected {Vsn, Instructions}");
  CHECK_THROWS_WITH(extended("{\"2.1\",[],[]", "1"), "x.appup:1:13: found end of file, expected ',' or '}'");
  CHECK_THROWS_WITH(extended("{\"2.1\",\"\",[]}.", "1"), "x.appup:1:8: found a string, expected '['");
  CHECK_THROWS_WITH(extended("{\"2.1\",[{<<\"(\">>,[]}],[]}.", "1"),
                    "x.appup: regular expression <<\"(\">>: missing closing parenthesis at offset 1");
}
