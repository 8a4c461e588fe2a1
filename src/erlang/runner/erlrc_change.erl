%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Has processes convert their states. They wait for it, so what is seldom needed has a module of its own.
-module(erlrc_change).
-export([change_all/4]).
-import(erlrc_call, [limit/2, now_ms/0]).
-import(erlrc_late, [late_replies/2]).
-import(erlrc_sys, [answers/5, responses/2, send_system/2]).

%% In ms: after that it is looked what a conversion waits for.
-define(moment, 50).

%% [{Pid, Reply}] to the requests. Modules: those whose processes are converted.
change_all(Mode, Modules, {Concerned, Requests}, C) ->
    Until = now_ms() + limit(standard, C),
    Sent = send_system(Concerned, Requests),
    First = responses(Sent, min(Until, now_ms() + ?moment)),
    Replies = case lists:member(timeout, First) of
                  false -> First;
                  true -> late_replies(lists:zip3(Sent, Concerned, First), {Mode, Modules, Until, C})
              end,
    answers(Requests, Concerned, Sent, Replies, C).
