// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/node_state.hpp>

namespace erlrc {

/// Asks the node for all that planners need, in one round trip that changes nothing. With `code_of`, also for
/// the identity of that application's loaded modules: a version that is installed again may hold other code.
NodeState observe(Rpc& rpc, const std::optional<Atom>& code_of, Deadline until);

}  // namespace erlrc
