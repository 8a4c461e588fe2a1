%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Describes a node so that it can be compared with another one, on which OTP's release_handler has run the same
%% script (tests/live/twins_test.cpp).
-module(lab_twin).
-export([end_state/0, release_handler/4]).

%% Runs release_handler by itself with the appup in Dir/ebin; returns done, or its error.
release_handler(Direction, App, Vsn, Dir) ->
    Answer = try
                 {ok, Script} = case Direction of
                                    up -> {ok, Vsn, Up} = release_handler:upgrade_script(App, Dir), {ok, Up};
                                    down -> release_handler:downgrade_script(App, Vsn, Dir)
                                end,
                 release_handler:eval_appup_script(App, Vsn, Dir, Script)
             catch
                 Class:Reason -> {Class, Reason}
             end,
    case Answer of
        {ok, Unpurged} ->
            %% release_handler does the same when a release is made permanent.
            [code:purge(Module) || {Module, brutal_purge} <- Unpurged],
            done;
        Failed ->
            Failed
    end.

%% The changes of the node since the last mark, in a form that is the same on any node: [{Section, [Row]}].
end_state() ->
    Then = persistent_term:get(lab_mark),
    Now = lab:snapshot(),
    {Own, Others} = lists:partition(fun(Dir) -> lab:of_test(path, Dir) end, code:get_path()),
    Before = proplists:get_value(pids, Then),
    Calls = lab:calls(),
    Sections =
        [{path, [{others, Others} | lists:zip(lists:seq(1, length(Own)), Own)]},
         {processes, [{Name, general(State)} || {Name, State} <- proplists:get_value(processes, Now)]},
         {lives, [{Name, case lists:member(Row, Before) of true -> same; false -> new end,
                   process_info(Pid, message_queue_len)} || {Name, Pid} = Row <- proplists:get_value(pids, Now)]},
         {old_code, lists:sort([M || {M, File} <- code:all_loaded(), lab:of_test(M, File), erlang:check_old_code(M)])},
         %% Processes may be called at the same time: only the order of each one's calls is compared.
         {calls, [{Who, [Call || Call <- Calls, element(2, Call) =:= Who]}
                  || Who <- lists:usort([element(2, Call) || Call <- Calls])]}],
    ordered(Sections ++ [Row || {Section, _} = Row <- Now, not lists:member(Section, [path, processes, pids])]).

%% Maps as lists: since OTP 26 the order of their keys is not the same on all nodes.
ordered([Head | Tail]) -> [ordered(Head) | ordered(Tail)];
ordered(Tuple) when is_tuple(Tuple) -> list_to_tuple(ordered(tuple_to_list(Tuple)));
ordered(Map) when is_map(Map) -> {map, ordered(lists:sort(maps:to_list(Map)))};
ordered(Other) -> Other.

%% A supervisor's state without the times when it restarted children.
general({Status, State, OldCode, Children}) when element(1, State) =:= state, is_list(element(8, State)) ->
    {Status, setelement(8, State, length(element(8, State))), OldCode, Children};
general(Process) ->
    Process.
