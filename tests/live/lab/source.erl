%% SPDX-License-Identifier: BSD-3-Clause
%% Whatever the test says, with debug information.
-module(MODULE).
-vsn(?VSN).
-compile(debug_info).
CHILDREN
