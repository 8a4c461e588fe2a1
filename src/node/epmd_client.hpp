// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/dist/epmd.hpp>
#include <erlrc/dist/node_entry.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// The port of the node's epmd. Throws Error for a bad $ERL_EPMD_PORT.
std::uint16_t epmd_port_of(const NodeEntry& entry);

/// `epmd at port 4369`
std::string epmd_text(const NodeEntry& entry);

/// nullopt: no epmd is running. Errors name it.
std::optional<EpmdAnswer> ask_epmd(const NodeEntry& entry, Deadline until);

/// All names that this epmd knows; none if it cannot be asked.
std::vector<EpmdName> list_names(std::uint16_t epmd_port, Deadline until);

}  // namespace erlrc
