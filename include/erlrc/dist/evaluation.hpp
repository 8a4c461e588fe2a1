// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <erlrc/dist/link.hpp>
#include <erlrc/term/term.hpp>

// Starts a process on the node that evaluates one of our Erlang programs, with nothing installed there:
// SPAWN_REQUEST (ERTS user's guide, "Distribution Protocol") of erl_eval:exprs/3 (stdlib reference manual).
// With `none` for local functions, erl_eval does not check the expressions first, which would take longer
// than running them.

namespace erlrc {

/// Variables of a program and their values.
using Bindings = std::vector<std::pair<std::string, Term>>;

/// The same, for terms in the external term format, without the version byte.
using EncodedBindings = std::vector<std::pair<std::string, BytesView>>;

/// Asks the node to evaluate `forms` (a list of abstract expressions in the external term format, without the
/// version byte) with the bindings in a new process. The process is monitored, so that its end arrives as
/// Exited{id, ..}, but not linked: it keeps running when the connection ends. `id` identifies the request and
/// the monitor. `from` is us; it is also the group leader of the new process, as the protocol requires a pid
/// there: the program must choose another one before it prints.
Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms,
                          const EncodedBindings& encoded, const Bindings& bindings);

}  // namespace erlrc
