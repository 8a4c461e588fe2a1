%% SPDX-License-Identifier: BSD-3-Clause
%% Whatever the test defines, its version included.
-module(MODULE).
-compile(debug_info).
CHILDREN
