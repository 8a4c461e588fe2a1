// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/node_state.hpp>

namespace erlrc {

/// Asks the node for all that planners need, in one round trip that changes nothing.
NodeState observe(Rpc& rpc, Deadline until);

}  // namespace erlrc
