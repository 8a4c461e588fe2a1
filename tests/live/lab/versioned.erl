%% SPDX-License-Identifier: BSD-3-Clause
%% Whatever the test says, its version included.
-module(MODULE).
-compile(debug_info).
CHILDREN
