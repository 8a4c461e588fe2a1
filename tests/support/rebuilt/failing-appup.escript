#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%% Prints an appup whose upgrades end with a call that fails: failing-appup.escript FILE.appup
main([File]) ->
    {ok, [{Vsn, Ups, Downs}]} = file:consult(File),
    Failing = [{From, Instructions ++ [{apply, {erlang, error, [made_to_fail]}}]} || {From, Instructions} <- Ups],
    io:format("~p.~n", [{Vsn, Failing, Downs}]).
