%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The children of supervisors whose init/1 changes.
%%
%% A supervisor that is upgraded calls init/1 of its new code and takes over what that returns, but it neither
%% starts children that are new nor stops those that are gone. A child is new if init/1 of the old code did
%% not return it and that of the new does, and gone the other way round; under a new id with the same start
%% function it is the same child. So a temporary child that has ended, or one that an operator has deleted, is
%% not new, and one that was added by supervisor:start_child/2 is not gone.
%%
%% What init/1 returns is known if it may be called once more (supervisor_init.cpp), or predicted
%% (erlrc_predict). If the old one is not known, new is what the supervisor has now and had not before.
%%
%% A supervisor whose code is the same may return other children, too: if its init/1 asks code or an
%% environment that changes, or if its children are arguments of the function that starts it, as with
%% Elixir's Supervisor.start_link(children, options). It is compared when all else is done, and converted
%% then.
-module(erlrc_children).
-export([added_ids/2, change_children/2, drop_children/3, known_ids/1, moved/1, reset/2, same_starts/2,
         start_stopped/4, starts/1, stop_child/3, unknown_ids/3]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_init, [init_now/2, starter_name/1]).
-import(erlrc_journal, [journal/2, journal_last/2, journal_oldest/2, note_new_child/1, remark/2]).
-import(erlrc_restart, [belongings/2, died_with/3]).
-import(erlrc_supervisor, [check_change/3, children/1, convert/4, has_children/1, rename/4, specs_of/1,
                           state_args/1, states/2]).
-import(erlrc_sys, [ask/3, replace_state/3]).
-import(erlrc_text, [fail/2, short/1, short_name/1, text/2]).
-import(erlrc_tree, [is_supervisor/1]).

change_children(Noted, C) ->
    Compared = [{Row, init_now(Row, C)} || #{state := State} = Row <- Noted, has_children(State)],
    Converted = [Each || {Row, New} = Each <- Compared, is_converted(Row, New, C)],
    States = states([Pid || {#{pid := Pid}, _} <- Converted], C),
    Changes = [change(Row, New, State, C)
               || {{Row, New}, {_, State}} <- lists:zip(Converted, States), has_children(State)],
    %% The deepest and the youngest are stopped first. A child may move from one supervisor to another, and
    %% only one may have its name.
    [stop_child(Pid, Child, C) || {Pid, Gone, _, _} <- lists:reverse(Changes), Child <- lists:reverse(Gone)],
    [start(Pid, Id, C) || {Pid, _, New, _} <- Changes, {Id, _} <- New],
    [remark("child ~0tp of ~ts: moved to ~ts: stopped and started again, and its state is lost",
            [Id, short_name(From), short_name(To)])
     || {From, Id, To} <- moved(Changes) ++ moved_below(Changes, C)],
    [remark("child ~0tp of ~ts keeps running as ~0tp started it, the new one would be ~0tp",
            [Id, short_name(Pid), mfa(Start), mfa(Later)])
     || {Pid, _, _, Kept} <- Changes, {Id, Start, Later} <- Kept, mfa(Later) =/= mfa(Start)],
    %% Not which ones: there may be passwords among them.
    [remark("child ~0tp of ~ts keeps running, and will have other arguments when it is started again",
            [Id, short_name(Pid)])
     || {Pid, _, _, Kept} <- Changes, {Id, Start, Later} <- Kept, mfa(Later) =:= mfa(Start),
        not are_alike(Later, Start)],
    ok.

%% Each version makes funs of its own.
are_alike(Same, Same) -> true;
are_alike(F, G) when is_function(F), is_function(G) -> true;
are_alike([A | As], [B | Bs]) -> are_alike(A, B) andalso are_alike(As, Bs);
are_alike(A, B) when is_tuple(A), is_tuple(B) -> are_alike(tuple_to_list(A), tuple_to_list(B));
are_alike(A, B) when is_map(A), is_map(B) -> are_alike(maps:to_list(A), maps:to_list(B));
are_alike(_, _) -> false.

%% Whether the supervisor has taken over what init/1 of the new version returns. Those whose code is the same
%% do that now, if it is something else.
is_converted(#{how := changed}, _, _) ->
    true;
is_converted(#{pid := Pid} = Row, {unknown, Why}, _) ->
    remark("supervisor ~ts keeps the children that it has: which ones it would start with is not known, "
           "because of ~ts in ~ts", [short_name(Pid), Why, starter_name(Row)]),
    false;
is_converted(#{pid := Pid, module := Module, state := State, specs := Old} = Row, New, C) ->
    {Args, Specs} = case New of
                        {args, Given} -> {Given, specs_of({ok, Given})};
                        _ -> {state_args(State), New}
                    end,
    case {Old, Specs} of
        {_, unknown} ->
            false;
        {Same, Same} ->
            false;
        _ ->
            check_change(Pid, State, Specs),
            journal_oldest(children, {reset, Row}),
            convert(Pid, Module, Args, C),
            true
    end.

%% For the undo: a supervisor that was converted here takes over what init/1 of the old version returns, now
%% that all else is as it was.
reset(#{pid := Pid, module := Module, state := State}, C) ->
    case is_process_alive(Pid) of
        true ->
            convert(Pid, Module, state_args(State), C),
            drop_children(Pid, unknown_ids(Pid, known_ids(State), C), C);
        false ->
            []
    end.

%% Compares what the supervisor had with what it has, and renames children: {Pid, [{Id, Pid, Start}] that are
%% gone, [{Id, Start}] that are new, [{Id, Start, LaterStart}] that keep running}.
change(#{pid := Pid, state := State, specs := Old}, New0, Later, C) ->
    New = case New0 of {args, Args} -> specs_of({ok, Args}); _ -> New0 end,
    Before = children(State),
    Now = children(Later),
    {OldSpecs, NewSpecs} = {starts(Old), starts(New)},
    Waiting = [Id || {Id, undefined, _, _} <- Now, not lists:keymember(Id, 1, Before)],
    case {OldSpecs, NewSpecs} of
        {_, _} when is_list(OldSpecs), is_list(NewSpecs) ->
            Missing = [Spec || {Id, _} = Spec <- OldSpecs, not lists:keymember(Id, 1, NewSpecs)],
            Added = [Spec || {Id, _} = Spec <- NewSpecs, not lists:keymember(Id, 1, OldSpecs)],
            Same = same_starts(Added, Missing),
            rename_all(Pid, Same, Before, C),
            Gone = [Id || {Id, _} <- Missing] -- [Id || {Id, _} <- Same],
            Fresh = [Id || {Id, _} <- Added, not lists:keymember(Id, 2, Same)],
            remove_entries(Pid, [Id || Id <- Waiting, not lists:member(Id, Fresh),
                                       not is_renamed(Id, Same, Before)], C),
            {Pid, [Child || {Id, _, _, _} = Child <- Before, lists:member(Id, Gone),
                            lists:keymember(Id, 1, Now)],
             [Child || {Id, _} = Child <- NewSpecs, lists:member(Id, Waiting), lists:member(Id, Fresh)],
             kept(Before, Now)};
        _ ->
            Known = case OldSpecs of unknown -> []; _ -> [Id || {Id, _} <- OldSpecs] end,
            Startable = startable(Pid, Waiting -- Known, Now, OldSpecs),
            {Pid, [], [{Id, Start} || {Id, _, Start, _} <- Now, lists:member(Id, Startable)],
             kept(Before, Now)}
    end.

%% [{Supervisor, Id, Other}]: the children that ran, are gone from one supervisor and new in another one, by
%% their start functions.
moved(Changes) ->
    [{From, Id, To} || {From, Gone, _, _} <- Changes, {Id, Pid, Start, _} <- Gone, is_pid(Pid),
                       {To, _, New, _} <- Changes, To =/= From, {_, Same} <- New, Same =:= Start].

%% The same for those that a supervisor has now which is new itself.
moved_below(Changes, C) ->
    Gone = [{From, Id, Start} || {From, Children, _, _} <- Changes, {Id, Pid, Start, _} <- Children,
                                 is_pid(Pid)],
    New = case Gone of
              [] -> [];
              _ -> lists:append([started_below(Child, C) || {Pid, _, [_ | _] = Started, _} <- Changes,
                                                            {Id, _} <- Started,
                                                            Child <- running_supervisor(Pid, Id, C)])
          end,
    [{From, Id, To} || {From, Id, Start} <- Gone, {To, Same} <- New, Same =:= Start].

running_supervisor(Supervisor, Id, C) ->
    [Pid || {Same, Pid, supervisor, _} <- which_children(Supervisor, C), Same =:= Id, is_pid(Pid),
            is_supervisor(Pid)].

%% [{Supervisor, Start}]
started_below(Supervisor, C) ->
    lists:append([[{Supervisor, Start} || {ok, #{start := Start}} <-
                                              [bounded(supervisor, get_childspec, [Supervisor, Id], C)]]
                  ++ lists:append([started_below(Pid, C) || Type =:= supervisor, is_pid(Pid),
                                                            is_supervisor(Pid)])
                  || {Id, Pid, Type, _} <- which_children(Supervisor, C), Id =/= undefined]).

which_children(Supervisor, C) ->
    case bounded(supervisor, which_children, [Supervisor], C) of
        Children when is_list(Children) -> Children;
        _ -> []
    end.

starts({ok, {_, Specs}}) -> [{Id, Start} || #{id := Id, start := Start} <- Specs];
starts(_) -> unknown.

%% [{OldId, NewId}] of the children that have another id.
same_starts(Added, Missing) ->
    {Same, _} = lists:foldl(fun({New, Start}, {Found, Left}) ->
                                    case lists:keyfind(Start, 2, Left) of
                                        {Old, _} -> {[{Old, New} | Found], lists:keydelete(Old, 1, Left)};
                                        false -> {Found, Left}
                                    end
                            end, {[], Missing}, Added),
    lists:reverse(Same).

rename_all(Pid, Same, Before, C) ->
    [begin
         journal(children, {renamed, Pid, Old, New}),
         rename(Pid, Old, New, C)
     end || {Old, New} <- Same, lists:keymember(Old, 1, Before)].

is_renamed(Id, Same, Before) ->
    case lists:keyfind(Id, 2, Same) of
        {Old, _} -> lists:keymember(Old, 1, Before);
        false -> false
    end.

%% Without the old list it is not known whether a temporary child is new or has ended.
startable(Pid, Ids, Now, Old) ->
    Ended = [Id || {Id, _, _, temporary} <- Now, lists:member(Id, Ids), Old =:= unknown],
    [remark("child ~0tp of ~ts is not started: it is temporary, and may have done its work",
            [Id, short_name(Pid)]) || Id <- Ended],
    Ids -- Ended.

kept(Before, Now) ->
    [{Id, Start, Later} || {Id, Running, Start, _} <- Before, is_pid(Running),
                           {_, Same, Later, _} <- [lists:keyfind(Id, 1, Now)], Same =:= Running].

mfa({M, F, A}) when is_list(A) -> {M, F, length(A)};
mfa({M, F, _}) -> {M, F}.

%% The supervisor lists them only because init/1 returns them: they had ended for good, or been deleted.
remove_entries(Supervisor, Ids, C) ->
    [expect_ok(bounded(supervisor, delete_child, [Supervisor, Id], C), "remove", Id, Supervisor)
     || Id <- Ids],
    ok.

stop_child(Supervisor, {Id, Pid, _, _}, #{converted := Converted} = C) ->
    Now = is_pid(Pid) andalso not is_supervisor(Pid) andalso ask([{Pid, get_state}], standard, C),
    Snapshot = case {Now, Converted} of
                   %% It will be started again by the code that it had before.
                   {[_], #{Pid := State}} -> {Pid, State, belongings(Pid, Supervisor)};
                   {[{_, {reply, {ok, State}}}], _} -> {Pid, State, belongings(Pid, Supervisor)};
                   _ -> none
               end,
    %% The undo starts it again when all else is as it was, above all its code, and the last one first.
    is_pid(Pid) andalso journal_last(children, {child_stopped, Supervisor, Id, Snapshot}),
    expect_ok(bounded(supervisor, terminate_child, [Supervisor, Id], C), "stop", Id, Supervisor),
    case bounded(supervisor, delete_child, [Supervisor, Id], C) of
        {error, not_found} -> ok;  % it was temporary
        Result -> expect_ok(Result, "remove", Id, Supervisor)
    end.

start(Supervisor, Id, C) ->
    journal(children, {child_started, Supervisor, Id}),
    Result = bounded(supervisor, restart_child, [Supervisor, Id], C),
    note_new_child(Result),
    expect_ok(Result, "start", Id, Supervisor).

expect_ok(ok, _, _, _) -> ok;
expect_ok({error, running}, "start", _, _) -> ok;
expect_ok(Ok, _, _, _) when is_tuple(Ok), element(1, Ok) =:= ok -> ok;
expect_ok(Failed, What, Id, Supervisor) ->
    Why = case Failed of
              timeout -> "not done within the time limit";
              {raised, Text} -> Text;
              {error, Reason} -> short(Reason);
              Other -> short(Other)
          end,
    fail("child ~0tp of ~ts: ~ts: ~ts", [Id, short_name(Supervisor), What, Why]).

%% The children that a supervisor got from init/1 when it was converted, by its states before and after that.
added_ids(Before, After) ->
    [Id || has_children(Before), has_children(After), {Id, _, _, _} <- children(After),
           not lists:keymember(Id, 1, children(Before))].

known_ids(State) ->
    case has_children(State) of
        true -> [Id || {Id, _, _, _} <- children(State)];
        false -> unknown
    end.

%% The children that it lists, that do not run, and that are not among these.
unknown_ids(_, unknown, _) ->
    [];
unknown_ids(Supervisor, Known, C) ->
    [Id || {Id, undefined, _, _} <- which_children(Supervisor, C), not lists:member(Id, Known)].

%% For the undo, like the functions below: what could not be done, as texts. An appup that starts another
%% child of that supervisor may have started these, too.
drop_children(Supervisor, Ids, C) ->
    lists:append([case {bounded(supervisor, terminate_child, [Supervisor, Id], C),
                        bounded(supervisor, delete_child, [Supervisor, Id], C)} of
                      {_, ok} -> [];
                      {_, {error, not_found}} -> [];
                      {_, Failed} -> [text("child ~0tp of ~ts: not removed: ~ts",
                                           [Id, short_name(Supervisor), short(Failed)])]
                  end || Id <- Ids, is_process_alive(Supervisor)]).

start_stopped(Supervisor, Id, Snapshot, C) ->
    case {bounded(supervisor, restart_child, [Supervisor, Id], C), Snapshot} of
        {{error, running}, _} ->
            [];
        {{ok, New}, {Old, State, Belongings}} when is_pid(New) ->
            give_state(New, State, Id, died_with(Old, State, Belongings), C);
        {Ok, none} when is_tuple(Ok), element(1, Ok) =:= ok ->
            [text("child ~0tp of ~ts: was stopped and started afresh; its state, and that of its children, "
                  "is not put back", [Id, short_name(Supervisor)])];
        {Ok, _} when is_tuple(Ok), element(1, Ok) =:= ok ->
            [];
        {Failed, _} ->
            [text("child ~0tp of ~ts: not started again: ~ts", [Id, short_name(Supervisor), short(Failed)])]
    end.

give_state(_, _, Id, {lost, What}, _) ->
    [text("child ~0tp: was stopped and started afresh; its state is not put back, because ~ts died with it",
          [Id, What])];
give_state(Pid, State, Id, nothing, C) ->
    Given = replace_state(Pid, State, C) =:= []
        andalso ask([{Pid, get_state}], standard, C) =:= [{Pid, {reply, {ok, State}}}],
    case Given of
        true ->
            remark("child ~0tp was stopped, and started again with the state that it had, but without timers "
                   "and monitors of its own", [Id]),
            [];
        false -> [text("child ~0tp was stopped, and started again without the state that it had", [Id])]
    end.
