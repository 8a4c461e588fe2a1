// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string_view>

#include <erlrc/script/instruction.hpp>

// What a plan knows of the functions that an appup has called (`apply` of appup(4)).

namespace erlrc {

/// The application that a call of application:`function`/N names as its first argument; null: it is another
/// call.
const Atom* named_app(const Apply& call, std::string_view function);

/// The start type that a call of application:start/1,2 asks for.
Atom start_type(const Apply& call);

/// The call that undoes a call of the appup, where its author gave us one: the counterpart of a supervisor's
/// hook.
std::optional<Apply> counterpart(const Apply& call);

}  // namespace erlrc
