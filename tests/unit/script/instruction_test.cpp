// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/instruction.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include <utility>

#include "catch.hpp"

using namespace erlrc;

namespace {

const Atom a{"a"};
const Atom b{"b"};
const Atom c{"c"};
constexpr auto kSoft = Purge::soft;
constexpr auto kBrutal = Purge::brutal;

Instruction parsed(const char* text) {
  return parse_instruction(parse_term(text));
}

std::string refused(const char* text) {
  try {
    (void)parsed(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TimeLimit milliseconds(std::int64_t value) {
  return {TimeLimit::Kind::finite, value};
}
constexpr TimeLimit kInfinity{TimeLimit::Kind::infinity, 0};

}  // namespace

TEST_CASE("every form of a high-level instruction is parsed") {
  const Term advanced = parse_term("[x,{y,1}]");
  const auto& [text, expected] = GENERATE_COPY(values<std::pair<const char*, Instruction>>({
      {"{update,a}", Update{.module = a}},
      {"{update,a,supervisor}",
       Update{.module = a, .mod_type = Update::ModType::static_, .extra = list(), .supervisor = true}},
      {"{update,a,soft}", Update{.module = a}},
      {"{update,a,{advanced,[x,{y,1}]}}", Update{.module = a, .extra = advanced}},
      {"{update,a,[b,c]}", Update{.module = a, .depends_on = {b, c}}},
      {"{update,a,[]}", Update{.module = a}},
      {"{update,a,soft,[b]}", Update{.module = a, .depends_on = {b}}},
      {"{update,a,{advanced,[x,{y,1}]},[b]}", Update{.module = a, .extra = advanced, .depends_on = {b}}},
      {"{update,a,soft,soft_purge,brutal_purge,[b]}",
       Update{.module = a, .pre_purge = kSoft, .post_purge = kBrutal, .depends_on = {b}}},
      {"{update,a,500,{advanced,[x,{y,1}]},brutal_purge,soft_purge,[]}",
       Update{.module = a, .limit = milliseconds(500), .extra = advanced, .post_purge = kSoft}},
      {"{update,a,4294967295,soft,brutal_purge,brutal_purge,[]}",
       Update{.module = a, .limit = milliseconds(4294967295)}},
      {"{update,a,default,soft,brutal_purge,brutal_purge,[]}", Update{.module = a}},
      {"{update,a,static,infinity,soft,soft_purge,soft_purge,[b]}",
       Update{.module = a,
              .mod_type = Update::ModType::static_,
              .limit = kInfinity,
              .pre_purge = kSoft,
              .post_purge = kSoft,
              .depends_on = {b}}},
      {"{update,a,dynamic,1,{advanced,[x,{y,1}]},brutal_purge,brutal_purge,[]}",
       Update{.module = a, .limit = milliseconds(1), .extra = advanced}},
      {"{load_module,a}", LoadModule{.module = a}},
      {"{load_module,a,[b,c]}", LoadModule{.module = a, .depends_on = {b, c}}},
      {"{load_module,a,soft_purge,brutal_purge,[b]}",
       LoadModule{.module = a, .pre_purge = kSoft, .post_purge = kBrutal, .depends_on = {b}}},
      {"{load_module,a,brutal_purge,soft_purge,[]}", LoadModule{.module = a, .post_purge = kSoft}},
      {"{add_module,a}", AddModule{.module = a}},
      {"{add_module,a,[b]}", AddModule{.module = a, .depends_on = {b}}},
      {"{delete_module,a}", DeleteModule{.module = a}},
      {"{delete_module,a,[b]}", DeleteModule{.module = a, .depends_on = {b}}},
      {"{add_application,a}", AddApplication{a, Atom{"permanent"}}},
      {"{add_application,a,permanent}", AddApplication{a, Atom{"permanent"}}},
      {"{add_application,a,transient}", AddApplication{a, Atom{"transient"}}},
      {"{add_application,a,temporary}", AddApplication{a, Atom{"temporary"}}},
      {"{add_application,a,load}", AddApplication{a, Atom{"load"}}},
      {"{add_application,a,none}", AddApplication{a, Atom{"none"}}},
      {"{remove_application,a}", RemoveApplication{a}},
      {"{restart_application,a}", RestartApplication{a}},
  }));
  INFO(text);
  CHECK((parsed(text) == expected));
}

TEST_CASE("every form of a low-level instruction is parsed and converted back to the same term") {
  const auto& [text, expected] = GENERATE_COPY(values<std::pair<const char*, LowLevel>>({
      {"{load_object_code,{a,\"1.0\",[b,c]}}", LoadObjectCode{a, "1.0", {b, c}}},
      {"point_of_no_return", PointOfNoReturn{}},
      {"{load,{a,soft_purge,brutal_purge}}", Load{a, kSoft, kBrutal}},
      {"{load,{a,brutal_purge,soft_purge}}", Load{a, kBrutal, kSoft}},
      {"{remove,{a,soft_purge,brutal_purge}}", Remove{a, kSoft, kBrutal}},
      {"{purge,[a,b]}", PurgeModules{{a, b}}},
      {"{purge,[]}", PurgeModules{}},
      {"{suspend,[a,{b,100},{c,infinity}]}", Suspend{{{a, {}}, {b, milliseconds(100)}, {c, kInfinity}}}},
      {"{code_change,up,[{a,[]},{b,\"x\"}]}", CodeChange{Direction::up, {{a, list()}, {b, string("x")}}}},
      {"{code_change,down,[{a,1}]}", CodeChange{Direction::down, {{a, 1}}}},
      {"{resume,[b,a]}", Resume{{b, a}}},
      {"{stop,[a]}", StopProcesses{{a}}},
      {"{start,[a]}", StartProcesses{{a}}},
      {"{sync_nodes,\"id\",[n@h]}", SyncNodes{string("id"), atoms({Atom{"n@h"}})}},
      {"{sync_nodes,1,{a,b,[c]}}", SyncNodes{1, tuple(a, b, atoms({c}))}},
      {"{apply,{a,b,[1,\"two\"]}}", Apply{a, b, {1, string("two")}}},
      {"restart_new_emulator", RestartNewEmulator{}},
      {"restart_emulator", RestartEmulator{}},
  }));
  INFO(text);
  CHECK((parsed(text) == std::visit([](const auto& low) -> Instruction { return low; }, expected)));
  CHECK(print_term(to_term(expected)) == text);
}

TEST_CASE("low-level instructions with two spellings are converted to the one of systools_rc") {
  CHECK((parsed("{code_change,[{a,x}]}") == Instruction(CodeChange{Direction::up, {{a, Atom{"x"}}}})));
  CHECK((parsed("{suspend,[{a,default}]}") == Instruction(Suspend{{{a, {}}}})));
}

TEST_CASE("an error about an invalid instruction has what was found and what was expected") {
  const auto& [text, problem] = GENERATE(table<const char*, const char*>({
      {"frobnicate", "unknown instruction, expected one of appup(4)"},
      {"{frobnicate,a}", "unknown instruction, expected one of appup(4)"},
      {"mnesia_backup", "unknown instruction, expected one of appup(4)"},
      {"17", "expected an instruction of appup(4)"},
      {"{}", "expected an instruction of appup(4)"},
      {"{\"update\",a}", "expected an instruction of appup(4)"},
      {"{point_of_no_return}", "expected point_of_no_return"},
      {"{point_of_no_return,a}", "expected point_of_no_return"},
      {"{restart_emulator,a}", "expected restart_emulator"},
      {"{restart_new_emulator,a}", "expected restart_new_emulator"},
      {"update",
       "expected {update,Mod}, {update,Mod,supervisor}, {update,Mod,Change}, {update,Mod,DepMods}, "
       "{update,Mod,Change,DepMods} or {update,Mod[[,ModType],Timeout],Change,PrePurge,PostPurge,DepMods}"},
      {"{update,a,soft,soft_purge,[]}",
       "expected {update,Mod}, {update,Mod,supervisor}, {update,Mod,Change}, {update,Mod,DepMods}, "
       "{update,Mod,Change,DepMods} or {update,Mod[[,ModType],Timeout],Change,PrePurge,PostPurge,DepMods}"},
      {"{update,1}", "found 1, expected a module"},
      {"{update,a,hard}", "found hard, expected supervisor, soft, {advanced,Extra} or a list of modules"},
      {"{update,a,[1]}", "found [1], expected supervisor, soft, {advanced,Extra} or a list of modules"},
      {"{update,a,{basic,1}}", "found {basic,1}, expected soft or {advanced,Extra}"},
      {"{update,a,supervisor,[]}", "found supervisor, expected soft or {advanced,Extra}"},
      {"{update,a,soft,b}", "found b, expected a list of modules"},
      {"{update,a,soft,x,soft_purge,[]}", "found x, expected soft_purge or brutal_purge"},
      {"{update,a,soft,soft_purge,x,[]}", "found x, expected soft_purge or brutal_purge"},
      {"{update,a,0,soft,soft_purge,soft_purge,[]}",
       "found 0, expected default, infinity or milliseconds from 1 to 4294967295"},
      {"{update,a,4294967296,soft,soft_purge,soft_purge,[]}",
       "found 4294967296, expected default, infinity or milliseconds from 1 to 4294967295"},
      {"{update,a,99999999999999999999,soft,soft_purge,soft_purge,[]}",
       "found 99999999999999999999, expected default, infinity or milliseconds from 1 to 4294967295"},
      {"{update,a,fluid,1,soft,soft_purge,soft_purge,[]}", "found fluid, expected static or dynamic"},
      {"{load_module}",
       "expected {load_module,Mod}, {load_module,Mod,DepMods} or "
       "{load_module,Mod,PrePurge,PostPurge,DepMods}"},
      {"{load_module,a,soft_purge,[]}",
       "expected {load_module,Mod}, {load_module,Mod,DepMods} or "
       "{load_module,Mod,PrePurge,PostPurge,DepMods}"},
      {"{load_module,\"a\"}", "found \"a\", expected a module"},
      {"{load_module,a,b}", "found b, expected a list of modules"},
      {"{load_module,a,[b|c]}", "found [b|c], expected a list of modules"},
      {"{load_module,a,x,soft_purge,[]}", "found x, expected soft_purge or brutal_purge"},
      {"{add_module}", "expected {add_module,Mod} or {add_module,Mod,DepMods}"},
      {"{add_module,1}", "found 1, expected a module"},
      {"{add_module,a,b}", "found b, expected a list of modules"},
      {"{delete_module,a,[],[]}", "expected {delete_module,Mod} or {delete_module,Mod,DepMods}"},
      {"{delete_module,1}", "found 1, expected a module"},
      {"{add_application}", "expected {add_application,App} or {add_application,App,Type}"},
      {"{add_application,1}", "found 1, expected an application"},
      {"{add_application,a,forever}",
       "found forever, expected permanent, transient, temporary, load or none"},
      {"{add_application,a,1}", "found 1, expected permanent, transient, temporary, load or none"},
      {"{remove_application,a,b}", "expected {remove_application,App}"},
      {"{remove_application,1}", "found 1, expected an application"},
      {"{restart_application}", "expected {restart_application,App}"},
      {"{restart_application,1}", "found 1, expected an application"},
      {"{load_object_code,a}", "expected {load_object_code,{App,Vsn,Mods}}"},
      {"{load_object_code,{1,\"1\",[]}}", "found 1, expected an application"},
      {"{load_object_code,{a,v1,[]}}", "found v1, expected a version (a string)"},
      {"{load_object_code,{a,\"1\",b}}", "found b, expected a list of modules"},
      {"{load,a}", "expected {load,{Mod,PrePurge,PostPurge}}"},
      {"{load,{1,soft_purge,soft_purge}}", "found 1, expected a module"},
      {"{load,{a,x,soft_purge}}", "found x, expected soft_purge or brutal_purge"},
      {"{remove,{a,soft_purge}}", "expected {remove,{Mod,PrePurge,PostPurge}}"},
      {"{remove,{a,soft_purge,x}}", "found x, expected soft_purge or brutal_purge"},
      {"{purge}", "expected {purge,Mods}"},
      {"{purge,a}", "found a, expected a list of modules"},
      {"{suspend}", "expected {suspend,[Mod | {Mod,Timeout}]}"},
      {"{suspend,a}", "found a, expected a list of modules or of {Mod,Timeout}"},
      {"{suspend,[1]}", "found 1, expected a module or {Mod,Timeout}"},
      {"{suspend,[{1,5}]}", "found 1, expected a module"},
      {"{suspend,[{a,-1}]}", "found -1, expected default, infinity or milliseconds from 1 to 4294967295"},
      {"{code_change}", "expected {code_change,[{Mod,Extra}]} or {code_change,Mode,[{Mod,Extra}]}"},
      {"{code_change,dn,[]}", "found dn, expected up or down"},
      {"{code_change,a}", "found a, expected a list of {Mod,Extra}"},
      {"{code_change,up,[a]}", "found a, expected {Mod,Extra}"},
      {"{code_change,[{1,x}]}", "found 1, expected a module"},
      {"{resume,a}", "found a, expected a list of modules"},
      {"{resume}", "expected {resume,Mods}"},
      {"{stop,[1]}", "found [1], expected a list of modules"},
      {"{stop}", "expected {stop,Mods}"},
      {"{start,a}", "found a, expected a list of modules"},
      {"{start}", "expected {start,Mods}"},
      {"{sync_nodes,id}", "expected {sync_nodes,Id,Nodes} or {sync_nodes,Id,{M,F,Args}}"},
      {"{sync_nodes,id,[1]}", "found [1], expected a list of nodes or {M,F,Args}"},
      {"{sync_nodes,id,{m,1,[]}}", "found 1, expected a function"},
      {"{apply,m,f,[]}", "expected {apply,{M,F,Args}}"},
      {"{apply,{1,f,[]}}", "found 1, expected a module"},
      {"{apply,{m,\"f\",[]}}", "found \"f\", expected a function"},
      {"{apply,{m,f,x}}", "found x, expected a list of arguments"},
      {"{apply,{m,f,[a|b]}}", "found [a|b], expected a list of arguments"},
  }));
  CHECK(refused(text) == std::string(text) + ": " + problem);
}

TEST_CASE("the message about an instruction of several lines is one line") {
  const std::string message = refused("{update,\n  a,\n  \"two\nlines\",\n  b}");
  CHECK(message.find('\n') == std::string::npos);
}
