// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

using namespace erlrc;

namespace {

const Atom app{"a"};
const Atom m{"m"};
const Atom n{"n"};

std::string sent(const Step& step) {
  return print_term(to_term(step));
}

}  // namespace

// The right column is what the modules of src/erlang/runner match.
TEST_CASE("each step is sent to the node as its runner expects it") {
  CHECK(sent(RequireLoaded{app, "1.0"}) == "{apps,{require_loaded,a,\"1.0\"}}");
  CHECK(sent(RequireNotRunning{app}) == "{apps,{require_not_running,a}}");
  CHECK(sent(StayRunning{app}) == "{apps,{stay_running,a,temporary}}");
  CHECK(sent(AddPath{"/e"}) == "{paths,{add_path,\"/e\"}}");
  CHECK(sent(ReplacePath{"/e", "/f"}) == "{paths,{replace_path,\"/e\",\"/f\"}}");
  CHECK(sent(RemovePath{"/e"}) == "{paths,{remove_path,\"/e\"}}");
  CHECK(sent(LoadApp{app, Atom{"spec"}}) == "{apps,{load_app,a,spec}}");
  CHECK(sent(UnloadApp{app, {m}}) == "{apps,{unload_app,a,[m]}}");
  CHECK(sent(StartNeeded{app, {Atom{"b"}, Atom{"c"}}}) == "{apps,{start_needed,[b,c]}}");
  CHECK(sent(StartApp{app}) == "{apps,{start_app,a,temporary}}");
  CHECK(sent(StopApp{app}) == "{apps,{stop_app,a}}");
  CHECK(sent(ChangeApp{app, 1, 2}) == "{apps,{change_app,a,1,2}}");
  CHECK(sent(CallConfigChange{app}) == "{apps,{call_config_change,a}}");
  CHECK(sent(LoadModules{"/e", {{m, "md5"}}}) == "{code,{load_modules,\"/e\",\"/e\",[{m,<<\"md5\">>}]}}");
  CHECK(sent(LoadModules{Location::backed_up("/e", "/backup"), {{m, "md5"}}}) ==
        "{code,{load_modules,\"/backup\",\"/e\",[{m,<<\"md5\">>}]}}");
  CHECK(sent(BackUpReplaced{"/e", {{m, "md5"}}}) == "{code,{back_up_replaced,\"/e\",[{m,<<\"md5\">>}]}}");
  CHECK(sent(UnloadModules{app, {m}}) == "{code,{unload_modules,a,[m]}}");
  CHECK(sent(BackUpCode{"/e", {m}}) == "{code,{back_up_code,\"/e\",[m],[]}}");
  CHECK(sent(BackUpCode{"/e", {m}, {{m, "x"}}}) == "{code,{back_up_code,\"/e\",[m],[{m,<<\"x\">>}]}}");
  CHECK(sent(CheckLibraries{"/e", {m}, {}, {m}}) == "{code,{check_libraries,\"/e\",[m],[],[m]}}");
  CHECK(sent(CheckPorts{"/e"}) == "{code,{check_ports,\"/e\"}}");
  CHECK(sent(CheckLoaded{{{m, "md5"}}}) == "{code,{check_loaded,[{m,<<\"md5\">>}]}}");
  CHECK(sent(CheckNifs{}) == "{code,check_nifs}");
  CHECK(sent(PinLibraries{{m}}) == "{code,{pin_libraries,[m]}}");
  CHECK(sent(ReadCode{"/e", {m, app}, {{m}}}) == "{code,{read_code,\"/e\",\"/e\",[m,a],[[m]]}}");
  CHECK(sent(ReadCode{Location::backed_up("/e", "/backup"), {m}, {}}) ==
        "{code,{read_code,\"/backup\",\"/e\",[m],[]}}");
  CHECK(sent(CheckOldCode{{m}}) == "{code,{check_old_code,[m],refuse,[]}}");
  CHECK(sent(CheckOldCode{{m}, {.old_code = Policy::OldCode::wait, .wait_ms = 7}}) ==
        "{code,{check_old_code,[m],{wait,7},[]}}");
  CHECK(sent(CheckOldCode{{m}, {.old_code = Policy::OldCode::kill}}) ==
        "{code,{check_old_code,[m],{kill,0},[]}}");
  CHECK(sent(CheckOldCode{{}, {}, {m}}) == "{code,{check_old_code,[],refuse,[m]}}");
  CHECK(sent(CheckStranded{{app}, {m}, {}, {}}) ==
        "{processes,{check_stranded,[a],[m],[],[],unreached,refuse,erlrc,[],[],[],[],[],[]}}");
  CHECK(sent(CheckStranded{{app}, {m}, {m}, {n}, {.stranded = Policy::Stranded::refuse}}) ==
        "{processes,{check_stranded,[a],[m],[m],[n],refuse,refuse,erlrc,[],[],[],[],[],[]}}");
  CHECK(sent(CheckStranded{{app}, {m}, {}, {}, {.records = Policy::Records::report}}) ==
        "{processes,{check_stranded,[a],[m],[],[],unreached,report,erlrc,[],[],[],[],[],[]}}");
  CHECK(sent(CheckStranded{{app}, {m}, {}, {}, {}, {m}}) ==
        "{processes,{check_stranded,[a],[m],[],[],unreached,refuse,erlrc,[m],[],[],[],[],[]}}");
  CHECK(sent(CheckStranded{{app}, {m}, {}, {}, {}, {}, {{m, {{n, 2}}}}}) ==
        "{processes,{check_stranded,[a],[m],[],[],unreached,refuse,erlrc,[],[{m,[{n,2}]}],[],[],[],[]}}");
  CHECK(sent(CheckStranded{
            {app}, {m}, {}, {}, {}, {}, {}, {}, {{m, {n, 2}, {{n, 3}}}}, {m}, {{m, {{n, 1}}}}}) ==
        "{processes,{check_stranded,[a],[m],[],[],unreached,refuse,erlrc,[],[],[],[{m,{n,2},[{n,3}]}],[m],[{"
        "m,[{n,1}]}]}}");
  const Unfit unfit{{{Atom{"state"}, 2, {3, 4}}}, {n}, {{app, {m}}}};
  CHECK(sent(CheckStates{{{m, unfit}}, {n}}) ==
        "{processes,{check_states,[{m,[{state,2,[3,4]}],[n],[{a,[m]}],{guessed,[]}}],[n],refuse}}");
  CHECK(sent(SaveProcessData{{m}}) == "{processes,{save_process_data,[m]}}");
  CHECK(sent(NoteChildren{{app}, {{m, true}, {app, false, {m}, {app}}}}) ==
        "{children,{note_children,[a],[{m,true,[],[]},{a,false,[m],[a]}],[]}}");
  CHECK(sent(NoteChildren{{app}, {}, {m}}) == "{children,{note_children,[a],[],[m]}}");
  CHECK(sent(ExplainModules{{app}, {{m, "why"}}}) ==
        "{processes,{explain_modules,[a],[{m,<<\"why\">>}],[]}}");
  CHECK(sent(ForeseeChildren{}) == "{children,foresee_children}");
  CHECK(sent(NameLostStarts{{{m, {n, 2}}}}) == "{children,{name_lost_starts,[{m,n,2}]}}");
  CHECK(sent(ChangeChildren{{m}}) == "{children,change_children}");
  CHECK(sent(PassPointOfNoReturn{}) == "{code,pass_point_of_no_return}");
  CHECK(sent(SwitchModules{{m}}) == "{code,{switch_modules,[m]}}");
  CHECK(sent(LoadNew{m}) == "{code,{load_new,m,false}}");
  CHECK(sent(MoveModules{"/e", {m}}) == "{code,{move_modules,\"/e\",\"/e\",[m]}}");
  CHECK(sent(RemoveModule{app, m}) == "{code,{remove_module,a,m}}");
  CHECK(sent(PostPurge{{{m, Purge::soft}, {app, Purge::brutal}}}) ==
        "{code,{post_purge,[{m,soft_purge},{a,brutal_purge}]}}");
  CHECK(sent(SuspendProcesses{
            {app}, {{m, {}}, {m, {TimeLimit::Kind::finite, 7}}, {m, {TimeLimit::Kind::infinity, 0}}}}) ==
        "{processes,{suspend_processes,[a],[{m,standard},{m,7},{m,infinity}],none,500}}");
  CHECK(sent(SuspendProcesses{{app}, {}, {Direction::up, {{m, 1}}}}) ==
        "{processes,{suspend_processes,[a],[],{convert_processes,up,[{m,1,undefined}]},500}}");
  CHECK(sent(ConvertProcesses{Direction::up, {{m, 1}}}) ==
        "{processes,{convert_processes,up,[{m,1,undefined}]}}");
  CHECK(sent(ConvertProcesses{Direction::down, {{m, 1, 2}}}) ==
        "{processes,{convert_processes,down,[{m,1,2}]}}");
  CHECK(sent(ResumeProcesses{{m}}) == "{processes,{resume_processes,[m]}}");
  CHECK(sent(CheckStop{{app}, {m}}) == "{children,{check_stop,[a],[m]}}");
  CHECK(sent(TerminateProcesses{{app}, {m}}) == "{children,{terminate_processes,[a],[m]}}");
  CHECK(sent(StartTerminated{{m}}) == "{children,{start_terminated,[m]}}");
  CHECK(sent(EvalScript{{app, 1, 2}, "1.1", "/d", {app}, {PointOfNoReturn{}, Load{m}}}) ==
        "{calls,{eval_script,{a,\"1.1\",\"/"
        "d\"},[point_of_no_return,{load,{m,brutal_purge,brutal_purge}}],[a],1,2}}");
  CHECK(sent(ApplyHook{{m, app, {1}}, std::nullopt}) == "{calls,{apply_hook,{m,a,[1]},none}}");
  CHECK(sent(ApplyHook{{m, app, {1}}, Apply{m, m, {}}}) == "{calls,{apply_hook,{m,a,[1]},{m,m,[]}}}");
}

namespace {

/// SwitchModules -> switch_modules, from the name of the type as the compiler prints it.
template <typename Kind>
std::string struct_name() {
  std::string name = __PRETTY_FUNCTION__;
  name = name.substr(name.rfind("erlrc::") + 7);
  name = name.substr(0, name.find_first_of(";]"));
  std::string snake;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      if (!snake.empty()) snake += '_';
      snake += static_cast<char>(c - 'A' + 'a');
    } else {
      snake += c;
    }
  }
  return snake;
}

template <typename... Kinds>
std::vector<std::pair<std::string, std::string>> names_of(const std::variant<Kinds...>*) {
  return {{struct_name<Kinds>(), std::string(step_name(Kinds{}))}...};
}

}  // namespace

TEST_CASE("a step has one name, in C++, on the wire and in JSON") {
  const auto names = names_of(static_cast<const Step*>(nullptr));
  CHECK(names.size() == std::variant_size_v<StepKinds>);
  for (const auto& [in_cpp, on_the_wire] : names)
    CHECK(in_cpp == on_the_wire);
}

TEST_CASE("a step is described in one line") {
  const Atom a{"a"};
  const Atom b{"b"};
  CHECK(describe(StayRunning{a}) == "see that a still runs when all is done");
  CHECK(describe(ReplacePath{"/old", "/new"}) == "put /new into the code path in place of /old");
  CHECK(describe(UnloadApp{a, {b}}) == "unload application a, but not the included b");
  CHECK(describe(UnloadApp{a, {}}) == "unload application a");
  CHECK(describe(StartNeeded{a, {b, Atom{"c"}}}) == "start what a needs and what does not run: b, c");
  CHECK(describe(StartApp{a}) == "start application a (temporary)");
  CHECK(describe(SuspendProcesses{{a}, {{b, {}}}}) == "suspend the processes of a that run b");
  CHECK(
      describe(CheckOldCode{{a}, {}, {b}}) ==
      "check that nothing runs code from before the last upgrade of a; name what will be killed, because it "
      "runs code from before the last upgrade of b");
  CHECK(describe(PostPurge{{{a, Purge::soft}, {b, Purge::brutal}}}) ==
        "purge the old code of b, killing what still runs it; purge the old code of a where nothing runs it");
  CHECK(describe(PostPurge{{{a, Purge::soft}}}) == "purge the old code of a where nothing runs it");
  CHECK(describe(ApplyHook{{a, b, {1, string("x")}}, std::nullopt}) == "call a:b(1,\"x\")");
  CHECK(describe(ResumeProcesses{{Atom{"Elixir.A"}}}) == "resume the processes of A");
}

TEST_CASE("many names are counted") {
  std::vector<Atom> many;
  for (char name = 'a'; name <= 'k'; ++name)
    many.push_back(Atom{std::string(1, name)});
  CHECK(describe(ResumeProcesses{many}) == "resume the processes of a, b, c, d, e, f, g, h and 3 more");
  many.resize(9);
  CHECK(describe(ResumeProcesses{many}) == "resume the processes of a, b, c, d, e, f, g, h, i");
}
