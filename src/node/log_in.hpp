// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <erlrc/node/rpc.hpp>
#include <erlrc/sys/deadline.hpp>

#include "dial.hpp"

namespace erlrc {

/// Logs in to the node of `entry` over this connection, and starts `first` with that if it is given. No
/// digest of ours is sent before it is known that a user of the entry has the other end. `proved` is called
/// then. Throws OtherSystem if that fails and no process of our system listens on the port.
std::unique_ptr<Rpc> log_in(const NodeEntry& entry, std::uint16_t port, Dialled dialled, Deadline until,
                            const ProgramCall* first, const std::function<void()>& proved = {});

}  // namespace erlrc
