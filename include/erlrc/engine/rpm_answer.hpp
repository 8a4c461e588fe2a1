// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <future>
#include <set>
#include <string>
#include <vector>

#include <erlrc/sys/deadline.hpp>
#include <erlrc/transaction/rpm.hpp>

namespace erlrc {

/// The installed versions of some packages. rpm takes as long for its answer as a node, so a caller can ask
/// first, and read the answer when it has asked the nodes.
class RpmAnswer {
public:
  /// Knows of no package.
  RpmAnswer() = default;

  /// Asks rpm about at least one package, without waiting for its answer. The destructor of the last copy
  /// waits until it is there.
  RpmAnswer(std::set<std::string> packages, milliseconds timeout);

  /// Whether rpm was asked about all of these.
  bool covers(const std::set<std::string>& packages) const;

  /// The versions of all that rpm was asked about. Throws Error if rpm's database cannot be read.
  const std::vector<RpmPackage>& packages() const { return answer_.get(); }

private:
  std::set<std::string> asked_;
  std::shared_future<std::vector<RpmPackage>> answer_;
};

}  // namespace erlrc
