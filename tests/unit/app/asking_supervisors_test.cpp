// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/asking_supervisors.hpp>
#include <erlrc/app/make_appup.hpp>

#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "made_files.hpp"
#include "show_term.hpp"

using namespace erlrc;
using erlrc::test::files;
using erlrc::test::Module;
using erlrc::test::module;

namespace {

/// A supervisor whose init/1 calls functions of these modules.
Module supervisor(const std::string& name, const std::vector<std::string>& asked) {
  Module made = module(name).behaving("supervisor").exporting("init/1");
  made.beam.init = SupervisorInit{};
  for (const std::string& other : asked)
    made.beam.init->asks.push_back(Atom{other});
  return made;
}

using Found = std::vector<Atom>;
const Found sup{Atom{"sup"}};

}  // namespace

TEST_CASE("a supervisor that stays the same asks what its init/1 calls, directly or through others") {
  const Module names = module("names"), other_names = module("names").differing("2");
  const Module between = module("between").calling("names:all/0");
  CHECK(asking_supervisors(files("1", {supervisor("sup", {"names"}), names}),
                           files("2", {supervisor("sup", {"names"}), other_names})) == sup);
  CHECK(asking_supervisors(files("1", {supervisor("sup", {"between"}), between, names}),
                           files("2", {supervisor("sup", {"between"}), between, other_names})) == sup);
  CHECK(asking_supervisors(files("1", {supervisor("sup", {"lists"}), names}),
                           files("2", {supervisor("sup", {"lists"}), other_names})) == Found{});
  CHECK(asking_supervisors(files("1", {supervisor("sup", {"names"}), names}),
                           files("2", {supervisor("sup", {"names"}).differing("2"), other_names})) ==
        Found{});
}

TEST_CASE("a supervisor asks the environment if that differs") {
  AppFiles from = files("1", {supervisor("sup", {"application"})});
  AppFiles to = files("2", {supervisor("sup", {"application"})});
  CHECK(asking_supervisors(from, to) == Found{});
  to.spec.env.emplace_back(Atom{"workers"}, 3);
  CHECK(asking_supervisors(from, to) == sup);
  CHECK(asking_supervisors(to, from) == sup);
}

TEST_CASE("the hooks of a supervisor that asks are called in a generated appup") {
  const Module asks =
      supervisor("sup", {"names"}).exporting("sup_upgrade_notify/2").exporting("sup_downgrade_notify/2");
  const AppFiles from = files("1", {asks, module("names")});
  const AppFiles to = files("2", {asks, module("names").differing("2")});
  const auto last = [](const MadeScript& script) { return print_term(script.instructions.back()); };
  const auto first = [](const MadeScript& script) { return print_term(script.instructions.front()); };
  CHECK(last(make_script(from, to, Direction::up)) == R"({apply,{sup,sup_upgrade_notify,["1","2"]}})");
  CHECK(first(make_script(to, from, Direction::down)) == R"({apply,{sup,sup_downgrade_notify,["1","2"]}})");
}
