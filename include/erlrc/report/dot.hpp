// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/plan/boot.hpp>

namespace erlrc {

/// The start order as a graph in the language of Graphviz: an arrow from each application to those that wait
/// for it; included applications inside the box of the including one; in red, those that are not started,
/// with the reason. An arrow that follows from others is omitted.
std::string render_dot(const BootPlan& plan);

}  // namespace erlrc
