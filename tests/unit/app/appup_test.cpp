// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/appup.hpp>

#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"
#include "show_term.hpp"

using namespace erlrc;

namespace {

std::string error_of(const std::string& text) {
  try {
    parse_appup(text, "x.appup", "2.1");
  } catch (const SyntaxError& error) {
    return error.what();
  }
  return "no error";
}

bool regex(const std::string& pattern, const std::string& vsn) {
  return matches({pattern, true}, vsn);
}

// Like the appup of ranch: a term for each series.
const std::string kSeveral = R"(
{"2.0", [{"1.9", [{load_module, a}]}], [{"1.9", []}]}.
{"2.1", [{<<"2\\.0(\\.[0-9]+)*">>, [{load_module, b}]}], []}.
{"2.1", [{<<"1\\..*">>, [restart_new_emulator]}, {"1.9", []}], [{"2.0", [{load_module, c}]}]}.
)";

}  // namespace

TEST_CASE("an appup is read with its patterns and instructions unchanged") {
  Appup appup = parse_appup(R"({"2.1", [{"2.0", [{load_module, a}, {update, b}]}], [{<<".*">>, []}]}.)",
                            "x.appup", "2.1");
  CHECK(appup == Appup{"2.1",
                       {{{"2.0", false}, {parse_term("{load_module, a}"), parse_term("{update, b}")}}},
                       {{{".*", true}, {}}}});
  CHECK(print_term(to_term(appup)) == R"({"2.1",[{"2.0",[{load_module,a},{update,b}]}],[{<<".*">>,[]}]})");
}

TEST_CASE("terms for the same version in one file count, in order, as one") {
  Appup appup = parse_appup(kSeveral, "ranch.appup", "2.1");
  CHECK(print_term(to_term(appup)) == R"({"2.1",[{<<"2\\.0(\\.[0-9]+)*">>,[{load_module,b}]},)"
                                      R"({<<"1\\..*">>,[restart_new_emulator]},{"1.9",[]}],)"
                                      R"([{"2.0",[{load_module,c}]}]})");
}

TEST_CASE("the first entry that matches the other version is found") {
  Appup appup = parse_appup(kSeveral, "ranch.appup", "2.1");
  CHECK(find_entry(appup, Direction::up, "2.0.3") == &appup.up[0]);
  CHECK(find_entry(appup, Direction::up, "1.9") == &appup.up[1]);
  CHECK(find_entry(appup, Direction::up, "3.0") == nullptr);
  CHECK(find_entry(appup, Direction::down, "2.0") == &appup.down[0]);
  CHECK(find_entry(appup, Direction::down, "1.9") == nullptr);
}

TEST_CASE("an empty appup has no entries") {
  CHECK(parse_appup(R"({"2.1",[],[]}.)", "x.appup", "2.1") == Appup{"2.1", {}, {}});
  CHECK(find_entry(Appup{"2.1", {}, {}}, Direction::up, "2.0") == nullptr);
}

// Every line is a result of systools_relup:appup_search_for_version/2 of OTP 25.
TEST_CASE("a version is matched as release_handler matches it") {
  CHECK(matches({"2.0", false}, "2.0"));
  CHECK_FALSE(matches({"2.0", false}, "2x0"));
  CHECK_FALSE(matches({"2\\.0", false}, "2.0"));
  CHECK(regex("2\\.0", "2.0"));
  CHECK_FALSE(regex("2\\.0", "2.0.1"));
  CHECK_FALSE(regex("2\\.0", "12.0"));
  CHECK(regex("2.0", "2x0"));
  CHECK(regex("^10\\.[0-9]+$", "10.12"));
  CHECK(regex("^8\\.5(?:\\.[0-9]+)*$", "8.5.1.2"));
  CHECK_FALSE(regex("^8\\.5(?:\\.[0-9]+)*$", "8.6"));
  CHECK_FALSE(regex("1|1\\.2", "1.2"));
  CHECK(regex("1\\.2|1", "1.2"));
  CHECK_FALSE(regex("", "1"));
  CHECK(regex("1\\.\\d+", "1.22"));
  CHECK(regex(".", "\xc3\xbc"));
  CHECK_FALSE(regex("1$", "1\n"));
  CHECK(regex("1.(?#comment)2~(?i)RC", "1.2~rc"));
}

TEST_CASE("an error shows the invalid regular expression") {
  CHECK_THROWS_WITH(regex("1.(2", "1.2"),
                    "regular expression <<\"1.(2\">>: missing closing parenthesis at offset 4");
  CHECK_THROWS_AS(regex("\xff", "1"), Error);
}

TEST_CASE("an appup of another shape is refused with the position") {
  CHECK(error_of("") == "x.appup:1:1: found no term, expected {\"2.1\", UpFrom, DownTo}");
  CHECK(error_of("\n\n {\"2.0\", [], []}. {\"1.9\", [], []}.") ==
        "x.appup:3:2: found {\"2.0\",[],[]}, expected {\"2.1\", UpFrom, DownTo}");
  CHECK(error_of("{\"2.1\", []}.") == "x.appup:1:1: found {\"2.1\",[]}, expected {Vsn, UpFrom, DownTo}");
  CHECK(error_of("{<<\"2.1\">>, [], []}.") ==
        "x.appup:1:1: found {<<\"2.1\">>,[],[]}, expected {Vsn, UpFrom, DownTo}");
  CHECK(error_of("{\"2.1\", x, []}.") == "x.appup:1:1: found x, expected a list of {Vsn, Instructions}");
  CHECK(error_of("{\"2.1\", [], [{\"2.0\"}]}.") ==
        "x.appup:1:1: found {\"2.0\"}, expected {Vsn, Instructions}");
  CHECK(error_of("{\"2.1\", [{\"2.0\", x}], []}.") ==
        "x.appup:1:1: found {\"2.0\",x}, expected {Vsn, Instructions}");
  CHECK(error_of("{\"2.1\", [{v2, []}], []}.") ==
        "x.appup:1:1: found v2, expected a version: a string or a binary");
  CHECK(error_of("{\"2.1\", [], []}").starts_with("x.appup:1:16: "));
}

TEST_CASE("the appup parser returns or throws Error for every text") {
  test::check_decoder(kSeveral, [](BytesView text) { return parse_appup(text, "x.appup", "2.1"); },
                      {test::Expect::kAny, test::Expect::kAny});
}

TEST_CASE("a regular expression that does not match at once is an error") {
  const std::string vsn = std::string(200, 'a') + "xb";
  CHECK_THROWS_WITH(matches({"((a|a)*)*b", true}, vsn),
                    "regular expression <<\"((a|a)*)*b\">>: needs too many steps");
  CHECK_THROWS_WITH(matches({std::string(1001, 'a'), true}, vsn),
                    "regular expression of 1001 bytes, expected at most 1000");
  CHECK(matches({"[0-9]+(\\.[0-9]+)*(-.*)?", true}, "10.20.30.40-beta.1+build"));
}

TEST_CASE("an appup has no more entries than an application can have versions") {
  std::string entries = "{\"1\", []}";
  for (int i = 0; i < 10'000; ++i)
    entries += ", {\"1\", []}";
  CHECK_THROWS_WITH(parse_appup("{\"2\", [" + entries + "], []}.", "x.appup", "2"),
                    Catch::Contains("expected at most 10000 entries"));
}
