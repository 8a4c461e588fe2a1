// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "escript.hpp"
#include "show_term.hpp"
#include "temp_dir.hpp"

// Tests that the release_handler of the erl in PATH executes an appup that we have generated, and finds the
// entry for a version as we do.

using namespace erlrc;
using namespace erlrc::test;
namespace fs = std::filesystem;

namespace {

AppFiles load(const fs::path& ebin) {
  AppFiles files;
  files.spec = parse_app_spec(read_file(ebin / "egerl.app"), "egerl.app");
  for (const Atom& module : files.spec.modules) {
    std::string file = (ebin / (module.name + ".beam")).string();
    files.beams.emplace(module, parse_beam(read_file(file), file));
  }
  return files;
}

const char* const kSeen = R"(
  [{started, [{srv, {old, 1}}, {fsm, {one, data}}, {event, state}, {proc, state}, {bare, {1, state}}, {new, noproc},
              {children, [egerl_bare, egerl_event, egerl_fsm, egerl_proc, egerl_srv]}, {old_code, []}, {gone, true},
              {version_change, never}, {vsn, "1"}]},
   {{ok, []}, [{srv, {new, 2}}, {fsm, {two, {data, 2}}}, {event, {state, 2}}, {proc, {state, 2}}, {bare, {2, state}},
               {new, new},
               {children, [egerl_bare, egerl_event, egerl_fsm, egerl_new, egerl_proc, egerl_srv]}, {old_code, []},
               {gone, false}, {version_change, {"1", []}}, {vsn, "2"}]},
   {{ok, []}, [{srv, {old, 3}}, {fsm, {one, data}}, {event, state}, {proc, state}, {bare, {1, state}}, {new, noproc},
               {children, [egerl_bare, egerl_event, egerl_fsm, egerl_proc, egerl_srv]}, {old_code, []}, {gone, true},
               {version_change, {{down, "1"}, []}}, {vsn, "1"}]}])";

}  // namespace

TEST_CASE("release_handler executes a generated appup in both directions, and no process is lost") {
  TempDir directory;
  run_escript("tests/live/app.escript", {"build", in_source("tests/live/egerl"), directory.path()});
  fs::path later = directory / "egerl-2" / "ebin";
  std::ofstream(later / "egerl.appup")
      << render_appup(make_appup(load(directory / "egerl-1" / "ebin"), load(later)));
  CHECK(answer_of("tests/live/app.escript", {"upgrade", directory.path(), directory / "out"}) ==
        parse_term(kSeen));
}

TEST_CASE("a version in an appup matches as in release_handler") {
  std::vector<VsnPattern> patterns{{"2.0", false}, {"git", false}, {"0.8.2+dfsg", false}, {"1\\..*", false}};
  for (const char* regex : {"2\\.0",
                            "2.0",
                            "^10\\.[0-9]+$",
                            "^8\\.5(?:\\.[0-9]+)*$",
                            "8",
                            "8|8\\.5.*",
                            "8\\.5.*|8",
                            "",
                            ".",
                            ".*",
                            ".*?",
                            "g.t",
                            "0\\.8\\.2\\+dfsg",
                            "0.8.2+dfsg",
                            "24\\.12-3~bpo12\\+1",
                            "\\d+\\.\\d+",
                            "[0-9.]+",
                            "[a-z]+",
                            "(?i)GIT",
                            "1$",
                            "(?m)^1$",
                            "\\A2\\.0\\z",
                            "(2)\\.(0)",
                            "2\\.(?=0)",
                            "(?<=2)\\.0",
                            "\\p{L}+",
                            "\xc3\xbc",
                            "2\\.0\\Q.1\\E",
                            "(2|2\\.0)"})
    patterns.push_back({regex, true});
  const std::vector<std::string> vsns{
      "2.0", "2x0", "2.0.1", "12.0",       "10.12",           "8.5",      "8.5.1.2", "8.6", "8", "1",
      "1\n", "git", "GIT",   "0.8.2+dfsg", "24.12-3~bpo12+1", "\xc3\xbc", ""};
  std::vector<Term> asked, ours;
  for (const VsnPattern& pattern : patterns) {
    std::vector<Term> versions, meant;
    for (const std::string& vsn : vsns) {
      versions.push_back(string(vsn));
      meant.push_back(boolean(matches(pattern, vsn)));
    }
    asked.push_back(tuple(to_term(pattern), list(versions)));
    ours.push_back(list(meant));
  }
  TempDir directory;
  std::ofstream(directory / "asked") << print_term(list(asked)) << ".\n";
  const Term answer = answer_of("tests/live/app.escript", {"match", directory / "asked", directory / "out"});
  for (std::size_t i = 0; i < patterns.size(); ++i)
    if (as_list(answer)->at(i) != ours[i])
      FAIL_CHECK(print_term(to_term(patterns[i]))
                 << " is to OTP " << print_term(as_list(answer)->at(i)) << ", to us " << print_term(ours[i]));
}
