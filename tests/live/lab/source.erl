%% SPDX-License-Identifier: BSD-3-Clause
%% The contents come from the test, with debug information.
-module(MODULE).
-vsn(?VSN).
-compile(debug_info).
CHILDREN
