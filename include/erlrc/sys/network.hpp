// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <string_view>

// Other network namespaces of this host (network_namespaces(7)), such as those of containers.

namespace erlrc {

/// Whether this can be the name of a network namespace, or an absolute path.
bool is_network_name(std::string_view name);

/// The file of a network namespace: `name` itself if it is a path, else the one of ip-netns(8).
std::string network_file(const std::string& name);

/// Calls `body` in another thread, which is in the network namespace `name`: sockets that are made there
/// belong to that one for good. Throws what `body` throws, and Error if the namespace cannot be entered, as
/// only root may.
void in_network(const std::string& name, const std::function<void()>& body);

}  // namespace erlrc
