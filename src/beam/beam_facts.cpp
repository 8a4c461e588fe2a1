// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/term/match.hpp>

// What follows from the parts of a module that were read.

namespace erlrc {
namespace {

// The values of all attributes with that name in one list, as in beam_lib; nullopt without such an attribute.
std::optional<std::vector<Term>> attribute(const Beam& beam, std::string_view name) {
  std::optional<std::vector<Term>> values;
  for (const Term& entry : *as_list(beam.attributes)) {
    const auto* pair = as_tagged(entry, name, 2);
    const auto* elements = pair ? as_list(pair->back()) : nullptr;
    if (!elements) continue;
    if (!values) values.emplace();
    values->insert(values->end(), elements->begin(), elements->end());
  }
  return values;
}

// Whether misc_supp:is_string/1 of sasl accepts the term as an element of a string.
bool is_character(const Term& term) {
  auto number = as_integer(term);
  return number && *number >= ' ' && *number <= 255;
}

// supervisor, those of Elixir, and copies under other names: supervisor2, mirrored_supervisor.
bool names_supervisors(const Atom& module) {
  std::string_view name = module.name;
  name.remove_suffix(name.ends_with("2") || name.ends_with("3") ? 1 : 0);
  return name.ends_with("supervisor") || name.ends_with("Supervisor");
}

// Whether beam_lib:strip/1 has removed the attributes: the compiler makes at least one, vsn.
bool is_stripped(const Beam& beam) {
  const auto* attributes = as_list(beam.attributes);
  return attributes == nullptr || attributes->empty();
}

}  // namespace

bool converts_states(const Beam& beam) {
  return exports(beam, "code_change", 3) || exports(beam, "code_change", 4) ||
         exports(beam, "system_code_change", 4);
}

bool may_keep_state(const Beam& beam) {
  return converts_states(beam) || exports(beam, "handle_event", 2) || exports(beam, "handle_call", 3) ||
         exports(beam, "callback_mode", 0) || exports(beam, "__struct__", 0) || !behaviours(beam).empty();
}

CodeComparison compare(const std::optional<CodeDigest>& earlier, const std::optional<CodeDigest>& later) {
  if (!earlier || !later || later->compiler.empty() || earlier->compiler != later->compiler)
    return CodeComparison::unknown;
  return earlier->digest == later->digest ? CodeComparison::same : CodeComparison::other;
}

bool exports(const Beam& beam, std::string_view function, std::uint32_t arity) {
  return std::ranges::any_of(beam.exports, [&](const FunctionName& each) {
    return each.arity == arity && each.name.name == function;
  });
}

std::vector<Atom> behaviours(const Beam& beam) {
  std::vector<Atom> names;
  for (std::string_view spelling : {"behaviour", "behavior"})
    for (const Term& value : attribute(beam, spelling).value_or(std::vector<Term>{}))
      if (const Atom* name = as_atom(value)) names.push_back(*name);
  return names;
}

// A stripped module shows it by its init/1 and by what it starts.
bool is_supervisor(const Beam& beam) {
  if (exports(beam, "handle_call", 3)) return false;
  if (!is_stripped(beam)) return std::ranges::any_of(behaviours(beam), names_supervisors);
  return exports(beam, "init", 1) && std::ranges::any_of(beam.imports, [](const ImportedFunction& each) {
           return names_supervisors(each.module) && each.function.name.name == "start_link";
         });
}

std::optional<Term> vsn_attribute(const Beam& beam) {
  auto values = attribute(beam, "vsn");
  if (!values) return std::nullopt;
  if (values->size() == 1 && !is_character(values->front())) return std::move(values->front());
  return list(*std::move(values));
}

}  // namespace erlrc
