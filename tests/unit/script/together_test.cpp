// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/translate.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include <cstdint>
#include <set>

#include "catch.hpp"
#include "generated_scripts.hpp"
#include "systools.hpp"

using namespace erlrc;

namespace {

test::ScriptCase scripted(Direction direction, const char* script) {
  auto of = test::written_cases().front();  // only its applications are used
  of.direction = direction;
  of.script = *as_list(parse_term(script));
  return of;
}

// A short form of the script: l(a) is a load, r(a) a removal with its purge.
std::string together(Direction direction, const char* script) {
  const auto translation = test::translate_terms(scripted(direction, script), Grouping::together);
  if (translation.error) return *translation.error;
  std::string text;
  bool removes = false;
  for (const Term& instruction : translation.script) {
    if (removes) {  // the purge that belongs to it
      removes = false;
      CHECK(as_tagged(instruction, "purge", 2) != nullptr);
      continue;
    }
    if (!text.empty()) text += ' ';
    const auto* load = as_tagged(instruction, "load", 2);
    const auto* removal = as_tagged(instruction, "remove", 2);
    if (load != nullptr)
      text += "l(" + print_term((*as_tuple((*load)[1]))[0]) + ")";
    else if (removal != nullptr)
      text += "r(" + print_term((*as_tuple((*removal)[1]))[0]) + ")";
    else
      text += print_term(instruction);
    removes = removal != nullptr;
  }
  return text;
}

bool falls_back(Direction direction, const char* script) {
  const auto of = scripted(direction, script);
  const auto as_otp = test::translate_terms(of);
  REQUIRE(!as_otp.error);
  return test::translate_terms(of, Grouping::together).script == as_otp.script;
}

// The effects of a script without their order: each module, process group and call.
std::multiset<std::string> effects(const std::vector<Term>& script) {
  std::multiset<std::string> found;
  for (const Term& instruction : script) {
    const auto* elements = as_tuple(instruction);
    const auto* items = elements == nullptr ? nullptr : as_list(elements->back());
    if (is_atom(instruction, "point_of_no_return") || as_tagged(instruction, "load_object_code", 2)) continue;
    if (items == nullptr)
      found.insert(print_term(instruction));
    else
      for (const Term& item : *items)
        found.insert(print_term((*elements)[0]) + " " + print_term(item));
  }
  return found;
}

}  // namespace

TEST_CASE("together: has exactly the effects of the order of systools_rc") {
  std::vector<test::ScriptCase> cases = test::written_cases();
  for (std::uint32_t seed = 1; seed <= 400; ++seed)
    cases.push_back(test::generated_case(seed));
  int switched = 0;
  for (const test::ScriptCase& of : cases) {
    const auto as_otp = test::translate_terms(of);
    const auto together = test::translate_terms(of, Grouping::together);
    INFO(of.name << " " << print_term(list(of.script)));
    CHECK(together.error == as_otp.error);
    CHECK(effects(together.script) == effects(as_otp.script));
    if (together.script != as_otp.script) ++switched;
  }
  CHECK(switched > 50);
}

TEST_CASE("together, up: all are suspended, loaded, converted and resumed at once") {
  CHECK(together(Direction::up,
                 "[{add_module,new},{update,sup,supervisor},{apply,{sup,sup_upgrade_notify,[\"1\",\"2\"]}},"
                 "{update,a,5000,{advanced,[]},soft_purge,soft_purge,[]},{load_module,b},"
                 "{update,c,{advanced,x}},{apply,{app,version_change,[\"1\",[]]}},{delete_module,gone}]") ==
        "{load_object_code,{app,\"2.0\",[new,sup,a,b,c]}} point_of_no_return "
        "{suspend,[c,{a,5000},sup]} l(new) l(sup) l(a) l(b) l(c) "
        "{code_change,up,[{sup,[]}]} {code_change,up,[{c,x},{a,[]}]} {resume,[sup,a,c]} "
        "{apply,{sup,sup_upgrade_notify,[\"1\",\"2\"]}} {apply,{app,version_change,[\"1\",[]]}} r(gone)");
}

TEST_CASE("together, down: dynamic processes are converted by the old code, static ones by the new code") {
  CHECK(
      together(
          Direction::down,
          "[{add_module,new},{apply,{app,version_change,[{down,\"1\"},[]]}},{update,c,{advanced,x}},"
          "{load_module,b},{update,a,5000,{advanced,[]},soft_purge,soft_purge,[]},"
          "{apply,{sup,sup_downgrade_notify,[\"2\",\"1\"]}},{update,sup,supervisor},{delete_module,gone}]") ==
      "{load_object_code,{app,\"2.0\",[new,c,b,a,sup]}} point_of_no_return l(new) "
      "{apply,{app,version_change,[{down,\"1\"},[]]}} {apply,{sup,sup_downgrade_notify,[\"2\",\"1\"]}} "
      "{suspend,[c,{a,5000},sup]} {code_change,down,[{c,x},{a,[]}]} l(c) l(b) l(a) l(sup) "
      "{code_change,down,[{sup,[]}]} {resume,[sup,a,c]} r(gone)");
}

TEST_CASE("together: purges are not changed") {
  const auto translation = test::translate_terms(
      scripted(Direction::up,
               "[{load_module,a,soft_purge,brutal_purge,[]},{update,b,soft,brutal_purge,soft_purge,[]}]"),
      Grouping::together);
  CHECK(print_term(list(translation.script)) ==
        "[{load_object_code,{app,\"2.0\",[a,b]}},point_of_no_return,{suspend,[b]},"
        "{load,{a,soft_purge,brutal_purge}},{load,{b,brutal_purge,soft_purge}},{resume,[b]}]");
}

TEST_CASE("together: a removal is a remove and a purge, both of them brutal") {
  const auto translation = test::translate_terms(
      scripted(Direction::up, "[{load_module,a},{delete_module,gone}]"), Grouping::together);
  CHECK(print_term(list(translation.script)) ==
        "[{load_object_code,{app,\"2.0\",[a]}},point_of_no_return,{load,{a,brutal_purge,brutal_purge}},"
        "{remove,{gone,brutal_purge,brutal_purge}},{purge,[gone]}]");
}

TEST_CASE("together: without processes nothing is suspended") {
  CHECK(together(Direction::up, "[{load_module,a},{load_module,b}]") ==
        "{load_object_code,{app,\"2.0\",[a,b]}} point_of_no_return l(a) l(b)");
}

TEST_CASE("together: processes without conversion are only suspended") {
  CHECK(together(Direction::down, "[{update,a},{update,b,soft}]") ==
        "{load_object_code,{app,\"2.0\",[a,b]}} point_of_no_return {suspend,[a,b]} l(a) l(b) {resume,[b,a]}");
}

TEST_CASE("together, up: a module is loaded after those it depends on and suspended before them") {
  CHECK(together(Direction::up,
                 "[{update,a,[b]},{load_module,e},{update,b,[c]},{update,c},{load_module,d,[a]}]") ==
        "{load_object_code,{app,\"2.0\",[e,c,b,a,d]}} point_of_no_return {suspend,[a,b,c]} "
        "l(e) l(c) l(b) l(a) l(d) {resume,[c,b,a]}");
}

TEST_CASE("together, down: a module is loaded before those it depends on and suspended before them") {
  CHECK(together(Direction::down,
                 "[{update,c},{load_module,e},{update,b,[c]},{update,a,[b]},{load_module,d,[a]}]") ==
        "{load_object_code,{app,\"2.0\",[e,d,a,b,c]}} point_of_no_return {suspend,[a,b,c]} "
        "l(e) l(d) l(a) l(b) l(c) {resume,[c,b,a]}");
}

TEST_CASE("together: a cycle keeps the order of the script") {
  CHECK(together(Direction::up, "[{load_module,b,[a]},{load_module,a,[b]}]") ==
        "{load_object_code,{app,\"2.0\",[b,a]}} point_of_no_return l(b) l(a)");
}

TEST_CASE("together: added modules come first, in an upgrade after those they depend on") {
  CHECK(together(Direction::up, "[{load_module,a},{add_module,new},{load_module,b}]") ==
        "{load_object_code,{app,\"2.0\",[new,a,b]}} point_of_no_return l(new) l(a) l(b)");
  CHECK(together(Direction::up, "[{load_module,a},{add_module,new,[b]},{load_module,b}]") ==
        "{load_object_code,{app,\"2.0\",[a,b,new]}} point_of_no_return l(a) l(b) l(new)");
  CHECK(together(Direction::down, "[{load_module,a,[new]},{add_module,new,[b]},{load_module,b}]") ==
        "{load_object_code,{app,\"2.0\",[new,a,b]}} point_of_no_return l(new) l(a) l(b)");
}

TEST_CASE("together: a call before all updates stays there, and so do added modules before it") {
  CHECK(together(Direction::up, "[{add_module,new},{apply,{m,f,[]}},{update,a}]") ==
        "{load_object_code,{app,\"2.0\",[new,a]}} point_of_no_return l(new) {apply,{m,f,[]}} "
        "{suspend,[a]} l(a) {resume,[a]}");
  CHECK(together(Direction::up, "[{apply,{m,f,[]}},{add_module,new},{update,a}]") ==
        "{load_object_code,{app,\"2.0\",[new,a]}} point_of_no_return {apply,{m,f,[]}} "
        "{suspend,[a]} l(new) l(a) {resume,[a]}");
}

TEST_CASE("together: a call after all updates stays there") {
  CHECK(together(Direction::down, "[{update,a},{delete_module,gone},{apply,{m,f,[]}}]") ==
        "{load_object_code,{app,\"2.0\",[a]}} point_of_no_return {suspend,[a]} l(a) {resume,[a]} r(gone) "
        "{apply,{m,f,[]}}");
}

TEST_CASE("together: a call between updates comes after the switch up, before it down") {
  CHECK(together(Direction::up, "[{update,a},{apply,{m,f,[]}},{update,b}]") ==
        "{load_object_code,{app,\"2.0\",[a,b]}} point_of_no_return {suspend,[b,a]} l(a) l(b) {resume,[a,b]} "
        "{apply,{m,f,[]}}");
  CHECK(
      together(Direction::down, "[{update,a},{apply,{m,f,[]}},{update,b}]") ==
      "{load_object_code,{app,\"2.0\",[a,b]}} point_of_no_return {apply,{m,f,[]}} {suspend,[a,b]} l(a) l(b) "
      "{resume,[b,a]}");
}

TEST_CASE("together: a load of a module that did not exist before adds the module") {
  CHECK(together(Direction::down,
                 "[{load_module,new,soft_purge,soft_purge,[]},{apply,{m,f,[]}},{update,a},"
                 "{apply,{m,g,[]}},{update,b}]") ==
        "{load_object_code,{app,\"2.0\",[new,a,b]}} point_of_no_return l(new) {apply,{m,f,[]}} "
        "{apply,{m,g,[]}} "
        "{suspend,[a,b]} l(a) l(b) {resume,[b,a]}");
  CHECK(together(Direction::up, "[{load_module,new},{apply,{m,f,[]}},{update,a}]") ==
        "{load_object_code,{app,\"2.0\",[new,a]}} point_of_no_return l(new) {apply,{m,f,[]}} {suspend,[a]} "
        "l(a) "
        "{resume,[a]}");
  CHECK(falls_back(Direction::up, "[{load_module,new},{apply,{m,f,[]}}]"));
}

TEST_CASE("together: a low-level removal comes after the switch, without its own purge") {
  const auto translation =
      test::translate_terms(scripted(Direction::up,
                                     "[{load_module,a},{remove,{gone,soft_purge,soft_purge}},"
                                     "{load_module,b}]"),
                            Grouping::together);
  CHECK(print_term(list(translation.script)) ==
        "[{load_object_code,{app,\"2.0\",[a,b]}},point_of_no_return,{load,{a,brutal_purge,brutal_purge}},"
        "{load,{b,brutal_purge,brutal_purge}},{remove,{gone,soft_purge,soft_purge}}]");
}

TEST_CASE("together: a script that needs the order of its author gets that of systools_rc") {
  const char* script = GENERATE(
      "[{update,a},{update,b},restart_emulator]", "[restart_new_emulator,{update,a},{update,b}]",
      "[{update,a},{add_application,added},{update,b}]",
      "[{update,a},{remove_application,removed},{update,b}]",
      "[{update,a},{restart_application,other},{update,b}]", "[{update,a},{update,b},{purge,[c]}]",
      "[{remove,{a,soft_purge,soft_purge}},{update,b},{load_module,a}]",
      "[{remove,{c,soft_purge,soft_purge}},{apply,{m,f,[]}},{update,a},{update,b}]",
      "[{update,a},{update,b},{suspend,[c]},{resume,[c]}]", "[{update,a},{update,b},{stop,[c]},{start,[c]}]",
      "[{update,a},{update,b},{sync_nodes,id,[]}]", "[{update,a},{update,b},{code_change,up,[]}]",
      "[{apply,{m,f,[]}},point_of_no_return,{update,a},{update,b}]",
      "[{load_object_code,{app,\"2.0\",[c]}},{update,a},{update,b},{load,{c,soft_purge,soft_purge}}]",
      "[{delete_module,gone},{apply,{m,f,[]}},{update,a},{update,b}]", "[{add_module,new},{apply,{m,f,[]}}]",
      "[]");
  INFO(script);
  CHECK(falls_back(Direction::up, script));
  CHECK(falls_back(Direction::down, script));
}

TEST_CASE(
    "together, up: a new module that a call needs and that needs a changed one is left to systools_rc's "
    "order") {
  CHECK(falls_back(Direction::up, "[{add_module,new,[b]},{apply,{m,f,[]}},{update,a},{update,b}]"));
  CHECK_FALSE(falls_back(Direction::up, "[{add_module,new},{apply,{m,f,[]}},{update,a},{update,b}]"));
}

TEST_CASE("together: errors are the same as with the other grouping") {
  const char* script = GENERATE("[{update,a},{load_module,a}]", "[{update,a,[b]}]", "[{update,stranger}]",
                                "[{update,a},{delete_module,a}]");
  INFO(script);
  for (const Direction direction : {Direction::up, Direction::down}) {
    const auto of = scripted(direction, script);
    const auto error = test::translate_terms(of, Grouping::together).error;
    CHECK(error.has_value());
    CHECK(error == test::translate_terms(of).error);
  }
}
