// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/app_override.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

AppSpec spec() {
  return parse_app_spec(
      "{application, a, [{vsn, \"1\"}, {modules, [m, n]}, {applications, [kernel, stdlib]},"
      " {optional_applications, [stdlib]}, {env, [{one, 1}, {two, 2}]}]}.",
      "a.app");
}

std::string keys(const std::string& changes) {
  const AppSpec made = overridden(spec(), "{application, a, " + changes + "}.", "/etc/a.app");
  return print_term(made.term);
}

std::string error(const std::string& text) {
  try {
    overridden(spec(), text, "/etc/a.app");
    return "none";
  } catch (const Error& refusal) {
    return refusal.what();
  }
}

}  // namespace

TEST_CASE("a plain value and {override, Value} replace") {
  CHECK(keys("[{modules, [x]}, {env, {override, []}}]") ==
        "{application,a,[{vsn,\"1\"},{modules,[x]},{applications,[kernel,stdlib]},"
        "{optional_applications,[stdlib]},{env,[]}]}");
}

TEST_CASE("{merge, List} adds missing elements, {keymerge, List} replaces by first element") {
  CHECK(keys("[{modules, {merge, [n, x]}}, {env, {keymerge, [{two, zwei}, {three, 3}]}}]") ==
        "{application,a,[{vsn,\"1\"},{modules,[m,n,x]},{applications,[kernel,stdlib]},"
        "{optional_applications,[stdlib]},{env,[{one,1},{two,zwei},{three,3}]}]}");
}

TEST_CASE("a key that the application does not have is added") {
  CHECK(
      keys("[{registered, {merge, [r]}}, {start_phases, {keymerge, [{go, []}]}}]") ==
      "{application,a,[{vsn,\"1\"},{modules,[m,n]},{applications,[kernel,stdlib]},"
      "{optional_applications,[stdlib]},{env,[{one,1},{two,2}]},{registered,[r]},{start_phases,[{go,[]}]}]}");
}

TEST_CASE("the specification has the changed values") {
  const AppSpec made =
      overridden(spec(), "{application, a, [{vsn, \"2\"}, {included_applications, [i]}]}.", "f");
  CHECK(made.vsn == "2");
  CHECK(made.included_applications == std::vector<Atom>{Atom{"i"}});
}

TEST_CASE("an invalid file is refused with its name and what was expected") {
  CHECK(error("") == "/etc/a.app:1:1: found no term, expected {application, a, Changes}");
  CHECK(error("{application, b, []}.") ==
        "/etc/a.app:1:1: found {application,b,[]}, expected {application, a, Changes}");
  CHECK(error("{application, a, [{x, y, z}]}.") == "/etc/a.app:1:1: found {x,y,z}, expected {Key, Change}");
  CHECK(error("{application, a, []}. more.") == "/etc/a.app:1:23: found more, expected the end of the file");
  CHECK(error("{application, a, [{env, {override, 7}}]}.") ==
        "/etc/a.app: key env: found 7, expected a list of {Parameter, Value}");
}

TEST_CASE("a dependency is replaced, and then it is not optional") {
  const AppSpec made = depending_on(spec(), Atom{"stdlib"}, Atom{"outer"});
  CHECK(made.applications == std::vector<Atom>{Atom{"kernel"}, Atom{"outer"}});
  CHECK(print_term(made.term) ==
        "{application,a,[{vsn,\"1\"},{modules,[m,n]},{applications,[kernel,outer]},"
        "{optional_applications,[]},{env,[{one,1},{two,2}]}]}");
  CHECK(depending_on(spec(), Atom{"stdlib"}, Atom{"kernel"}).applications ==
        std::vector<Atom>{Atom{"kernel"}});
}
