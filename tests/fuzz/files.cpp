// SPDX-License-Identifier: BSD-3-Clause
// Files of applications: .app, .appup, .beam.
#include <erlrc/app/app_override.hpp>
#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/appup.hpp>
#include <erlrc/app/extend_appup.hpp>
#include <erlrc/app/make_appup.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/beam/library.hpp>
#include <erlrc/beam/nif_entries.hpp>
#include <erlrc/script/translate.hpp>

#include "fuzz.hpp"

namespace erlrc::test {
namespace {

/// The two parts of an input that is read as two files.
std::pair<BytesView, BytesView> halves(BytesView input) {
  const std::size_t end = input.find('\0');
  if (end == input.npos) return {input, {}};
  return {input.substr(0, end), input.substr(end + 1)};
}

AppSpec spec_of(const std::string& vsn) {
  AppSpec spec;
  spec.name = Atom{"app"};
  spec.vsn = vsn;
  spec.modules = {Atom{"a"}, Atom{"b"}, Atom{"c"}};
  return spec;
}

void translate_both(const std::vector<Term>& terms, Direction direction) {
  std::vector<Instruction> script;
  const auto parsed = unless_error([&] {
    for (const Term& term : terms)
      script.push_back(parse_instruction(term));
    return true;
  });
  if (!parsed) return;
  for (const Grouping grouping : {Grouping::as_otp, Grouping::together}) {
    const auto low =
        unless_error([&] { return translate(script, direction, {spec_of("2")}, {spec_of("1")}, grouping); });
    for (const LowLevel& instruction : low.value_or(std::vector<LowLevel>{}))
      (void)to_term(instruction);
  }
}

}  // namespace

void fuzz_app(BytesView input) {
  const auto [file, changes] = halves(input);
  const auto spec = unless_error([&] { return parse_app_spec(file, "app.app"); });
  if (!spec) return;
  claim(app_spec(spec->term, "term") == *spec, "a specification is read from its term");
  unless_error([&] { return overridden(*spec, changes, "changes"); });
  const AppSpec other = depending_on(*spec, Atom{"stdlib"}, Atom{"outer"});
  claim(other.applications.size() <= spec->applications.size() + 1, "a dependency is replaced");
}

void fuzz_appup(BytesView input) {
  const auto [file, vsn] = halves(input);
  const auto appup = unless_error([&] { return parse_appup(file, "app.appup", "2"); });
  if (!appup) return;
  for (const Direction direction : {Direction::up, Direction::down}) {
    unless_error([&] { return find_entry(*appup, direction, std::string(vsn)) != nullptr; });
    for (const AppupEntry& entry : direction == Direction::up ? appup->up : appup->down)
      translate_both(entry.instructions, direction);
  }
  const Appup made{"2", {{{"0.9"}, {}}}, {{{"0.9"}, {}}}};
  const auto extended = unless_error([&] { return extend_appup(file, "app.appup", made); });
  if (!extended) return;
  const Appup again = parse_appup(*extended, "app.appup", "2");
  claim(find_entry(again, Direction::up, "0.9") != nullptr, "an added entry is found");
}

void fuzz_library(BytesView input) {
  const auto parts = fixed_parts(input);
  std::uint64_t size = 0;
  for (const FixedPart& part : parts.value_or(std::vector<FixedPart>{}))
    size += part.size;
  claim(size <= input.size(), "parts do not overlap");
  for (const NifEntry& entry : nif_entries(input))
    claim(entry.module.size() <= 256, "a module has a short name");
}

void fuzz_beam(BytesView input) {
  const auto beam = unless_error([&] { return parse_beam(input, "a.beam"); });
  if (!beam) return;
  (void)behaviours(*beam);
  (void)is_supervisor(*beam);
  (void)vsn_attribute(*beam);
  claim(*beam == parse_beam(input, "a.beam"), "a module is read again as it was");
  AppFiles files;
  files.spec = spec_of("1");
  files.spec.modules.push_back(beam->module);
  files.beams.emplace(beam->module, *beam);
  files.libraries.emplace();  // known to be the same
  const MadeScript made = make_script(files, files, Direction::up);
  claim(made.instructions.empty(), "the same code needs no instruction");
}

}  // namespace erlrc::test
