// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/term/term.hpp>

// The messages of a node that boots, as lines for people.

namespace erlrc {

struct BootLine {
  std::string text;  ///< with its end of line; empty: nothing to print
  bool is_problem = false;
};

class BootProgress {
public:
  explicit BootProgress(std::string node) : node_(std::move(node)) {}

  /// The line for the node's next message. Throws ProtocolError if the message is not part of a boot.
  BootLine line_for(const Term& event);

  bool is_complete() const { return complete_; }  ///< the boot has ended, well or not
  bool has_problems() const { return problems_ > 0; }

private:
  BootLine started(const std::vector<Term>& event);

  std::string node_;
  std::optional<std::int64_t> planned_;  ///< absent: there is no plan
  std::size_t started_ = 0;
  std::size_t problems_ = 0;
  bool complete_ = false;
};

}  // namespace erlrc
