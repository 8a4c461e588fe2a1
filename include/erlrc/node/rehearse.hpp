// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/outcome.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// Tries the conversions of `plan` on copies of the states that the node's processes have now, in a scratch
/// node that the node starts for it; nothing of the node itself is changed. The outcome is `done` with the
/// word `rehearsed`, or `refused` if a conversion fails or nothing could be tried.
Outcome rehearse(Rpc& rpc, const Plan& plan, Deadline until);

}  // namespace erlrc
