%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What the run of a plan keeps in its process dictionary, because it must survive the exception of a step.
-module(erlrc_journal).
-export([journal/1, remark/2]).
-import(erlrc_text, [text/2]).

journal(Entry) ->
    put(journal, [Entry | get(journal)]).

remark(Format, Args) ->
    put(remarks, [text(Format, Args) | get(remarks)]),
    ok.
