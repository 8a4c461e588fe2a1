// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/app_spec.hpp>

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
    parse_app_spec(text, "egerl.app");
  } catch (const SyntaxError& error) {
    return error.what();
  }
  return "no error";
}

const std::string kWhole = R"(%% An example.
{application, egerl,
 [{description, "An example"},
  {vsn, "4.0.1"},
  {modules, [egerl_app, egerl_sup]},
  {registered, [egerl]},
  {applications, [kernel, stdlib, crypto]},
  {optional_applications, [crypto]},
  {included_applications, [egerlinc]},
  {mod, {egerl_app, [a, "b"]}},
  {env, [{port, 8080}, {path, "/"}]},
  {runtime_dependencies, ["kernel-6.0"]}]}.
)";

}  // namespace

TEST_CASE("all keys of an .app file are read") {
  AppSpec spec = parse_app_spec(kWhole, "egerl.app");
  CHECK(spec == AppSpec{{"egerl"},
                        "4.0.1",
                        {{"egerl_app"}, {"egerl_sup"}},
                        {{"egerl"}},
                        {{"kernel"}, {"stdlib"}, {"crypto"}},
                        {{"crypto"}},
                        {{"egerlinc"}},
                        StartModule{{"egerl_app"}, list({Atom{"a"}, string("b")})},
                        {{{"port"}, 8080}, {{"path"}, string("/")}},
                        parse_term(kWhole)});
  CHECK(app_spec(parse_term(kWhole), "node") == spec);
}

TEST_CASE("an .app file needs only a name and a vsn") {
  CHECK(parse_app_spec(R"({application,x,[{vsn,"git"}]}.)", "x.app") ==
        AppSpec{{"x"}, "git", {}, {}, {}, {}, {}, {}, {}, parse_term(R"({application,x,[{vsn,"git"}]})")});
}

TEST_CASE("a mod of [] makes a library application, like a missing mod") {
  CHECK(parse_app_spec(R"({application,x,[{vsn,"1"},{mod,[]}]}.)", "x.app").mod == std::nullopt);
}

TEST_CASE("the first of several entries with one key counts, as in OTP") {
  CHECK(parse_app_spec(R"({application,x,[{vsn,"1"},{vsn,"2"}]}.)", "x.app").vsn == "1");
}

TEST_CASE("an .app file without an application is refused with the position") {
  CHECK(error_of("") == "egerl.app:1:1: found no term, expected {application, Name, Keys}");
  CHECK(error_of("\n {app, x, []}.") ==
        "egerl.app:2:2: found {app,x,[]}, expected {application, Name, Keys}");
  CHECK(error_of("{application, \"x\", []}.") ==
        "egerl.app:1:1: found {application,\"x\",[]}, expected {application, Name, Keys}");
  CHECK(error_of("{application, x, {}}.") ==
        "egerl.app:1:1: found {application,x,{}}, expected {application, Name, Keys}");
  CHECK(error_of("{application, x, [{vsn, \"1\"}]}.\n{application, y, []}.") ==
        "egerl.app:2:1: found {application,y,[]}, expected the end of the file");
  CHECK(error_of("{application, x, [").starts_with("egerl.app:1:19: "));
}

TEST_CASE("a key of a wrong type is refused with what was found and expected") {
  auto with = [](const std::string& keys) { return error_of("{application, x, [" + keys + "]}."); };
  const std::string head = "egerl.app:1:1: ";
  CHECK(with("") == head + "no key vsn");
  CHECK(with("{vsn, 1}") == head + "key vsn: found 1, expected a string");
  CHECK(with("{vsn, \"\"}") == head + "key vsn: found [], expected a string");
  auto key = GENERATE(as<std::string>{}, "modules", "registered", "applications", "optional_applications",
                      "included_applications");
  CHECK(with("{vsn, \"1\"}, {" + key + ", [a, \"b\"]}") ==
        head + "key " + key + ": found [a,\"b\"], expected a list of atoms");
  CHECK(with("{vsn, \"1\"}, {mod, x_app}") == head + "key mod: found x_app, expected {Module, StartArgs}");
  CHECK(with("{vsn, \"1\"}, {mod, {\"x\", 1}}") ==
        head + "key mod: found {\"x\",1}, expected {Module, StartArgs}");
  CHECK(with("{vsn, \"1\"}, {env, x}") == head + "key env: found x, expected a list of {Parameter, Value}");
  CHECK(with("{vsn, \"1\"}, {env, [{a, 1}, {\"b\", 2}]}") ==
        head + "key env: found {\"b\",2}, expected {Parameter, Value}");
}

TEST_CASE("a long term is cut in messages, but not inside a character") {
  auto vsn = [](std::size_t ones, const std::string& rest) {
    return "{application,x,[{vsn,\"" + std::string(ones, '1') + rest;
  };
  CHECK(error_of(vsn(37, "\\x{e9}\\x{e9}\"}],4}.")) ==
        "egerl.app:1:1: found " + vsn(37, "...") + ", expected {application, Name, Keys}");
  CHECK(error_of(vsn(36, "\\x{e9}\\x{e9}\"}],4}.")) ==
        "egerl.app:1:1: found " + vsn(36, "\xc3\xa9...") + ", expected {application, Name, Keys}");
}

TEST_CASE("an error in a term from elsewhere names its source") {
  CHECK_THROWS_WITH(app_spec(Atom{"undefined"}, "node a@b"),
                    "node a@b: found undefined, expected {application, Name, Keys}");
}

TEST_CASE("the .app parser returns or throws Error for every text") {
  test::check_decoder(kWhole, [](BytesView text) { return parse_app_spec(text, "x.app"); },
                      {test::Expect::kAny, test::Expect::kAny});
}
