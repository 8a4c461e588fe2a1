// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/beam/shapes.hpp>

namespace erlrc {

// Whether no term can pass both.
bool contradict(const PartTest& one, const PartTest& other);
bool contradict(const PartTests& tests, const PartTest& other);
bool contradict(const PartTests& some, const PartTests& others);

PartTest negated(PartTest test);

// Whether all terms that pass the one pass the other, as far as the tests show it one by one.
bool implies(const PartTests& tests, const PartTests& others);

// The compiler tests the size and the tag of a record by one instruction or by several: here by one.
PartTests as_records(const PartTests& tests);

}  // namespace erlrc
