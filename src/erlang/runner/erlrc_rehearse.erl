%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The conversions of an upgrade, tried on copies of the states that the processes have now.
%%
%% They run in a scratch node: a second emulator, started from the files of this one, without a name and
%% without a network, which gets the modules, the code path, the environment of all applications and the
%% states through a pipe, and ends with that pipe. So they have the new code under its own name, and whatever
%% they do does not affect this node. What they miss there are the other processes, tables and ports. A
%% conversion that fails for want of those, or whose state holds what is worth nothing elsewhere, is reported
%% as one that cannot be rehearsed, not as one that fails.
-module(erlrc_rehearse).
-export([main/3]).
-import(erlrc_call, [left/1, now_ms/0]).
-import(erlrc_code, [read_beam/2, beam_file/2, running_code/2, running_vsn/2]).
-import(erlrc_journal, [context/1, new_record/0, record/2]).
-import(erlrc_once, [once/1]).
-import(erlrc_outside, [concerned/3]).
-import(erlrc_shape, [unconverted_states/3, unfit_states/3]).
-import(erlrc_supervisor, [check_change/3, predicted_specs/4]).
-import(erlrc_sys, [ask/3, has_state/1]).
-import(erlrc_text, [exception/3, module_name/1, process/2, reply/1, short/1, text/2]).
-import(erlrc_tree, [column/2, is_event_manager/1, is_supervisor/1, remember/2]).

main(Rehearsal, Client, Ref) ->
    %% It has copies of all states.
    process_flag(max_heap_size, 0),
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    process_flag(trap_exit, true),
    #{apps := Apps, mode := Mode, items := Items, askable := Askable, from := From, to := To,
      backed_up := BackedUp, read := Read, unfit := Unfit, awaits := Awaits,
      converted := Converted, stopped := Stopped, limit := Limit} = Rehearsal,
    new_record(),
    record(awaits, maps:from_list(Awaits)),
    C = context(now_ms() + Limit),
    Answer = try
                 Backup = maps:from_list([{Module, running_code(Module, From)} || Module <- BackedUp]),
                 Code = maps:from_list([{Module, {beam_file(To, Module), read_beam(To, Module)}}
                                        || Module <- Read]),
                 Full = C#{backup := Backup, code := Code, unfit := {Unfit, refuse}, loses_states := Stopped},
                 {rehearsed, rehearse(Apps, Mode, Items, {Askable, Full})
                             ++ unconverted(Apps, Unfit, Converted, Full)}
             catch
                 throw:{fail, Why} -> {failed, Why};
                 Class:Reason:Stack -> {failed, exception(Class, Reason, Stack)}
             end,
    erlang:send(Client, {Ref, Answer}, [noconnect]).

unconverted(Apps, Unfit, Converted, C) ->
    {_, Known, _} = concerned(Apps, Converted, C),
    Reached = column(1, lists:append(maps:values(maps:with(Converted, Known)))),
    [{Module, text("~ts", [process(Pid, C)]), fails,
      text("nothing converts the state: it is of ~ts", [Why])}
     || {Pid, Module, Why} <- unconverted_states(Unfit, {Converted, Reached}, C)].

%% [{Module, Process, works | fails | cannot, Why}]. Items: [{Module, Extra, DownVsn}], Askable: the
%% supervisors whose init/1 may be called once more.
rehearse(Apps, Mode, Items, {Askable, C0}) ->
    {Procs, Known, _} = concerned(Apps, column(1, Items), C0),
    C = remember(Procs, C0),
    Each = [{Module, case Mode of up -> running_vsn(Module, C); down -> {down, DownVsn} end, Extra,
             column(1, maps:get(Module, Known, []))} || {Module, Extra, DownVsn} <- Items],
    Jobs = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra, Concerned} <- once(Each), Pid <- Concerned],
    Pids = lists:usort([Pid || {Pid, _, _, _} <- Jobs]),
    States = maps:from_list(ask([{Pid, get_state} || Pid <- Pids], standard, C)),
    Calls = [{Pid, Module, call(Pid, Module, Vsn, Extra, maps:get(Pid, States), {Askable, C})}
             || {Pid, Module, Vsn, Extra} <- Jobs],
    Numbered = lists:zip(lists:seq(1, length(Calls)), Calls),
    Answers = case [{N, Call} || {N, {_, _, {calls, _} = Call}} <- Numbered] of
                  [] -> #{};
                  Rehearsed -> in_scratch_node(Rehearsed, Mode, C)
              end,
    Ended = {cannot, "the scratch node ended"},
    [begin
         {Result, Why} = case Call of
                             {calls, _} -> verdict(shown(Pid, maps:get(N, Answers, Ended), C),
                                                   maps:get(Pid, States));
                             {_, _} -> Call
                         end,
         {Module, text("~ts", [process(Pid, C)]), Result, text("~ts", [Why])}
     end || {N, {Pid, Module, Call}} <- Numbered].

%% The calls that the behaviour of the process would make, with the size of the answer's ok tuple: {calls,
%% [{Size, M, F, A}]}.
call(Pid, Module, Vsn, Extra, Reply, {Askable, C}) ->
    case {has_state(Reply), Reply} of
        {true, {reply, {ok, State}}} ->
            case cannot_change(Pid, Module, State, C) of
                {fails, _} = Fails -> Fails;
                false -> call_of(behaviour(Pid, C), Pid, Module, Vsn, Extra, State, Askable)
            end;
        _ -> {cannot, ["its state cannot be read: ", reply(Reply)]}
    end.

%% A supervisor that cannot become what init/1 of the new version returns.
cannot_change(Pid, Module, State, #{code := Code} = C) ->
    Beams = maps:map(fun(_, {_, Beam}) -> Beam end, Code),
    try is_supervisor(Pid) andalso check_change(Pid, State, predicted_specs(Module, State, Beams, C)) of
        _ -> false
    catch
        throw:{fail, Why} -> {fails, Why}
    end.

call_of({gen_server, _}, Pid, Module, Vsn, Extra, State, _) ->
    {calls, [{2, callback(Pid, Module), code_change, [Vsn, State, Extra]}]};
call_of({gen_statem, _}, Pid, Module, Vsn, Extra, {State, Data}, _) ->
    {calls, [{3, callback(Pid, Module), code_change, [Vsn, State, Data, Extra]}]};
call_of({gen_event, _}, _, Module, Vsn, Extra, Handlers, _) when is_list(Handlers) ->
    {calls, [{2, Module, code_change, [Vsn, State, Extra]} || {M, _, State} <- Handlers, M =:= Module]};
call_of({supervisor, _}, _, Module, _, _, State, Askable) when is_tuple(State); is_map_key(args, State) ->
    %% Elixir's DynamicSupervisor has a map, and its init/1 returns no children.
    Args = case State of #{args := OfMap} -> OfMap; _ -> element(tuple_size(State), State) end,
    case lists:member(Module, Askable) of
        true -> {calls, [{init, Module, init, [Args]}]};
        false -> {cannot, "its init/1 does more than compute"}
    end;
call_of({Module, {raw, Misc}}, _, Module, Vsn, Extra, _, _) ->
    {calls, [{2, Module, system_code_change, [Misc, Module, Vsn, Extra]}]};
call_of({Other, _}, _, _, _, _, _, _) ->
    {cannot, ["how a process of ", module_name(Other), " converts its state is not known"]}.

%% The module that takes its system messages, and that module's own state, if the status shows it as it is.
behaviour(Pid, C) ->
    case is_supervisor(Pid) of
        true ->
            {supervisor, none};
        false ->
            case ask([{Pid, get_status}], standard, C) of
                [{_, {reply, {status, _, {module, Module}, [_, _, _, _, Misc]}}}] ->
                    Formats = [true || Arity <- [1, 2],
                                       erlang:function_exported(Module, format_status, Arity)],
                    {Module, case Formats of [] -> {raw, Misc}; _ -> none end};
                _ ->
                    {unknown, none}
            end
    end.

%% Not always the module that the instruction is for: a library's server may carry the user's module in its
%% state.
callback(Pid, Module) ->
    case proc_lib:translate_initial_call(Pid) of
        {Other, init, 1} when Other =/= Module -> Other;
        _ -> Module
    end.

%% #{N => Answer}
in_scratch_node(Calls, Mode, #{code := Code, backup := Backup} = C) ->
    Modules = case Mode of
                  up -> [{Module, File, Beam} || {Module, {File, Beam}} <- maps:to_list(Code)];
                  %% The code that runs knows how to convert down.
                  down -> [{Module, File, Beam} || {Module, {File, Beam}} <- maps:to_list(Backup)]
              end,
    Env = [{App, application:get_all_env(App)}
           || {App, _, _} <- application:loaded_applications(), App =/= kernel, App =/= stdlib],
    case start_scratch_node() of
        {ok, Port} ->
            Question = {code:get_path(), Modules, Env, [{N, Call} || {N, {calls, Call}} <- Calls]},
            port_command(Port, term_to_binary(Question)),
            Answers = await_answers(Port, #{}, [N || {N, _} <- Calls], C),
            catch port_close(Port),
            Answers;
        {cannot, Why} ->
            maps:from_list([{N, {cannot, Why}} || {N, _} <- Calls])
    end.

await_answers(_, Answers, [], _) ->
    Answers;
await_answers(Port, Answers, [N | Rest] = Left, C) ->
    receive
        {Port, {data, Data}} ->
            case binary_to_term(Data) of
                {not_loaded, Module, Why} ->
                    Failed = {fails, ["module ", module_name(Module), " cannot be loaded: ", short(Why)]},
                    maps:merge(Answers, maps:from_list([{Each, Failed} || Each <- Left]));
                {N, Answer} ->
                    await_answers(Port, Answers#{N => Answer}, Rest, C)
            end;
        {Port, {exit_status, _}} ->
            Answers;
        {'EXIT', Port, _} ->
            Answers
    after left(C) ->
        maps:merge(Answers, maps:from_list([{Each, {cannot, "the time was over"}} || Each <- Left]))
    end.

start_scratch_node() ->
    Own = [filename:dirname(Boot) || {ok, [[Boot]]} <- [init:get_argument(boot)]],
    Boots = [filename:join(Dir, "start_clean") || Dir <- [filename:join(code:root_dir(), "bin") | Own]],
    Executable = filename:join(case os:getenv("BINDIR") of false -> ""; Dir -> Dir end, "erlexec"),
    case {filelib:is_regular(Executable), [Boot || Boot <- Boots, filelib:is_regular(Boot ++ ".boot")]} of
        {true, [Boot | _]} ->
            Variables = case init:get_argument(boot_var) of
                            {ok, Lists} -> [["-boot_var" | Words] || Words <- Lists];
                            error -> []
                        end,
            Unset = [{Flags, false} || Flags <- ["ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS"]],
            Arguments = ["-boot", Boot, "-noinput" | lists:append(Variables)] ++ ["-eval", scratch_program()],
            %% Its output is not for this node's log; nor should it leave a dump.
            {ok, open_port({spawn_executable, "/bin/sh"},
                           [{args, ["-c", "exec \"$0\" \"$@\" </dev/null >/dev/null 2>&1",
                                    Executable | Arguments]},
                            {env, [{"ERL_CRASH_DUMP_SECONDS", "0"} | Unset]},
                            nouse_stdio, {packet, 4}, binary, exit_status])};
        _ ->
            {cannot, "no scratch node can be started from the files of this one"}
    end.

%% The program that runs there.
scratch_program() ->
    "Port = open_port({fd, 3, 4}, [{packet, 4}, binary, eof]),"
    "_ = logger:set_primary_config(level, none),"
    "{Path, Modules, Env, Calls} = receive"
    "                                {Port, {data, Data}} -> binary_to_term(Data);"
    "                                {Port, eof} -> halt()"
    "                              end,"
    "Send = fun(Message) -> port_command(Port, term_to_binary(Message)) end,"
    "code:add_pathsz(Path),"
    "[application:set_env(App, Key, Value) || {App, Settings} <- Env, {Key, Value} <- Settings],"
    "[case code:load_binary(Module, File, Beam) of"
    "   {module, _} -> ok;"
    "   {error, Why} -> Send({not_loaded, Module, Why})"
    " end || {Module, File, Beam} <- Modules],"
    "One = fun({Size, M, F, A}) ->"
    "        try {Size, apply(M, F, A)} of"
    "          {init, ignore} -> ok;"
    "          {init, {ok, {_, []}}} -> ok;"
    "          {init, {ok, Flags}} when is_map(Flags) -> ok;"
    "          {init, {ok, {_, Specs}}} -> case supervisor:check_childspecs(Specs) of"
    "                                        ok -> ok;"
    "                                        Wrong -> {returned, Wrong}"
    "                                      end;"
    "          {_, Ok} when is_tuple(Ok), tuple_size(Ok) =:= Size, element(1, Ok) =:= ok -> {ok, {M, Ok}};"
    "          {_, Other} -> {returned, Other}"
    "        catch Class:Reason:Stack ->"
    "          {Class, Reason, [{Sm, Sf, case Sa of _ when is_list(Sa) -> length(Sa); _ -> Sa end, Sl}"
    "                           || {Sm, Sf, Sa, Sl} <- Stack]} end"
    "      end,"
    "All = fun(List) ->"
    "        Answers = [One(Each) || Each <- List],"
    "        case [Not || Not <- Answers, Not =/= ok, element(1, Not) =/= ok] of"
    "          [] -> {ok, [Ok || {ok, Ok} <- Answers]};"
    "          [First | _] -> First"
    "        end"
    "      end,"
    "[begin"
    "   {Pid, Monitor} = spawn_monitor(fun() -> exit({answer, All(List)}) end),"
    "   receive"
    "     {'DOWN', Monitor, process, Pid, {answer, Answer}} -> Send({N, Answer});"
    "     {'DOWN', Monitor, process, Pid, Died} -> Send({N, {exit, Died, []}})"
    "   after 5000 -> exit(Pid, kill), demonitor(Monitor, [flush]), Send({N, timeout})"
    "   end"
    " end || {N, List} <- Calls],"
    "receive {Port, eof} -> halt() end.".

%% The answer of a process's calls, with what is wrong with the states that they return.
shown(Pid, {ok, Converted}, #{unfit := {Unfit, _}}) ->
    State = case {is_event_manager(Pid), Converted} of
                {true, _} -> [{Module, none, Own} || {Module, {ok, Own}} <- Converted];
                {false, [{_, {ok, Name, Data}} | _]} -> {Name, Data};
                {false, [{_, {ok, Own}} | _]} -> Own;
                {false, []} -> none
            end,
    case unfit_states([{Pid, State}], Unfit, []) of
        [] -> ok;
        [{_, _, Why} | _] -> {fails, ["code_change has not converted the state: it is of ", Why]}
    end;
shown(_, Answer, _) ->
    Answer.

%% {works | fails | cannot, Why}
verdict(ok, _) -> {works, ""};
verdict({cannot, Why}, _) -> {cannot, Why};
verdict({fails, Why}, _) -> {fails, Why};
verdict(timeout, _) -> {fails, "did not return in 5 seconds"};
verdict({returned, Other}, _) -> {fails, ["returned ", short(Other)]};
verdict({Class, Reason, Stack}, {reply, {ok, State}}) ->
    Why = exception(Class, Reason, Stack),
    case [What || What <- [missing(Class, Reason, Stack), bound(State)], What =/= false] of
        [] -> {fails, Why};
        [What | _] -> {cannot, [Why, ", and in the scratch node there is no ", What]}
    end;
verdict(_, _) ->
    {cannot, "the state is not one that its behaviour has"}.

%% The thing that only this node has, if the call failed for want of it.
missing(exit, {noproc, _}, _) -> "other process";
missing(exit, {{nodedown, _}, _}, _) -> "other process";
missing(exit, {noconnection, _}, _) -> "other process";
missing(exit, {calling_self, _}, _) -> "other process";
missing(error, {badfun, _}, _) -> "code from before";
missing(error, undef, [{M, _, _, _} | _]) -> erlang:module_loaded(M) andalso ["module ", module_name(M)];
missing(error, badarg, [{ets, _, _, _} | _]) -> "table";
missing(error, badarg, [{erlang, F, _, _} | _])
  when F =:= send; F =:= '!'; F =:= port_command; F =:= port_info ->
    "other process";
%% Before OTP 24 the stack does not show a message to a name that is not registered.
missing(error, badarg, _) -> list_to_integer(erlang:system_info(otp_release)) < 24 andalso "other process";
missing(_, _, _) -> false.

%% The part of a state that is bound to this node.
bound(Term) when is_pid(Term) -> "process that its state names";
bound(Term) when is_port(Term) -> "port that its state holds";
bound(Term) when is_reference(Term) -> "table or timer that its state holds";
bound(Term) when is_function(Term) -> "fun that its state holds";
bound([Head | Tail]) -> case bound(Head) of false -> bound(Tail); What -> What end;
bound(Term) when is_tuple(Term) -> bound(tuple_to_list(Term));
bound(Term) when is_map(Term) -> bound(maps:to_list(Term));
bound(_) -> false.
