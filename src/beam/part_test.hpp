// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/beam/shapes.hpp>

namespace erlrc {

// Whether no term can pass both.
bool contradict(const PartTest& one, const PartTest& other);
bool contradict(const PartTests& tests, const PartTest& other);
bool contradict(const PartTests& some, const PartTests& others);

PartTest negated(PartTest test);

}  // namespace erlrc
