%% SPDX-License-Identifier: BSD-3-Clause
-module(latin).
-export(['größe'/1]).

'größe'('ÿ') -> 'né'.
