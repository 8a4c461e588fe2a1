// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/outcome.hpp>

#include <algorithm>

namespace erlrc {
namespace {

int exit_code(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::done:
      return 0;
    case Outcome::Kind::refused:
    case Outcome::Kind::undone:
    case Outcome::Kind::error:
      return 1;
    case Outcome::Kind::broken:
      return 3;
  }
  return 3;
}

}  // namespace

int exit_code(const std::vector<NodeReport>& reports) {
  int worst = 0;
  for (const NodeReport& report : reports)
    worst = std::max(worst, exit_code(report.outcome.kind));
  return worst;
}

}  // namespace erlrc
