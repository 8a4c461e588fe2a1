// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace erlrc {

/// The process of this host (and of our network namespace: a container's nodes are not this host's) that runs
/// as the Erlang node `alive`, or `alive@host`, according to the -sname or -name in its arguments. nullopt:
/// none is seen, or there is no /proc. An empty `host` fits any.
std::optional<pid_t> find_node_process(std::string_view alive, std::string_view host);

/// The same among those that have our root directory.
std::optional<pid_t> find_node_process_with_our_root(std::string_view alive, std::string_view host);

/// Whether our root directory is that of the first process: not in a chroot, such as an image that is being
/// built, or a copy of the system that is being mended. Without /proc it is taken for one; where that cannot
/// be seen, because we are not root, it is not.
bool has_root_of_host();

/// Whether these arguments of a process (as /proc/PID/cmdline holds them, each ended by a zero byte) are
/// those of an Erlang emulator that runs as that node.
bool runs_as_node(std::string_view cmdline, std::string_view alive, std::string_view host);

}  // namespace erlrc
