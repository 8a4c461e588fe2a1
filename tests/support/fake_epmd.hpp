// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fake_node.hpp"

// The epmd of a fake node.

namespace erlrc::test {

/// The text of another protocol, which a faulty peer sends.
inline constexpr const char* other_protocol = "HTTP/1.1 400 Bad Request\r\n\r\n";

/// The answer to a request for the port of the node `name`, or for all names if that is empty, after which
/// the connection is closed. Without a value, the request is never answered.
std::optional<Bytes> answer_of_epmd(const FakeNodeOptions& options, const std::string& name,
                                    std::uint16_t own_port, std::uint16_t node_port);

}  // namespace erlrc::test
