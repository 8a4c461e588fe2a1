// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <erlrc/dist/link.hpp>
#include <erlrc/term/term.hpp>

// Starting a process on the node that evaluates an Erlang program of ours, with nothing installed there:
// SPAWN_REQUEST (ERTS user's guide, "Distribution Protocol") of erl_eval:exprs/3 (stdlib reference manual).
// With `none` for local functions, erl_eval does not check the expressions first, which takes longer than to
// run them.

namespace erlrc {

/// Variables of a program and their values.
using Bindings = std::vector<std::pair<std::string, Term>>;

/// Asks the node to evaluate `forms` (a list of abstract expressions in the external term format, without the
/// version byte) with `bindings` in a new process, which is monitored, so that its end comes as Exited{id,
/// ..}, but not linked: it runs on when the connection ends. `functions`, a term in the same encoding, is
/// what the variable Functions is bound to, unless it is empty. `id` names the request and the monitor;
/// `from` is us, and also the group leader of the new process, as the protocol wants a pid there: the program
/// must choose another one before it prints.
Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms, BytesView functions,
                          Bindings bindings);

}  // namespace erlrc
