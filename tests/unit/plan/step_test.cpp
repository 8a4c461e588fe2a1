// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

using namespace erlrc;

namespace {

const Atom app{"a"};
const Atom m{"m"};
const Atom n{"n"};

std::string told(const Step& step) {
  return print_term(to_term(step));
}

}  // namespace

// The right column is what src/erlang/runner/erlrc_step.erl matches.
TEST_CASE("each step is told to the node as its runner expects it") {
  CHECK(told(RequireLoaded{app, "1.0"}) == "{require_loaded,a,\"1.0\"}");
  CHECK(told(RequireNotRunning{app}) == "{require_not_running,a}");
  CHECK(told(StayRunning{app}) == "{stay_running,a,temporary}");
  CHECK(told(AddPath{"/e"}) == "{add_path,\"/e\"}");
  CHECK(told(ReplacePath{"/e", "/f"}) == "{replace_path,\"/e\",\"/f\"}");
  CHECK(told(RemovePath{"/e"}) == "{remove_path,\"/e\"}");
  CHECK(told(LoadApp{app, Atom{"spec"}}) == "{load_app,a,spec}");
  CHECK(told(UnloadApp{app, {m}}) == "{unload_app,a,[m]}");
  CHECK(told(StartNeeded{app, {Atom{"b"}, Atom{"c"}}}) == "{start_needed,[b,c]}");
  CHECK(told(StartApp{app}) == "{start_app,a,temporary}");
  CHECK(told(StopApp{app}) == "{stop_app,a}");
  CHECK(told(ChangeApp{app, 1, 2}) == "{change_app,a,1,2}");
  CHECK(told(LoadModules{"/e", {{m, "md5"}}}) == "{load_modules,\"/e\",\"/e\",[{m,<<\"md5\">>}]}");
  CHECK(told(LoadModules{"/kept", {{m, "md5"}}, "/e"}) ==
        "{load_modules,\"/kept\",\"/e\",[{m,<<\"md5\">>}]}");
  CHECK(told(KeepReplaced{"/e", {{m, "md5"}}}) == "{keep_replaced,\"/e\",[{m,<<\"md5\">>}]}");
  CHECK(told(UnloadModules{{m}}) == "{unload_modules,[m]}");
  CHECK(told(KeepCode{"/e", {m}}) == "{keep_code,\"/e\",[m],[]}");
  CHECK(told(KeepCode{"/e", {m}, {{m, "x"}}}) == "{keep_code,\"/e\",[m],[{m,<<\"x\">>}]}");
  CHECK(told(CheckLibraries{"/e", {m}}) == "{check_libraries,\"/e\",[m]}");
  CHECK(told(CheckNifs{}) == "check_nifs");
  CHECK(told(HoldLibraries{"/e"}) == "{hold_libraries,\"/e\"}");
  CHECK(told(ReadCode{"/e", {m, app}, {{m}}}) == "{read_code,\"/e\",\"/e\",[m,a],[[m]]}");
  CHECK(told(ReadCode{"/kept", {m}, {}, "/e"}) == "{read_code,\"/kept\",\"/e\",[m],[]}");
  CHECK(told(CheckOldCode{{m}}) == "{check_old_code,[m],refuse}");
  CHECK(told(CheckOldCode{{m}, {.old_code = Policy::OldCode::wait, .wait_ms = 7}}) ==
        "{check_old_code,[m],{wait,7}}");
  CHECK(told(CheckOldCode{{m}, {.old_code = Policy::OldCode::kill}}) == "{check_old_code,[m],kill}");
  CHECK(told(CheckStranded{{app}, {m}, {}, {}}) == "{check_stranded,[a],[m],[],[],report,refuse}");
  CHECK(told(CheckStranded{{app}, {m}, {m}, {n}, {.stranded = Policy::Stranded::refuse}}) ==
        "{check_stranded,[a],[m],[m],[n],refuse,refuse}");
  CHECK(told(CheckStranded{{app}, {m}, {}, {}, {.records = Policy::Records::report}}) ==
        "{check_stranded,[a],[m],[],[],report,report}");
  CHECK(told(KeepChildren{{app}, {{m, true}, {app, false, {m}, {app}}}}) ==
        "{keep_children,[a],[{m,true,[],[]},{a,false,[m],[a]}]}");
  CHECK(told(ChangeChildren{{m}}) == "change_children");
  CHECK(told(PointOfNoReturn{}) == "point_of_no_return");
  CHECK(told(SwitchModules{{m}}) == "{switch,[m]}");
  CHECK(told(LoadNew{m}) == "{load,m}");
  CHECK(told(RemoveModule{m}) == "{remove,m}");
  CHECK(told(PostPurge{{{m, Purge::soft}, {app, Purge::brutal}}}) ==
        "{post_purge,[{m,soft_purge},{a,brutal_purge}]}");
  CHECK(told(SuspendProcesses{
            {app}, {{m, {}}, {m, {TimeLimit::Kind::finite, 7}}, {m, {TimeLimit::Kind::infinity, 0}}}}) ==
        "{suspend,[a],[{m,standard},{m,7},{m,infinity}],none}");
  CHECK(told(SuspendProcesses{{app}, {}, {Direction::up, {{m, 1}}}}) ==
        "{suspend,[a],[],{code_change,up,[{m,1,undefined}]}}");
  CHECK(told(ConvertProcesses{Direction::up, {{m, 1}}}) == "{code_change,up,[{m,1,undefined}]}");
  CHECK(told(ConvertProcesses{Direction::down, {{m, 1, 2}}}) == "{code_change,down,[{m,1,2}]}");
  CHECK(told(Resume{{m}}) == "{resume,[m]}");
  CHECK(told(CheckStop{{app}, {m}}) == "{check_stop,[a],[m]}");
  CHECK(told(TerminateProcesses{{app}, {m}}) == "{stop,[a],[m]}");
  CHECK(told(StartProcesses{{m}}) == "{start,[m]}");
  CHECK(told(EvalScript{{app, 1, 2}, "1.1", "/d", {app}, {PointOfNoReturn{}, Load{m}}}) ==
        "{eval_script,{a,\"1.1\",\"/d\"},[point_of_no_return,{load,{m,brutal_purge,brutal_purge}}],[a],1,2}");
  CHECK(told(ApplyHook{{m, app, {1}}, std::nullopt}) == "{apply,{m,a,[1]},none}");
  CHECK(told(ApplyHook{{m, app, {1}}, Apply{m, m, {}}}) == "{apply,{m,a,[1]},{m,m,[]}}");
}
