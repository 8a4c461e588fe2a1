%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Upgrades and downgrades the applications of a running ejabberd one after the other, while sessions exchange
%% messages. Prints for each change the outcome that the program reports and the effects on the sessions.
%%
%%   erl -noinput -s ejabberd_trial main PLAN BIN SESSIONS
%%
%% PLAN is a file of terms {PROGRAM, APP, EARLIER, LATER, EARLIERDIR, LATERDIR}, BIN the directory of the
%% programs.
-module(ejabberd_trial).
-export([main/1]).

main([Plan, Bin, Count]) ->
    Result = try run(atom_to_list(Plan), atom_to_list(Bin), list_to_integer(atom_to_list(Count)))
             catch Class:Reason:Stack -> io:format("~p: ~p~n~p~n", [Class, Reason, Stack]), 1
             end,
    halt(Result).

run(Plan, Bin, Count) ->
    {ok, _} = application:ensure_all_started(ssl),
    {ok, Steps} = file:consult(Plan),
    Sessions = [open(N, N rem Count + 1, case N rem 2 of 0 -> plain; 1 -> tls end) || N <- lists:seq(1, Count)],
    [Pid ! begin_sending || Pid <- Sessions],
    io:format("~p sessions, every other one with TLS; each sends 10 messages a second to another one and asks for its "
              "roster once a second.~n~n", [Count]),
    io:format("| change | outcome | suspended | messages meanwhile | lost | sessions lost | longest delay | new login |~n"
              "|---|---|---|---|---|---|---|---|~n"),
    timer:sleep(2000),
    Bad = lists:sum([step(Step, Bin, Sessions) || Step <- Steps]),
    [xmpp_session:stop_sending(Pid) || Pid <- Sessions],
    timer:sleep(3000),
    finish(Bad, sum(Sessions)).

open(Number, To, Kind) ->
    Pid = xmpp_session:start(Number, To, Kind),
    receive {Pid, up} -> Pid after 30000 -> error({no_session, Number, Kind}) end.

step({Program, App, Earlier, Later, EarlierDir, LaterDir}, Bin, Sessions) ->
    Before = sum(Sessions),
    Command = [Bin ++ "/erlrc-" ++ atom_to_list(Program), "--json", atom_to_list(App),
               quoted(Earlier), quoted(Later), EarlierDir, LaterDir, "2>&1"],
    Json = os:cmd(lists:flatten(lists:join(" ", Command))),
    timer:sleep(1500),
    After = sum(Sessions),
    Logins = lists:usort([xmpp_session:login(Kind) || Kind <- [plain, tls]]),
    {From, To} = case Program of upgrade -> {Earlier, Later}; downgrade -> {Later, Earlier} end,
    [Messages, Lost, Gone] = [maps:get(Key, After) - maps:get(Key, Before) || Key <- [got, lost, gone]],
    io:format("| ~ts ~ts -> ~ts | ~ts | ~p | ~p | ~p | ~.1f ms | ~ts |~n",
              [App, From, To, cells(Json), Messages, Lost, Gone, maps:get(longest, After) / 1000,
               logins(Logins)]),
    Lost + Gone + case {Logins, re:run(Json, "\"exit\":[01]")} of {[ok], {match, _}} -> 0; _ -> 1 end.

quoted(Text) -> "'" ++ Text ++ "'".

logins([ok]) -> "ok";
logins(Other) -> io_lib:format("~0tP", [Other, 20]).

%% Two cells: the outcome with its reason and remarks, and for how long processes were suspended.
cells(Json) ->
    [Outcome, Word, Message] = [value(Json, Key) || Key <- ["outcome", "word", "message"]],
    Suspended = case re:run(Json, "\"suspended_us\":([0-9]+)", [{capture, [1], list}]) of
                    {match, [Us]} -> io_lib:format("~.1f ms", [list_to_integer(Us) / 1000]);
                    nomatch -> ""
                end,
    Remarks = case re:run(Json, "\"remarks\":\\[(.*?)\\],\"notes\"", [{capture, [1], list}]) of
                  {match, [[_ | _] = All]} -> "; " ++ [C || C <- All, C =/= $", C =/= $|];
                  _ -> ""
              end,
    Why = case Message of "" -> ""; _ -> ": " ++ [C || C <- Message, C =/= $|] end,
    [case lists:member(Word, ["upgraded", "downgraded", Outcome]) of
         true -> Outcome;
         false -> Outcome ++ " (" ++ Word ++ ")"
     end, without_pids(Why), without_pids(Remarks), " | ", Suspended].

%% Makes the text the same in each run.
without_pids(Text) -> re:replace(Text, "<[0-9]+\\.[0-9]+\\.[0-9]+>", "<pid>", [global, unicode]).

value(Json, Key) ->
    case re:run(Json, "\"" ++ Key ++ "\":\"((?:[^\"\\\\]|\\\\.)*)\"", [{capture, [1], list}]) of
        {match, [Value]} -> Value;
        nomatch -> "?"
    end.

sum(Sessions) ->
    Accounts = [xmpp_session:account(Pid) || Pid <- Sessions],
    #{sent => total(sent, Accounts), got => total(got, Accounts), lost => total(lost, Accounts),
      asked => total(asked, Accounts), answered => total(answered, Accounts),
      gone => length([A || #{gone := true} = A <- Accounts]),
      longest => lists:max([maps:get(longest, A, 0) || A <- Accounts])}.

total(Key, Accounts) -> lists:sum([maps:get(Key, A, 0) || A <- Accounts]).

finish(Bad, #{sent := Sent, got := Got, lost := Lost, gone := Gone, asked := Asked, answered := Answered}) ->
    io:format("~nAll in all ~p messages sent, ~p received, ~p lost; ~p rosters asked for, ~p answered; ~p sessions lost.~n",
              [Sent, Got, Lost, Asked, Answered, Gone]),
    case Bad =:= 0 andalso Sent =:= Got andalso Lost =:= 0 andalso Gone =:= 0 andalso Asked =:= Answered of
        true -> 0;
        false -> io:format("FAILED~n"), 1
    end.
