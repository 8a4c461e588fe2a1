%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What another application of the upgrade set converts, after this plan.
%%
%% A library changes a record, and servers of an application keep it in their states: only the code_change of
%% the application converts those, with the new code of the library. Between the two plans such a process
%% would die of its next message. So it is suspended until its own plan resumes it, converted.
-module(erlrc_later).
-export([await_conversions/1, awaited/0, end_waiting/1, resume_waiting/2, may_convert_rows/2, unexpected/2]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_journal, [journal/2, recall/1, record/2]).
-import(erlrc_sys, [ask/3, failures/1, resume/2]).
-import(erlrc_text, [fail/2, processes/2]).
-import(erlrc_tree, [column/2]).

%% Milliseconds after which they are resumed, if that plan does not come.
-define(patience, 30000).

%% Holders: [{Pid, Records}], of processes that keep what changes, such as these records: [{Module, Name,
%% Size}]. Returns those that nothing converts later either; the others will wait.
unexpected(Holders, #{later := {Modules, _}} = C) when Holders =/= [], Modules =/= [] ->
    Later = lists:append(column(2, of_modules(Modules, C))),
    record(waiting, [Row || {Pid, _} = Row <- Holders, lists:member(Pid, Later)] ++ recall(waiting)),
    column(1, Holders) -- Later;
unexpected(Holders, _) ->
    column(1, Holders).

%% [{Pid, Records}]: what waits for its conversion by this plan.
awaited() ->
    case add_waiting([]) of none -> []; All -> All end.

%% Whether a plan to come may convert the rows of a table: that of the application whose process owns it, or,
%% of Mnesia's tables and persistent terms, any.
may_convert_rows(_, #{later := {_, []}}) -> false;
may_convert_rows(Owner, #{later := {_, Apps}}) ->
    case application:get_application(Owner) of
        {ok, mnesia} -> true;
        {ok, App} -> lists:member(App, Apps);
        undefined -> Owner =:= undefined
    end.

await_conversions(C) ->
    Waiting = [Row || {Pid, _} = Row <- lists:usort(recall(waiting)), is_process_alive(Pid)],
    Pids = lists:usort(column(1, Waiting)),
    Pids =:= [] orelse begin
        journal(processes, {waiting, Pids}),
        case failures(ask([{Pid, suspend} || Pid <- Pids], standard, C)) of
            [] -> ok;
            Silent -> fail("not suspended in time: ~ts", [processes(column(1, Silent), C)])
        end,
        wait(Waiting)
    end.

wait(Rows) ->
    add_waiting(Rows) =:= none andalso register(erlrc_waiting, spawn(waiting(Rows))).

%% Returns all that wait, or none if that process is not there, or has just ended.
add_waiting(Rows) ->
    case whereis(erlrc_waiting) of
        undefined ->
            none;
        Waiting ->
            Monitor = monitor(process, Waiting),
            Waiting ! {also, Rows, self(), Monitor},
            receive
                {Monitor, All} -> demonitor(Monitor, [flush]), All;
                {'DOWN', Monitor, process, _, _} -> none
            end
    end.

%% A process that outlives the run resumes them when a later run has ended well, or after the patience, unless
%% a run is at work. It asks as sys:resume/1 does; one that has been resumed ignores it.
waiting(Rows) ->
    {ok, Tokens, _} = erl_scan:string(
                        "fun() ->"
                        "  Wait = fun Wait(All) ->"
                        "    receive"
                        "      {also, More, Client, Ref} -> Client ! {Ref, More ++ All}, Wait(More ++ All);"
                        "      resume -> All"
                        "    after Patience ->"
                        "      case whereis(erlrc_runner) of undefined -> All; _ -> Wait(All) end"
                        "    end "
                        "  end,"
                        "  [Pid ! {system, {self(), make_ref()}, resume} || {Pid, _} <- Wait(Rows)] "
                        "end."),
    {ok, [Expression]} = erl_parse:parse_exprs(Tokens),
    Bound = erl_eval:add_binding('Rows', Rows, erl_eval:add_binding('Patience', ?patience,
                                                                    erl_eval:new_bindings())),
    {value, Fun, _} = erl_eval:expr(Expression, Bound),
    Fun.

%% At the end of a run that has succeeded, and after which no other one converts anything. After one that has
%% failed, the library is still to be put back.
end_waiting(Plan) ->
    Waiting = whereis(erlrc_waiting),
    Waiting =:= undefined orelse is_map_key(whole, Plan) orelse is_map_key(later, Plan)
        orelse (Waiting ! resume).

resume_waiting(Pids, C) ->
    resume(lists:filter(fun erlang:is_process_alive/1, Pids), C).
