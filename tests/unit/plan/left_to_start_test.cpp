// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "upgrading.hpp"

// Tests the remarks on what only a start of the application does.

using namespace erlrc;
using namespace erlrc::test;

namespace {

AppFiles starting(AppFiles files, const std::string& keys, const CodeDigest& start) {
  files.spec = parse_app_spec("{application, egerl, [{vsn, \"" + files.spec.vsn +
                                  "\"}, {modules, [egerl_lib, egerl_srv]}" + keys + "]}.",
                              "egerl.app");
  files.beams.at(lib).start = start;
  return files;
}

std::vector<std::string> remarks(const AppFiles& from, const AppFiles& to) {
  return plan_of(plan_upgrade(up, running(), Disk({from, to}).files(), {})).remarks;
}

const CodeDigest one{{1}, "8.2"}, other{{2}, "8.2"};
const std::string mod = ", {mod, {egerl_lib, []}}";
const std::string when = " at the next start of the application only; an appup can have it called";

}  // namespace

TEST_CASE("what only a start does is named if it differs") {
  const AppFiles from = starting(earlier(), mod, one);
  CHECK(remarks(from, starting(later(), mod, one)).empty());
  CHECK(remarks(from, starting(later(), mod, other)) ==
        std::vector<std::string>{"egerl_lib:start/2 differs: it is called" + when});
  CHECK(
      remarks(from, starting(later(), ", {mod, {egerl_srv, []}}", one)) ==
      std::vector<std::string>{
          "egerl_srv:start/2 is new as the start of the application, or has another argument: it is called" +
          when});
  CHECK(remarks(from, starting(later(), mod + ", {start_phases, [{init, []}, {go, []}]}", one)) ==
        std::vector<std::string>{"new start phases: init, go: they run" + when});
  CHECK(remarks(starting(earlier(), "", one), starting(later(), "", other)).empty());
}

TEST_CASE("a callback module that is new, or gone, is named") {
  CHECK(
      remarks(starting(earlier(), "", one), starting(later(), mod, one)) ==
      std::vector<std::string>{
          "egerl_lib:start/2 is new as the start of the application, or has another argument: it is called" +
          when});
  CHECK(remarks(starting(earlier(), mod, one), starting(later(), "", one)) ==
        std::vector<std::string>{
            "the application is no longer started by a module: its processes run until it is stopped"});
}
