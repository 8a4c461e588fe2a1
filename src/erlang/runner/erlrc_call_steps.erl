%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Steps that call code of other authors: of the application, of OTP (include/erlrc/plan/call_steps.hpp).
-module(erlrc_call_steps).
-export([call_step/3]).
-import(erlrc_call, [hook/4]).
-import(erlrc_journal, [journal/2, remark/2]).
-import(erlrc_later, [await_conversions/1]).
-import(erlrc_otp, [eval_script/6]).
-import(erlrc_text, [expect/4, fail/2, module_name/1, text/2]).

call_step(do, {apply_hook, {M, F, A}, Undo}, C) ->
    Result = hook(M, F, A, C),
    journal(calls, {apply_hook, {M, F, length(A)}, Undo}),
    case Result of
        {returned, _} -> C;
        timeout -> fail("~ts:~ts/~p: not done within the time limit", [module_name(M), F, length(A)]);
        {raised, Why} -> fail("~ts", [raised(text("~ts:~ts/~p", [module_name(M), F, length(A)]), Why)])
    end;
call_step(undo, {apply_hook, {M, F, Arity}, none}, _) ->
    remark("~ts:~ts/~p was called, and nothing undoes what it did", [module_name(M), F, Arity]),
    ok;
call_step(undo, {apply_hook, _, {M, F, A}}, C) ->
    case erlang:function_exported(M, F, length(A)) of
        false -> ok;
        true -> case hook(M, F, A, C) of
                    {returned, _} -> ok;
                    Other -> expect(ok, Other, "~ts:~ts/~p", [module_name(M), F, length(A)])
                end
    end;

%% What undoes the script are entries of the other families.
call_step(do, {eval_script, Version, Script, Trees, From, To}, C) ->
    await_conversions(C),
    eval_script(Version, Script, Trees, From, To, C).

%% Why often begins with the place of the failure, which may be that of the call.
raised(Call, Why) ->
    case string:prefix(Why, Call) of
        nomatch -> [Call, ": ", Why];
        _ -> Why
    end.
