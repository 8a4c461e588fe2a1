// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/erlang/program.hpp>

// The programs that we send to nodes; their sources are src/erlang.

namespace erlrc {

/// Argument: an application whose modules' identity is asked for, or []. One message: a map of what the
/// node's applications are (node/observe.hpp).
Program observe_program();

/// Argument: anything. One message: the same map with nothing but what runs in it.
Program running_program();

/// Argument: #{steps, limit, prepare}, in a boot also part. Messages: see node/run.hpp.
Program runner_program();

/// Argument and message: see node/rehearse.cpp.
Program rehearse_program();

/// Argument: an expression as UTF-8 binary. One message: {value, Text} or {raised, Text}.
Program eval_program();

}  // namespace erlrc
