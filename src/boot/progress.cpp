// SPDX-License-Identifier: BSD-3-Clause
#include "progress.hpp"

#include <fmt/format.h>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

std::string line(const std::string& node, const std::string& text) {
  return fmt::format("erlrc-boot: ({}) {}\n", node, one_line(text));
}

[[noreturn]] void unexpected(const Term& event) {
  throw ProtocolError("unexpected message from the node: " + print_term(event).substr(0, 200));
}

}  // namespace

BootLine BootProgress::line_for(const Term& event) {
  if (is_atom(event, "booted")) {
    complete_ = true;
    if (!planned_) return {};
    return {line(node_, fmt::format("{} of {} applications started", started_, *planned_)), problems_ > 0};
  }
  if (const auto* planned = as_tagged(event, "planned", 2)) {
    planned_ = as_integer(planned->back());
    return {};
  }
  if (as_tagged(event, "starting", 2)) return {};
  if (const auto* done = as_tagged(event, "started", 5)) return started(*done);
  if (const auto* problem = as_tagged(event, "problem", 3)) {
    ++problems_;
    return {line(node_, as_text(problem->back()).value_or(print_term(problem->back()))), true};
  }
  unexpected(event);
}

BootLine BootProgress::started(const std::vector<Term>& event) {
  const Atom* app = as_atom(event[1]);
  const auto vsn = as_text(event[2]);
  const auto microseconds = as_integer(event[3]);
  const auto others = as_atoms(event[4]);
  if (app == nullptr || !vsn || !microseconds || !others) unexpected(Tuple{event});
  ++started_;
  std::string text =
      fmt::format("{} {} started in {:.1f} ms", app->name, *vsn, static_cast<double>(*microseconds) / 1000);
  if (!others->empty()) text += ", in parallel with " + join(*others, ", ", &Atom::name);
  return {line(node_, text)};
}

}  // namespace erlrc
