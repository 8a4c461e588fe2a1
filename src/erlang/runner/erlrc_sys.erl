%% SPDX-License-Identifier: BSD-3-Clause
%%
%% System messages (sys(3erl)) to many processes at once.
-module(erlrc_sys).
-export([answers/5, ask/3, check_resumed/2, current_states/2, failures/1, gone/1, has_state/1, is_idle/1,
         note_resumption/0, note_suspension/1, replace_state/3, replace_states/2, replacements/1,
         responses/2, resume/2, resume_with_states/3, returned_states/3, send_system/2, states_are_tagged/1,
         suspended_us/0]).
-import(erlrc_call, [limit/2, us_since/1]).
-import(erlrc_journal, [recall/1, record/2]).
-import(erlrc_kept, [ask_states/1, kept_replies/3, put_back/2]).
-import(erlrc_text, [fail/2, process/2, processes/2, reply/1, text/2]).

replace_state(Pid, Old, C) ->
    replace_states([{Pid, Old}], C).

%% gen_event: the state is a list of its handlers', and the fun is called for each. If there are several with
%% one name, it is not known for which of them it is called. A fun of ours would take a copy of this whole
%% program with it to each process.
replace_states(All, C) ->
    Kept = [{Pid, Key} || {Pid, {erlrc_kept, Key}} <- All],
    [text("~ts: its state could not be put back", [process(Pid, C)])
     || {Pid, _} = Own <- Kept, not put_back(Own, C), is_process_alive(Pid)]
        ++ replace_copies([Copy || {Pid, _} = Copy <- All, not lists:keymember(Pid, 1, Kept)], C).

replace_copies(States, C) ->
    Replies = ask(replacements(States), standard, C),
    [text("~ts: its state could not be put back: ~ts", [process(Pid, C), reply(Reply)])
     || {Pid, Reply} <- Replies, not has_state(Reply), not gone(Reply)]
        ++ [text("~ts: its state could not be put back as a whole", [process(Pid, C)])
            || {{Pid, Old}, {Pid, {reply, {ok, State}}}} <- lists:zip(States, Replies),
               not is_put_back(Old, State)].

%% [{Pid, SystemMessage}]
replacements(States) ->
    {ok, Tokens, _} = erl_scan:string("fun(Current) ->"
                                      "  case is_list(Old) andalso is_tuple(Current)"
                                      "       andalso tuple_size(Current) =:= 3"
                                      "       andalso lists:usort([H || {_, _, _} = H <- Old,"
                                      "                 element(1, H) =:= element(1, Current),"
                                      "                 element(2, H) =:= element(2, Current)]) of"
                                      "    [Handler] -> Handler;"
                                      "    _ -> Old"
                                      "  end "
                                      "end."),
    {ok, [Put]} = erl_parse:parse_exprs(Tokens),
    None = erl_eval:new_bindings(),
    Funs = [{Pid, erl_eval:expr(Put, erl_eval:add_binding('Old', Old, None))} || {Pid, Old} <- States],
    [{Pid, {replace_state, Fun}} || {Pid, {value, Fun, _}} <- Funs].

%% A gen_event may have got handlers meanwhile, or lost some.
is_put_back(Same, Same) ->
    true;
is_put_back(Old, State) when is_list(Old), is_list(State) ->
    Known = [{Module, Id} || {Module, Id, _} <- Old],
    [Handler || {Module, Id, _} = Handler <- State, lists:member({Module, Id}, Known)] -- Old =:= []
        andalso length(Known) =:= length(Old);
is_put_back(_, _) ->
    false.

%% Sends a system message (sys(3erl)) to each process at once and collects the answers: [{Pid, Reply}] in that
%% order, where Reply is {reply, Term}, {down, Reason} or timeout.
ask(Requests, Limit, C) ->
    {Pids, Asked} = lists:unzip(Requests),
    ask(Pids, Asked, Limit, C).

ask(Pids, Asked, Limit, C) ->
    Sent = send_system(Pids, Asked),
    answers(Asked, Pids, Sent, responses(Sent, erlang:monotonic_time(millisecond) + limit(Limit, C)), C).

%% [{Pid, Reply}] to the question for the state.
current_states(Pids, C) ->
    {Sent, Kept} = ask_states(Pids),
    Replies = responses(Sent, erlang:monotonic_time(millisecond) + limit(standard, C)),
    states(Pids, Sent, kept_replies(Pids, Replies, {Kept, states_are_tagged(C)}), C).

%% Asked: as erlrc_kept:ask_states/1 returned it. Returns the states of all: {[{Pid, State}], [{Pid, Reply}]
%% of those that returned none and are still there}. There may be thousands, which wait meanwhile, so where
%% all is well only library functions look at each of them.
returned_states([], _, _) ->
    {[], []};
returned_states(Pids, {Sent, Kept}, C) ->
    Received = responses(Sent, erlang:monotonic_time(millisecond) + limit(standard, C)),
    Replies = case Kept =:= #{} of
                  true -> Received;
                  false -> kept_replies(Pids, Received, {Kept, states_are_tagged(C)})
              end,
    case all_answered(Replies) of
        {true, Values} ->
            {case states_are_tagged(C) of
                 true -> {_, States} = lists:unzip(Values), lists:zip(Pids, States);
                 false -> lists:zip(Pids, Values)
             end, []};
        false ->
            All = states(Pids, Sent, Replies, C),
            {[{Pid, State} || {Pid, {reply, {ok, State}}} <- All],
             [{Pid, Reply} || {Pid, Reply} <- All, not has_state(Reply), not gone(Reply)]}
    end.

%% A state that looks like an error is looked at more closely.
all_answered(Replies) ->
    case lists:member(timeout, Replies) orelse lists:keymember(error, 1, Replies) of
        true ->
            false;
        false ->
            {_, Values} = lists:unzip(Replies),
            not lists:keymember(error, 1, Values) andalso {true, Values}
    end.

send_system(Pids, Requests) ->
    lists:zipwith3(fun gen:send_request/3, Pids, lists:duplicate(length(Pids), system), Requests).

answers([get_state | _], Pids, Sent, Replies, C) ->
    states(Pids, Sent, Replies, C);
answers([{replace_state, _} | _], Pids, Sent, Replies, C) ->
    states(Pids, Sent, Replies, C);
answers(_, Pids, Sent, Replies, _) ->
    case lists:usort(Replies) of
        [{reply, ok}] -> lists:zip(Pids, Replies);
        _ -> lists:zip(Pids, replies(Sent, Replies))
    end.

%% Older releases (25) return a state as it is, newer ones (27) return {ok, State}. Here it is always the
%% latter.
states(Pids, Sent, Replies, C) ->
    Bare = not states_are_tagged(C),
    [{Pid, case Reply of
               {reply, {error, Failed}} when element(1, Failed) =:= callback_failed -> Reply;
               {reply, State} when Bare -> {reply, {ok, State}};
               _ -> Reply
           end} || {Pid, Reply} <- lists:zip(Pids, replies(Sent, Replies))].

replies(Sent, Replies) ->
    [case Reply of
         {error, {Reason, _}} -> {down, Reason};
         timeout -> demonitor(Ref, [flush]), timeout;
         _ -> Reply
     end || {Ref, Reply} <- lists:zip(Sent, Replies)].

%% The reply to each request, or timeout. Nearly all have arrived when it is their turn, so first each gets
%% its share of the time, by compiled code. Only a request for which that was too little gets all of the time
%% that is left.
responses(Sent, Until) ->
    Share = max(0, Until - erlang:monotonic_time(millisecond)) div max(1, length(Sent)),
    Replies = lists:zipwith(fun gen:wait_response/2, Sent, lists:duplicate(length(Sent), Share)),
    case lists:member(timeout, Replies) of
        false -> Replies;
        true -> [case Reply of
                     timeout -> gen:wait_response(Ref, max(0, Until - erlang:monotonic_time(millisecond)));
                     _ -> Reply
                 end || {Ref, Reply} <- lists:zip(Sent, Replies)]
    end.

has_state({reply, {ok, _}}) -> true;
has_state(_) -> false.

%% Which of the two this release does. A process of the kernel is asked, whose state does not change.
states_are_tagged(#{states_are_tagged := Known}) when Known =/= unknown ->
    Known;
states_are_tagged(_) ->
    State = sys:get_state(kernel_refc),
    {ok, Answer} = gen:call(kernel_refc, system, get_state, 5000),
    Answer =:= {ok, State}.

resume(Pids, C) ->
    {_, Replies} = resume_with_states(Pids, [], C),
    check_resumed(Replies, C).

%% Whether it waits in the loop of a behaviour, which takes system messages (sys(3erl)).
is_idle(Pid) ->
    case process_info(Pid, current_function) of
        {_, {Module, _, _}} -> lists:member(Module, [gen_server, gen_statem, gen_event, gen_fsm]);
        undefined -> false
    end.

%% The states with which some of those are resumed, and the answers of all, for check_resumed/2: no process
%% waits until the states of the others are known.
resume_with_states(Pids, Some, C) ->
    SentStates = ask_states(Some),
    Sent = send_system(Pids, lists:duplicate(length(Pids), resume)),
    Until = erlang:monotonic_time(millisecond) + limit(standard, C),
    {States, _} = returned_states(Some, SentStates, C),
    {States, answers([resume], Pids, Sent, responses(Sent, Until), C)}.

check_resumed(Replies, C) ->
    end_suspension(),
    case [Pid || {Pid, _} <- failures(Replies)] of
        [] -> ok;
        Silent -> fail("not resumed: ~ts", [processes(Silent, C)])
    end.

%% The rows of [{Pid, Reply}] whose reply is not ok.
failures(Replies) ->
    {_, Values} = lists:unzip(Replies),
    case lists:usort(Values) of
        [{reply, ok}] -> [];
        _ -> [Failed || {_, Reply} = Failed <- Replies, Reply =/= {reply, ok}, not gone(Reply)]
    end.

%% A process that died meanwhile needs nothing: its supervisor starts the next one in the code that is loaded.
gone({down, _}) -> true;
gone(_) -> false.

%% {When it began | none, the longest so far in microseconds, how often it was tried}.
note_suspension([]) -> ok;
note_suspension(_) ->
    case recall(suspension) of
        {none, Longest, Times} -> record(suspension, {erlang:monotonic_time(), Longest, Times + 1});
        _ -> ok
    end.

end_suspension() ->
    case recall(suspension) of
        {none, _, _} -> ok;
        {Began, Longest, Times} -> record(suspension, {Began, max(Longest, us_since(Began)), Times})
    end.

%% No process is suspended by us any longer.
note_resumption() ->
    {_, Longest, Times} = recall(suspension),
    record(suspension, {none, Longest, Times}),
    ok.

%% {The longest pause, how often it was tried}
suspended_us() ->
    {_, Longest, Times} = recall(suspension),
    {Longest, Times}.
