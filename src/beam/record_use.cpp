// SPDX-License-Identifier: BSD-3-Clause
#include "record_use.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "instructions.hpp"
#include "opcodes.hpp"
#include "understood.hpp"

namespace erlrc {
namespace {

// {debug_info_v1, Backend, none | {none, Options}} is not longer than that.
constexpr std::size_t kWithoutForms = 2048;

}  // namespace

bool accesses_records(BytesView code_chunk) {
  return understood_or(false, [&] {
    BeamInstructions instructions(instructions_of(code_chunk));
    while (const BeamInstruction* instruction = instructions.next())
      if (instruction->opcode == kBadRecord || instruction->opcode == kUpdateRecord) return true;
    return false;
  });
}

bool holds_forms(const std::optional<BytesView>& dbgi_chunk) {
  if (!dbgi_chunk || dbgi_chunk->empty() || dbgi_chunk->front() != '\x83') return false;
  if (dbgi_chunk->size() > kWithoutForms) return true;
  try {
    const Term info = decode_term(*dbgi_chunk);
    const auto* parts = as_tagged(info, "debug_info_v1", 3);
    return parts != nullptr && !is_atom(parts->back(), "none") &&
           as_tagged(parts->back(), "none", 2) == nullptr;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace erlrc
