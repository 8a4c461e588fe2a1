// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <erlrc/beam/beam.hpp>

namespace erlrc {

// The functions with a receive that takes only some messages, and no system messages: those of a client of
// the module, for example. Empty if the code has instructions that are not known.
std::vector<FunctionName> read_awaits(BytesView code_chunk, const std::function<Atom(std::uint32_t)>& atom);

}  // namespace erlrc
