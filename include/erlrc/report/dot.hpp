// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/plan/boot.hpp>

namespace erlrc {

/// The start order as a graph in the language of Graphviz: an arrow from each application to those that wait
/// for it, the included ones inside the box of the one that they come with, and, in red, those that are not
/// started, with the reason. An arrow that others imply is left out.
std::string render_dot(const BootPlan& plan);

}  // namespace erlrc
