%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The children of supervisors whose init/1 changes.
%%
%% A supervisor that is upgraded calls init/1 of its new code and takes over what that returns, but it neither
%% starts children that are new nor stops those that are gone. New are the children that it has now and did
%% not have before. It is harder to know which are gone: a child that init/1 no longer returns may have been
%% added by supervisor:start_child/2. So only those are gone that init/1 of the old code returned and that of
%% the new does not, and for that both are called once more; the planner knows of which modules this may be
%% done (supervisor_init.cpp).
-module(erlrc_children).
-export([added_ids/2, change_children/2, drop_children/3, note_children/3, start_stopped/4]).
-import(erlrc_call, [bounded/4, now_ms/0]).
-import(erlrc_journal, [journal/2, journal_last/2, remark/2]).
-import(erlrc_restart, [belongings/2, died_with/3]).
-import(erlrc_sys, [ask/3, gone/1, has_state/1, replace_state/3]).
-import(erlrc_text, [fail/2, module_name/1, processes/2, short/1, short_name/1, text/2]).
-import(erlrc_tree, [is_supervisor/1, supervised/2]).

%% [{Supervisor, Module, Children, OldIds}] in the order of the tree; OldIds is unknown or what init/1
%% returned.
note_children(Apps, Items, C) ->
    Found = [{Pid, lists:keyfind(Module, 1, Items)}
             || {Pid, _, _, supervisor, [Module]} <- supervised(Apps, C), lists:keymember(Module, 1, Items)],
    lists:foreach(fun({_, Item}) -> check_init(Item) end, Found),
    States = supervisor_states([Pid || {Pid, _} <- Found], C),
    [{Pid, Module, children(State), case Askable of true -> init_ids(Module, State, C); false -> unknown end}
     || {{Pid, {Module, Askable, _, _}}, {Pid, State}} <- lists:zip(Found, States), has_children(State)].

%% Fails if init/1 creates what exists already.
check_init({Module, _, Tables, Names}) ->
    Why = "supervisor ~ts cannot be upgraded: its init/1 is called again, and ~ts, which exists",
    [fail(Why, [module_name(Module), text("creates the table ~ts", [Table])])
     || Table <- Tables, ets:whereis(Table) =/= undefined],
    [fail(Why, [module_name(Module), text("registers the name ~ts", [Name])])
     || Name <- Names, whereis(Name) =/= undefined].

supervisor_states(Pids, C) ->
    Replies = ask([{Pid, get_state} || Pid <- Pids], standard, C),
    case [Pid || {Pid, Reply} <- Replies, not has_state(Reply), not gone(Reply)] of
        [] -> [{Pid, case Reply of {reply, {ok, State}} -> State; _ -> gone end} || {Pid, Reply} <- Replies];
        Silent -> fail("supervisors that do not answer: ~ts", [processes(Silent, C)])
    end.

%% The state of a supervisor (supervisor.erl, all of OTP 23 to 29): {state, Name, Strategy, {Ids, Children},
%% .., Module, Args}. Elixir's DynamicSupervisor has another, and no children of init/1; nor has
%% simple_one_for_one.
has_children(State) ->
    is_tuple(State) andalso tuple_size(State) > 5 andalso element(1, State) =:= state andalso
        element(3, State) =/= simple_one_for_one.

%% [{Id, Pid, Start}] in the order in which they are started.
children(State) ->
    {Ids, Known} = element(4, State),
    [begin
         Child = maps:get(Id, Known),
         {Id, element(2, Child), element(4, Child)}
     end || Id <- lists:reverse(Ids)].

init_ids(Module, State, #{deadline := Deadline} = C) ->
    Args = element(tuple_size(State), State),
    case bounded(Module, init, [Args], C#{deadline := min(Deadline, now_ms() + 5000)}) of
        {ok, {_, Specs}} when is_list(Specs) -> [id(Spec) || Spec <- Specs];
        _ -> unknown
    end.

id(#{id := Id}) -> Id;
id(Spec) -> element(1, Spec).

change_children(Noted, C) ->
    States = supervisor_states([Pid || {Pid, _, _, _} <- Noted], C),
    Changes = [{Pid, Before, children(State), gone_ids(Module, OldIds, State, C)}
               || {{Pid, Module, Before, OldIds}, {Pid, State}} <- lists:zip(Noted, States),
                  has_children(State)],
    %% The deepest and the youngest are stopped first. A child may move from one supervisor to another, and
    %% only one may have its name.
    New = [{Pid, [Id || {Id, undefined, _} <- Now, not lists:member(Id, Gone),
                        not lists:keymember(Id, 1, Before)]}
           || {Pid, Before, Now, Gone} <- Changes],
    [stop(Pid, Child, C) || {Pid, Before, Now, Gone} <- lists:reverse(Changes),
                            {Id, _, _} = Child <- lists:reverse(Now),
                            lists:member(Id, Gone), lists:keymember(Id, 1, Before)],
    [start(Pid, Id, C) || {Pid, Ids} <- New, Id <- Ids],
    [remark("child ~0tp of ~ts keeps running as ~0tp started it, the new one would be ~0tp",
            [Id, short_name(Pid), mfa(Start), mfa(Later)])
     || {Pid, Before, Now, _} <- Changes, {Id, Running, Start} <- Before, is_pid(Running),
        {_, Same, Later} <- [lists:keyfind(Id, 1, Now)], Same =:= Running, mfa(Later) =/= mfa(Start)],
    ok.

mfa({M, F, A}) when is_list(A) -> {M, F, length(A)};
mfa({M, F, _}) -> {M, F}.

gone_ids(_, unknown, _, _) -> [];
gone_ids(Module, OldIds, State, C) ->
    case init_ids(Module, State, C) of
        unknown -> [];
        NewIds -> OldIds -- NewIds
    end.

stop(Supervisor, {Id, Pid, _}, C) ->
    Snapshot = case is_pid(Pid) andalso not is_supervisor(Pid) andalso ask([{Pid, get_state}], standard, C) of
                   [{_, {reply, {ok, State}}}] -> {Pid, State, belongings(Pid, Supervisor)};
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
    expect_ok(bounded(supervisor, restart_child, [Supervisor, Id], C), "start", Id, Supervisor).

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
    [Id || has_children(Before), has_children(After), {Id, _, _} <- children(After),
           not lists:keymember(Id, 1, children(Before))].

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
        true -> remark("child ~0tp was stopped, and started again with the state that it had", [Id]), [];
        false -> [text("child ~0tp was stopped, and started again without the state that it had", [Id])]
    end.
