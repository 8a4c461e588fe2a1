%% SPDX-License-Identifier: BSD-3-Clause
%%
%% States back to what they were before a conversion.
%%
%% A process that was not resumed since then simply gets the state that it had. If a process was resumed with
%% its new state, what it learnt since is worth keeping: its author's code_change is asked to convert the
%% state back. Only if that fails, or changes nothing, the old state is put back, and what happened since is
%% lost, which is reported. All of this is done by the new code. What only the old code can do (init/1 of
%% supervisors, the callback mode of a gen_statem) is noted in `again', and done by convert_again/2 when the
%% old code is back, before the processes are resumed.
-module(erlrc_undo_conversion).
-export([again/1, convert_again/2, undo_conversion/4]).
-import(erlrc_children, [added_ids/2, known_ids/1]).
-import(erlrc_effects, [affected/1, has_effects/0, remove_effects/2]).
-import(erlrc_journal, [journal_of/1, recall/1, record/2, remark/2]).
-import(erlrc_kept, [is_same/4]).
-import(erlrc_change, [change_all/4]).
-import(erlrc_machines, [callback_modes/2, change_code/2]).
-import(erlrc_once, [own_job/2]).
-import(erlrc_sys, [current_states/2, gone/1, has_state/1, replace_states/2]).
-import(erlrc_text, [process/2, reply/1, text/2]).
-import(erlrc_tree, [is_event_manager/1, is_supervisor/1, is_suspended/1]).

undo_conversion({Mode, Items}, Groups, Before, C) ->
    Jobs = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra, Pids} <- Groups, Pid <- Pids],
    Old = maps:without([Pid || {Pid, _, _} <- recall(stuck)], maps:from_list(Before)),
    Newborn = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra} <- Items,
                                            {Pid, M} <- recall(newborn), M =:= Module],
    New = [Job || {Pid, Module, _, _} = Job <- Newborn,
                  lists:member(Module, own_job(Pid, [M || {Same, M, _, _} <- Newborn, Same =:= Pid]))],
    restore(Old, New, Mode, Jobs, C).

%% Old: the states from before the conversion. New: the jobs of processes that the new code started.
restore(Old, New, Mode, Jobs, C) ->
    Resumed = maps:with(maps:keys(Old), maps:from_list(lists:reverse(recall(resumed)))),
    Asked = lists:usort(maps:keys(Resumed) ++ [Pid || {Pid, _, _, _} <- New]),
    Now = current_states(Asked, C),
    Same = [Pid || {Pid, {reply, {ok, State}}} <- Now, is_map_key(Pid, Resumed),
                   is_same(Pid, State, maps:get(Pid, Resumed), C)],
    Other = [Pid || {Pid, Reply} <- Now, is_map_key(Pid, Resumed), has_state(Reply)] -- Same,
    Unreadable = [text("~ts: its state cannot be read: ~ts", [process(Pid, C), reply(Reply)])
                  || {Pid, Reply} <- Now, is_map_key(Pid, Resumed), not has_state(Reply), not gone(Reply)],
    Changed = maps:with(Other, Old),
    Back = [Job || {Pid, _, _, _} = Job <- Jobs, is_map_key(Pid, Changed)] ++ New,
    Refused = convert_back(Back, Mode, {Old, Resumed}, C),
    Failed = Refused ++ untouched(Back, Jobs, Refused, {Old, Resumed, Now}, C),
    Lost = [Pid || {Pid, _} <- Failed, is_map_key(Pid, Old)],
    lists:foreach(fun(Pid) ->
                          remark("~ts: has its state from before the upgrade; what happened since is lost",
                                 [process(Pid, C)])
                  end, Lost),
    note_modes(Jobs ++ New, C),
    Unresumed = maps:keys(maps:without(maps:keys(Resumed), Old)) ++ Same,
    undo_effects(Unresumed, Jobs, Mode, {Old, Resumed}, C),
    Put = Unresumed ++ Lost,
    Unreadable ++ replace_states([{Pid, maps:get(Pid, Old)} || Pid <- Put], C) ++ remove_effects(Put, C)
        ++ [text("~ts: was started by the new code, and its state could not be converted back: ~ts",
                 [process(Pid, C), Why])
            || {Pid, Why} <- Failed, not is_map_key(Pid, Old)].

%% What a conversion has done besides is rolled back by its counterpart, as far as its author provides that.
%% The state itself is put back in any case.
undo_effects(Unresumed, Jobs, Mode, {Old, Resumed}, C) ->
    Now = current_states([Pid || has_effects(), Pid <- Unresumed, not is_supervisor(Pid)], C),
    Affected = affected([{Pid, State} || {Pid, {reply, {ok, State}}} <- Now,
                                         not is_same(Pid, State, maps:get(Pid, Old), C)]),
    convert_back([Job || {Pid, _, _, _} = Job <- Jobs, lists:member(Pid, Affected)], Mode, {Old, Resumed}, C).

%% [{Pid, Why}] of the processes that could not be converted.
convert_back(Jobs, Mode, {Old, Resumed}, C) ->
    Supervisors = [Pid || Pid <- lists:usort([Pid || {Pid, _, _, _} <- Jobs]), is_supervisor(Pid)],
    %% Their children may have changed: init/1 of the old code is asked again, once that is loaded. It returns
    %% which children there are, but not which are no longer there.
    again([{Pid, Module, Extra, {init, added_ids(maps:get(Pid, Old, none), maps:get(Pid, Resumed, none)),
                                 known_ids(maps:get(Pid, Old, none))}}
           || {Pid, Module, _, Extra} <- Jobs, lists:member(Pid, Supervisors)]),
    Back = case Mode of up -> {down, undefined}; down -> undefined end,
    Replies = change_back_all([{Pid, {change_code, Module, reverse_vsn(Vsn, Back), Extra}}
                               || {Pid, Module, Vsn, Extra} <- Jobs, not lists:member(Pid, Supervisors)], C),
    lists:ukeysort(1, [{Pid, reply(Reply)}
                       || {Pid, Reply} <- Replies, Reply =/= {reply, ok}, not gone(Reply)]).

%% They may ask supervisors that are suspended only so that no child is started meanwhile.
change_back_all([], _) ->
    [];
change_back_all(Requests, C) ->
    Journal = recall(journal),
    Suspended = lists:usort(lists:append([Pids || {suspended, Pids} <- journal_of(processes)])),
    Parents = [Pid || Pid <- Suspended, is_supervisor(Pid), is_suspended(Pid)],
    Replies = change_all(down, [], lists:unzip(Requests), C#{suspended := #{{parents, []} => Parents}}),
    record(journal, Journal),
    Replies.

%% [{Pid, Why}] of the processes whose code_change returned ok and changed nothing. A code_change often has a
%% last clause for whatever its author did not think of; but if the upgrade changed a state, the rollback has
%% to. For a process that the new code started, those of the same module show whether it did.
untouched(Back, Jobs, Refused, {Old, Resumed, Now}, C) ->
    Before = maps:from_list([{Pid, parts(Pid, State)} || {Pid, {reply, {ok, State}}} <- Now]),
    Pids = [Pid || Pid <- lists:usort([Pid || {Pid, _, _, _} <- Back]), is_map_key(Pid, Before),
                   not lists:keymember(Pid, 1, Refused), not is_supervisor(Pid)],
    Changing = lists:usort([Module || {Pid, Module, _, _} <- Jobs, is_map_key(Pid, Resumed),
                                      not is_same(Pid, maps:get(Pid, Resumed), maps:get(Pid, Old, none), C)]),
    Born = [Pid || {Pid, Module, _, _} <- Back, not is_map_key(Pid, Old), lists:member(Module, Changing)],
    [{Pid, "code_change left it as it was"}
     || {Pid, {reply, {ok, State}}} <- current_states(Pids, C),
        Same <- [in_both(Pid, parts(Pid, State), maps:get(Pid, Before), C)],
        case {Resumed, Old} of
            {#{Pid := There}, #{Pid := Origin}} ->
                Same -- in_both(Pid, parts(Pid, There), parts(Pid, Origin), C) =/= [];
            _ ->
                Same =/= [] andalso lists:member(Pid, Born)
        end].

%% The names of the parts that both have alike.
in_both(Pid, Some, Others, C) ->
    [Key || {Key, Part} <- Some, lists:any(fun({Same, Other}) ->
                                                   Same =:= Key andalso is_same(Pid, Part, Other, C)
                                           end, Others)].

%% The parts of a state that are converted by themselves: each handler of a gen_event.
parts(_, {erlrc_kept, _} = State) ->
    [{state, State}];
parts(Pid, State) ->
    case is_event_manager(Pid) of
        true -> [{{Module, Id}, Own} || {Module, Id, Own} <- State];
        false -> [{state, State}]
    end.

reverse_vsn({down, _}, _) -> undefined;
reverse_vsn(Vsn, {down, _}) -> {down, Vsn};
reverse_vsn(_, Back) -> Back.

%% A gen_statem keeps the callback mode of the code in which it was converted or started, until it is
%% converted again.
note_modes(Jobs, C) ->
    Modes = callback_modes([Module || {_, Module, _, _} <- Jobs], C),
    again([{Pid, Module, Extra, {mode, maps:get(Module, Modes)}}
           || {Pid, Module, _, Extra} <- Jobs, is_map_key(Module, Modes)]).

%% Processes that have to call the old code, once that is back and before they are resumed: [{Pid, Module,
%% Extra, Why}].
again(Jobs) ->
    record(again, lists:foldl(fun({Pid, _, _, _} = Job, Known) ->
                                      Known#{Pid => [Job | maps:get(Pid, Known, [])]}
                              end, recall(again), Jobs)).

convert_again(Pids, C) ->
    Again = recall(again),
    Jobs = lists:append(maps:values(maps:with(Pids, Again))),
    record(again, maps:without(Pids, Again)),
    Modes = callback_modes([Module || {_, Module, _, {mode, _}} <- Jobs], C),
    Statems = [Job || {_, Module, _, {mode, Mode}} = Job <- Jobs, maps:get(Module, Modes, none) =/= Mode],
    Unasked = change_code([Job || {_, _, _, {init, _, _}} = Job <- Jobs], C),
    Now = current_states([Pid || {Pid, _, _, _} <- Statems], C),
    States = [{Pid, State} || {Pid, {reply, {ok, State}}} <- Now],
    Failed = change_code(Statems, C),
    [text("~ts: init/1 of the old code failed: ~ts", [process(Pid, C), reply(Reply)])
     || {Pid, Reply} <- Unasked]
        ++ replace_states(States, C)
        ++ [text("~ts: still uses the new callback_mode: code_change of the old code failed: ~ts",
                 [process(Pid, C), reply(Reply)]) || {Pid, Reply} <- Failed].
