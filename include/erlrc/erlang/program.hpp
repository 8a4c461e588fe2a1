// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include <erlrc/base/bytes.hpp>

namespace erlrc {

/// An Erlang program as it travels, made at build time (src/erlang): `forms` is a list of abstract
/// expressions, `functions` a map of what they call (make_program.escript), both in the external term format
/// without the version byte. The forms are evaluated by erl_eval:exprs/3 in a process of its own with the
/// bindings Functions, Argument (a term), Client (our pid) and Ref (a reference). It talks to us by sending
/// {Ref, Message} to Client. It needs nothing installed on the node.
struct Program {
  std::string_view name;
  BytesView forms;
  BytesView functions;
};

}  // namespace erlrc
