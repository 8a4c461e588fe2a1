// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include <erlrc/base/bytes.hpp>

// The programs that we send to nodes; their sources are src/erlang.

namespace erlrc {

/// An Erlang program as it travels, made at build time (src/erlang): `forms` is a list of abstract
/// expressions, `functions` a map of what they call, `beam` a part of it compiled (make_program.escript), all
/// in the external term format without the version byte. The forms are evaluated by erl_eval:exprs/3 in a
/// process of its own with the bindings Functions, Beam, Argument (a term), Client (our pid) and Ref (a
/// reference). It talks to us by sending {Ref, Message} to Client. It needs nothing installed on the node.
struct Program {
  std::string_view name;
  BytesView forms;
  BytesView functions{};  ///< empty: the forms are all
  BytesView beam{};       ///< empty: the functions are interpreted on any node
};

/// The node takes about 6 ms to load the beam, and interprets what a short run needs in less.
inline Program interpreted(Program program) {
  program.beam = {};
  return program;
}

/// Argument: {an application whose modules' identity is asked for, or []; paths}. One message: a map of what
/// the node's applications are (node/observe.hpp), and of which files it sees there.
Program observe_program();

/// Argument: anything. One message: the same map with nothing but what runs in it.
Program running_program();

/// Argument: anything. One message: a map of the code that runs on the node (node/running_code.hpp).
Program compare_program();

/// Argument: paths. One message: which files the node sees there (node/same_files.hpp).
Program files_program();

/// Argument: #{steps, limit, prepare, verdict, commit_record}, in a boot also part. Messages: see
/// node/run.hpp.
Program runner_program();

/// Argument and message: see node/rehearse.cpp.
Program rehearse_program();

/// Argument: an expression as UTF-8 binary. One message: {value, Text} or {raised, Text}.
Program eval_program();

}  // namespace erlrc
