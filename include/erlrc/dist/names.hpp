// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

// What a node is called and what it is asked with.

namespace erlrc {

/// The name of a node: `alive`, or `alive@host`.
struct NodeName {
  std::string alive;
  std::optional<std::string> host;  ///< absent: whatever host part the node of that name has
  auto operator<=>(const NodeName&) const = default;
};

/// Reads `alive` or `alive@host`. Throws UsageError for a name that cannot be a node's: empty, with `/`,
/// `..`, white space, control characters or a second `@`.
NodeName parse_node_name(std::string_view text);

std::string to_string(const NodeName& name);

/// Whether both can be names of the same node: one of them may leave the host out.
bool may_be_same(const NodeName& a, const NodeName& b);

/// Text from outside as it may stand in a message: quoted, on one line, with everything but printable ASCII
/// as `\xNN`, and cut if it is long.
std::string printable(std::string_view text);

/// A secret: it has no way to be printed, compared or logged.
class Cookie {
public:
  explicit Cookie(std::string secret) : secret_(std::move(secret)) {}
  /// For the digest of the handshake only.
  const std::string& reveal() const { return secret_; }

private:
  std::string secret_;
};

}  // namespace erlrc
