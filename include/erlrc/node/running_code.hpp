// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/comparison.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// Asks a node what code it runs. Throws ProtocolError for an answer of another shape, and what Rpc throws.
RunningCode ask_running_code(Rpc& rpc, Deadline until);

/// The code in such an answer.
RunningCode read_running_code(const Term& answer);

}  // namespace erlrc
