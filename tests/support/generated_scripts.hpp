// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "systools.hpp"

namespace erlrc::test {

/// A script with everything in appup(4), in random order and with random dependencies; one in four
/// has one error. The same seed gives the same script.
ScriptCase generated_case(std::uint32_t seed);

/// A script that a running zoo 1.0.0 (zoo.hpp) can execute, with its modules in random order, each changed in
/// a random way, and with random dependencies.
std::vector<Term> generated_zoo_script(std::uint32_t seed);

}  // namespace erlrc::test
