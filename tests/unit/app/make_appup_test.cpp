// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/make_appup.hpp>

#include <string>
#include <vector>

#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "made_files.hpp"
#include "show_term.hpp"

using namespace erlrc;
using erlrc::test::files;
using erlrc::test::Module;
using erlrc::test::module;
using Kind = AppupRemark::Kind;

template <>
struct Catch::StringMaker<AppupRemark> {
  static std::string convert(const AppupRemark& remark) {
    return remark.module.name + " " + describe(remark.kind);
  }
};

namespace {

std::vector<Term> terms(const std::string& text) {
  std::vector<Term> made;
  for (ParsedTerm& each : parse_terms(text, "expected"))
    made.push_back(std::move(each.term));
  return made;
}

std::vector<Term> up(const AppFiles& earlier, const AppFiles& later) {
  return make_script(earlier, later, Direction::up).instructions;
}

std::vector<Term> down(const AppFiles& earlier, const AppFiles& later) {
  return make_script(later, earlier, Direction::down).instructions;
}

Module server(const std::string& name) {
  return module(name).behaving("gen_server").exporting("code_change/3");
}
Module supervisor(const std::string& name) {
  return module(name).behaving("supervisor").exporting("init/1");
}

// An application with everything: its two versions have every difference that an appup can express.
AppFiles earlier_egerl() {
  AppFiles made = files("4.0.1", {module("egerl_app"), supervisor("egerl_sup"), server("egerl_srv"),
                                  module("egerl_lib"), module("egerl_same"), module("egerl_gone")});
  made.spec.mod = StartModule{{"egerl_app"}, list({Atom{"old"}})};
  return made;
}

AppFiles later_egerl() {
  AppFiles made = files(
      "4.1.0", {module("egerl_app").exporting("version_change/2"),
                supervisor("egerl_sup").exporting("sup_upgrade_notify/2").exporting("sup_downgrade_notify/2"),
                module("egerl_new"), server("egerl_srv").calling("egerl_lib:new/0"),
                module("egerl_lib").exporting("new/0"), module("egerl_same")});
  made.spec.mod = StartModule{{"egerl_app"}, list({Atom{"new"}})};
  return made;
}

}  // namespace

TEST_CASE(
    "an upgrade adds modules, changes those that differ with supervisors last, calls the hooks, and "
    "removes") {
  CHECK(up(earlier_egerl(), later_egerl()) == terms(R"(
    {load_module, egerl_new, soft_purge, soft_purge, []}.
    {load_module, egerl_app, soft_purge, soft_purge, []}.
    {load_module, egerl_lib, soft_purge, soft_purge, []}.
    {update, egerl_srv, {advanced, []}, soft_purge, soft_purge, [egerl_lib]}.
    {update, egerl_sup, static, default, {advanced, []}, soft_purge, soft_purge, []}.
    {apply, {egerl_sup, sup_upgrade_notify, ["4.0.1", "4.1.0"]}}.
    {apply, {egerl_app, version_change, ["4.0.1", [new]]}}.
    {remove, {egerl_gone, soft_purge, soft_purge}}.)"));
}

TEST_CASE("a downgrade is the upgrade in reverse order") {
  CHECK(down(earlier_egerl(), later_egerl()) == terms(R"(
    {load_module, egerl_gone, soft_purge, soft_purge, []}.
    {apply, {egerl_app, version_change, [{down, "4.0.1"}, [new]]}}.
    {apply, {egerl_sup, sup_downgrade_notify, ["4.0.1", "4.1.0"]}}.
    {update, egerl_sup, static, default, {advanced, []}, soft_purge, soft_purge, []}.
    {update, egerl_srv, {advanced, []}, soft_purge, soft_purge, [egerl_lib]}.
    {load_module, egerl_lib, soft_purge, soft_purge, []}.
    {load_module, egerl_app, soft_purge, soft_purge, []}.
    {remove, {egerl_new, soft_purge, soft_purge}}.)"));
}

TEST_CASE("versions with the same code need no instruction even if their attributes differ") {
  auto earlier = files("1", {server("a"), supervisor("b").exporting("sup_upgrade_notify/2")});
  auto later = files("2", {server("a").behaving("other"), supervisor("b").exporting("sup_upgrade_notify/2")});
  CHECK(make_script(earlier, later, Direction::up) == MadeScript{});
  CHECK(make_script(later, earlier, Direction::down) == MadeScript{});
}

TEST_CASE("the hook of the start module is called for a new version even if no code changed") {
  auto earlier = files("1", {module("a").exporting("version_change/2")});
  auto later = files("2", {module("a").exporting("version_change/2")});
  later.spec.mod = StartModule{{"a"}, list()};
  CHECK(up(earlier, later) == terms("{apply, {a, version_change, [\"1\", []]}}."));
}

TEST_CASE("the later version alone determines the kind of a module") {
  auto as = [](const Module& earlier, const Module& later) {
    auto script = up(files("1", {earlier}), files("2", {later}));
    CHECK(down(files("1", {earlier}), files("2", {later})) == script);
    return script;
  };
  const auto load = terms("{load_module, m, soft_purge, soft_purge, []}.");
  const auto update = terms("{update, m, {advanced, []}, soft_purge, soft_purge, []}.");
  const auto tree = terms("{update, m, static, default, {advanced, []}, soft_purge, soft_purge, []}.");
  Module before = module("m").differing("before");
  CHECK(as(before, module("m")) == load);
  CHECK(as(before, module("m").exporting("code_change/3")) == update);
  CHECK(as(before, module("m").exporting("code_change/4")) == update);
  CHECK(as(before, module("m").exporting("code_change/2")) == load);
  CHECK(as(before, module("m").exporting("system_code_change/4")) == update);
  CHECK(as(server("m").differing("before"), module("m").behaving("gen_server")) == load);
  CHECK(as(before, module("m").behaving("supervisor")) == tree);
  CHECK(as(before, module("m").behaving("supervisor", "behavior")) == tree);
  CHECK(as(before, module("m").behaving("Elixir.Supervisor")) == tree);
  CHECK(as(before, module("m").behaving("Elixir.DynamicSupervisor")) == tree);
  CHECK(as(before, module("m").behaving("gen_server").behaving("supervisor").exporting("code_change/3")) ==
        tree);
  CHECK(as(before, module("m").behaving("supervisor_bridge")) == load);
}

TEST_CASE("only modules listed in an .app file that have a beam take part") {
  auto earlier = files("1", {module("listed").differing("before"), module("unlisted").differing("before")});
  auto later = files("2", {module("listed"), module("unlisted")});
  earlier.spec.modules = {{"listed"}, {"lost"}, {"lost"}};
  later.spec.modules = {{"listed"}, {"listed"}, {"never"}};
  CHECK(make_script(earlier, later, Direction::up) ==
        MadeScript{terms("{load_module, listed, soft_purge, soft_purge, []}."),
                   {{{"lost"}, Kind::beam_missing}, {{"never"}, Kind::beam_missing}}});
}

TEST_CASE("a remark reports a changed module that keeps a state and cannot convert it") {
  auto behaviour =
      GENERATE("gen_server", "gen_statem", "gen_event", "gen_fsm", "supervisor_bridge", "Elixir.GenServer");
  auto earlier = files("1", {module("m").behaving(behaviour).differing("before")});
  std::vector<AppupRemark> remarked{{{"m"}, Kind::no_code_change}};
  CHECK(make_script(earlier, files("2", {module("m").behaving(behaviour)}), Direction::up).remarks ==
        remarked);
  // Its processes may have a state though the module has none of these behaviours any longer.
  CHECK(make_script(earlier, files("2", {module("m")}), Direction::up).remarks == remarked);
  CHECK(make_script(files("2", {module("m")}), earlier, Direction::down).remarks == remarked);
  auto converting = files("2", {module("m").behaving(behaviour).exporting("code_change/3")});
  CHECK(make_script(earlier, converting, Direction::up).remarks.empty());
  CHECK(make_script(earlier, earlier, Direction::up).remarks.empty());
}

TEST_CASE("states are not converted while -vsn and records stay") {
  const auto version = [](const std::string& vsn, const std::string& code, Shapes shapes = {}) {
    return files(code,
                 {module("m").exporting("code_change/3").versioned(vsn, std::move(shapes)).differing(code)});
  };
  Shapes one, other;
  one.records[Atom{"state"}] = RecordUse{{2}, {2}, {2}};
  other.records[Atom{"state"}] = RecordUse{{3}, {3}, {3}};
  const auto same = terms("{update, m, soft, soft_purge, soft_purge, []}.");
  const auto converted = terms("{update, m, {advanced, []}, soft_purge, soft_purge, []}.");
  CHECK(up(version("1", "a"), version("1", "b")) == same);
  CHECK(down(version("1", "a"), version("1", "b")) == same);
  CHECK(up(version("1", "a"), version("2", "b")) == converted);
  CHECK(up(version("1", "a", one), version("1", "b", other)) == converted);
}

TEST_CASE("states are converted by another code_change even if -vsn and records stay") {
  const auto version = [](const std::string& code, std::optional<CodeDigest> conversion,
                          bool passes_on = false) {
    Module made = module("m").exporting("code_change/3").versioned("1", {{}, {}, passes_on}).differing(code);
    made.beam.conversion = std::move(conversion);
    return files(code, {made});
  };
  const auto same = terms("{update, m, soft, soft_purge, soft_purge, []}.");
  const auto converted = terms("{update, m, {advanced, []}, soft_purge, soft_purge, []}.");
  const CodeDigest one{{1}, "8.2"}, other{{2}, "8.2"}, by_another_compiler{{2}, "8.5"};
  CHECK(up(version("a", one), version("b", one)) == same);
  CHECK(up(version("a", one), version("b", other)) == converted);
  CHECK(down(version("a", one), version("b", other)) == converted);
  // Nothing is known of it, or it had none.
  CHECK(up(version("a", std::nullopt), version("b", one)) == same);
  const auto without = files("a", {module("m").exporting("init/1").versioned("1", {}).differing("a")});
  CHECK(up(without, version("b", one)) == converted);
  CHECK(up(version("a", one), version("b", other, true)) == same);
  CHECK(up(version("a", one), version("b", by_another_compiler)) == same);
  // Stripped files do not show which compiler it was.
  const CodeDigest stripped{{1}, ""}, other_stripped{{2}, ""};
  CHECK(up(version("a", stripped), version("b", other_stripped)) == same);
  const auto remarks = [](const AppFiles& from, const AppFiles& to) {
    return make_script(from, to, Direction::up).remarks;
  };
  // What it calls in another module has changed.
  const auto calling = [&](const std::string& code, const std::string& helper) {
    AppFiles made = version(code, CodeDigest{{1}, "8.2", {Atom{"helper"}, Atom{"lists"}}});
    made.beams[Atom{"helper"}] = module("helper").differing(helper).beam;
    made.spec.modules.push_back(Atom{"helper"});
    return made;
  };
  const auto converts = [&](const std::string& helper) {
    const auto made = up(calling("a", "one"), calling("b", helper));
    return std::ranges::find(made, converted.front()) != made.end();
  };
  CHECK(!converts("one"));
  CHECK(converts("other"));
  const std::vector<AppupRemark> unknown{{{"m"}, Kind::conversion_unknown}};
  CHECK(remarks(version("a", one), version("b", one)).empty());
  CHECK(remarks(version("a", one), version("b", other)).empty());
  CHECK(remarks(version("a", one), version("b", other, true)).empty());
  CHECK(remarks(version("a", std::nullopt), version("b", one)) == unknown);
  CHECK(remarks(version("a", one), version("b", std::nullopt)) == unknown);
  CHECK(remarks(version("a", one), version("b", by_another_compiler)) == unknown);
  CHECK(remarks(version("a", stripped), version("b", other_stripped)) == unknown);
}

TEST_CASE("a remark reports a special process without system_code_change") {
  auto earlier = files("1", {module("m").exporting("system_continue/3").differing("before")});
  auto later = files("2", {module("m").exporting("system_continue/3")});
  CHECK(make_script(earlier, later, Direction::up).remarks ==
        std::vector<AppupRemark>{{{"m"}, Kind::no_code_change}});
}

TEST_CASE("a remark reports a module with NIFs that is loaded again") {
  auto plain = files("1", {module("m").differing("before")});
  auto lost = files("2", {module("m").nif(false)});
  auto replaced = files("2", {module("m").nif(true)});
  auto remarks = [](const AppFiles& from, const AppFiles& to, Direction direction) {
    return make_script(from, to, direction).remarks;
  };
  CHECK(remarks(plain, lost, Direction::up) == std::vector<AppupRemark>{{{"m"}, Kind::nif_lost}});
  CHECK(remarks(plain, replaced, Direction::up) == std::vector<AppupRemark>{{{"m"}, Kind::nif_replaced}});
  CHECK(remarks(replaced, plain, Direction::down).empty());
  CHECK(remarks(lost, lost, Direction::up).empty());
  CHECK(remarks(files("1", {}), lost, Direction::up).empty());
}

TEST_CASE("a module whose code stays is loaded again for a NIF library that differs") {
  const auto version = [](const std::string& vsn, const std::string& library) {
    AppFiles made = files(vsn, {module("late").nif(false), module("m").nif(true), module("plain")});
    made.libraries = {{"m.so", md5(library)}};
    return made;
  };
  const auto script = [](const AppFiles& from, const AppFiles& to) {
    return print_term(list(make_script(from, to, Direction::up).instructions));
  };
  CHECK(script(version("1", "one"), version("2", "one")) == "[]");
  const std::string again = "[{load_module,m,soft_purge,soft_purge,[]}]";
  CHECK(script(version("1", "one"), version("2", "two")) == again);
  AppFiles unknown = version("1", "one");
  unknown.libraries.reset();
  CHECK(script(unknown, version("2", "one")) == again);
  CHECK(make_script(version("1", "one"), version("2", "two"), Direction::up).remarks.empty());
}

TEST_CASE("a remark reports a module that the .app file does not list") {
  auto later = files("2", {module("m"), module("n")});
  later.unlisted = {Atom{"n"}};
  CHECK(make_script(files("1", {module("m")}), later, Direction::up).remarks ==
        std::vector<AppupRemark>{{{"n"}, Kind::not_listed}});
}

TEST_CASE("the text of a remark is a predicate of its module") {
  CHECK(describe(Kind::no_code_change) == "keeps a state, changed, and has no code_change");
  CHECK(describe(Kind::nif_replaced) == "has NIFs and changed: its library must support an upgrade");
  CHECK(describe(Kind::nif_lost) == "has NIFs, changed, and has no on_load: it loses its NIFs");
  CHECK(describe(Kind::beam_missing) == "is listed in the .app file and has no .beam file");
  CHECK(describe(Kind::not_listed) == "has a .beam file and is not listed in the .app file");
}

TEST_CASE("dependencies go both ways between a supervisor and the others") {
  auto earlier = files("1", {supervisor("a_sup"), server("b_srv")});
  auto later = files("2", {supervisor("a_sup").exporting("start_child/1").calling("b_srv:new/0"),
                           server("b_srv").calling("a_sup:start_child/1").exporting("new/0")});
  CHECK(up(earlier, later) == terms(R"(
    {update, b_srv, {advanced, []}, soft_purge, soft_purge, [a_sup]}.
    {update, a_sup, static, default, {advanced, []}, soft_purge, soft_purge, [b_srv]}.)"));
}

TEST_CASE("an appup of the later version has entries for both directions") {
  auto earlier = files("1", {module("m").differing("before")});
  auto later = files("2", {module("m")});
  auto instructions = terms("{load_module, m, soft_purge, soft_purge, []}.");
  CHECK(make_appup(earlier, later) ==
        Appup{"2", {{{"1", false}, instructions}}, {{{"1", false}, instructions}}});
}

TEST_CASE("the appup of 2008 changes every module in the order of the .app file, without time limits") {
  Appup appup = make_appup_of_2008(earlier_egerl(), later_egerl());
  CHECK(to_term(appup) == parse_term(R"({"4.1.0",
    [{"4.0.1",
      [{add_module, egerl_new},
       {load_module, egerl_app},
       {update, egerl_sup, supervisor},
       {apply, {egerl_sup, sup_upgrade_notify, ["4.0.1", "4.1.0"]}},
       {update, egerl_srv, infinity, {advanced, []}, brutal_purge, brutal_purge, []},
       {load_module, egerl_lib},
       {load_module, egerl_same},
       {apply, {egerl_app, version_change, ["4.0.1", [new]]}},
       {delete_module, egerl_gone}]}],
    [{"4.0.1",
      [{add_module, egerl_gone},
       {apply, {egerl_app, version_change, [{down, "4.0.1"}, [new]]}},
       {load_module, egerl_same},
       {load_module, egerl_lib},
       {update, egerl_srv, infinity, {advanced, []}, brutal_purge, brutal_purge, []},
       {apply, {egerl_sup, sup_downgrade_notify, ["4.0.1", "4.1.0"]}},
       {update, egerl_sup, supervisor},
       {load_module, egerl_app},
       {delete_module, egerl_new}]}]})"));
}

TEST_CASE("the erlrc of 2008 knew neither Elixir nor gen_statem") {
  auto both = files(
      "1", {module("a").behaving("Elixir.Supervisor"), module("b").exporting("code_change/4"),
            module("c").exporting("system_code_change/4"), module("d").behaving("supervisor", "behavior")});
  CHECK(make_appup_of_2008(both, both).up.front().instructions ==
        terms("{load_module, a}. {load_module, b}. {load_module, c}. {update, d, supervisor}."));
}

TEST_CASE("an appup is printed as a file that can be read back") {
  Appup appup = make_appup(earlier_egerl(), later_egerl());
  std::string text = render_appup(appup);
  CHECK(text.ends_with("}.\n"));
  CHECK(parse_appup(text, "egerl.appup", "4.1.0") == appup);
}
