// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <erlrc/base/text.hpp>

// The name of a node and its cookie.

namespace erlrc {

/// The name of a node: `alive`, or `alive@host`.
struct NodeName {
  std::string alive;
  std::optional<std::string> host;  ///< absent: any host
  auto operator<=>(const NodeName&) const = default;
};

/// Reads `alive` or `alive@host`. Throws UsageError for a name that cannot be a node's: empty, with `/`,
/// `..`, white space, control characters or a second `@`.
NodeName parse_node_name(std::string_view text);

std::string to_string(const NodeName& name);

/// Whether both can be names of the same node: one of them may leave the host out.
bool may_be_same(const NodeName& a, const NodeName& b);

/// A secret: it cannot be printed, compared or logged.
class Cookie {
public:
  explicit Cookie(std::string secret) : secret_(std::move(secret)) {}
  /// For the digest of the handshake only.
  const std::string& reveal() const { return secret_; }

private:
  std::string secret_;
};

}  // namespace erlrc
