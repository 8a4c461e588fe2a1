// SPDX-License-Identifier: BSD-3-Clause
// The code of two versions of a module. Any bytes are instructions here: libFuzzer would seldom leave a whole
// file whose code can be read.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/beam/beam.hpp>
#include <erlrc/beam/shapes.hpp>
#include <erlrc/term/match.hpp>

#include "fuzz.hpp"
#include "made_beam.hpp"

namespace erlrc::test {
namespace {

/// Operands: f label, s source, d register, u number, i import; l list of sources, p of sources and labels.
struct Kind {
  std::uint8_t opcode;
  std::string_view operands;
};

constexpr auto kinds = std::to_array<Kind>({
    {4, "uf"},      {5, "ufu"},     {6, "uf"},   {7, "ui"},    {8, "uiu"},     {10, "fisd"},    {11, "fissd"},
    {12, "uu"},     {18, "u"},      {19, ""},    {20, ""},     {23, "fd"},     {24, "f"},       {25, "f"},
    {39, "fss"},    {43, "fss"},    {44, "fss"}, {45, "fs"},   {48, "fs"},     {52, "fs"},      {55, "fs"},
    {57, "fs"},     {58, "fsu"},    {59, "sfp"}, {60, "sfp"},  {61, "f"},      {62, "df"},      {64, "sd"},
    {66, "sud"},    {69, "ssd"},    {72, "s"},   {73, ""},     {74, "s"},      {75, "u"},       {78, "ui"},
    {103, "u"},     {104, "df"},    {112, "u"},  {113, "uu"},  {124, "fuisd"}, {125, "fuissd"}, {136, "uu"},
    {154, "fsdul"}, {155, "fsdul"}, {156, "fs"}, {157, "fsl"}, {158, "fsl"},   {159, "fsus"},   {164, "dl"},
    {169, "dd"},    {171, "udl"},   {172, "l"},
});

constexpr auto names = std::to_array<std::string_view>(
    {"handle_call",   "handle_cast", "handle_info", "handle_event", "code_change", "init",
     "callback_mode", "state",       "undefined",   "true",         "false",       "key",
     "erlang",        "maps",        "get",         "put",          "update",      "map_get",
     "is_map_key",    "element",     "system",      "badkey",       "lists",       "nil"});

struct Import {
  std::size_t module, function, arity;  // numbers in `names`; 0: the module itself
};

constexpr auto imports = std::to_array<Import>({{12, 17, 2},
                                                {12, 18, 2},
                                                {12, 19, 2},
                                                {13, 14, 2},
                                                {13, 14, 3},
                                                {13, 15, 3},
                                                {13, 16, 3},
                                                {22, 14, 1},
                                                {0, 2, 2}});

constexpr auto behaviours_of =
    std::to_array<std::string_view>({"gen_server", "gen_statem", "gen_event", "supervisor"});

class Writer {
public:
  explicit Writer(BytesView input) : input_(input), module_(behaviours()) {
    for (const std::string_view name : names)
      atoms_.push_back(module_.atom(std::string(name)));
    for (const auto& [module, function, arity] : imports)
      module_.import(module == 0 ? module_.self() : atoms_[module], atoms_[function], arity);
    module_.literal(tuple(Atom{"state"}, 1, 2));
    module_.literal(Term{Map{{{Atom{"key"}, 1}, {Atom{"state"}, 2}}}});
  }

  Bytes file() {
    begin();
    while (!input_.empty())
      write(byte());
    return module_.file();
  }

private:
  std::uint8_t byte() {
    if (input_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(input_.front());
    input_.remove_prefix(1);
    return first;
  }

  std::vector<Atom> behaviours() { return {Atom{std::string(behaviours_of[byte() % behaviours_of.size()])}}; }

  void begin() { module_.function(atoms_[byte() % atoms_.size()], byte() % 5U); }

  void write(std::uint8_t choice) {
    if (choice < 8) return begin();
    if (choice < 64) return void(module_.label());
    const Kind& kind = kinds[choice % kinds.size()];
    Bytes operands;
    for (const char each : kind.operands)
      operands += operand(each);
    module_.instruction(kind.opcode, operands);
  }

  Bytes operand(char kind) {
    switch (kind) {
      case 'f':
        return MadeBeam::to(byte() % 64U);
      case 'u':
        return MadeBeam::number(byte() % 8U);
      case 'i':
        return MadeBeam::number(byte() % 12U);
      case 'd':
        return a_register(byte());
      case 'l':
      case 'p':
        return list_of(kind == 'p');
      default:
        return source(byte());
    }
  }

  static Bytes a_register(std::uint8_t choice) {
    return choice % 16U < 12 ? MadeBeam::x(choice % 16U) : MadeBeam::y(choice % 4U);
  }

  Bytes source(std::uint8_t choice) {
    if (choice < 96) return a_register(choice);
    if (choice < 200) return atoms_[choice % atoms_.size()];
    return choice < 220 ? MadeBeam::integer(choice % 8U) : MadeBeam::literal(choice % 4U);
  }

  Bytes list_of(bool with_labels) {
    const std::size_t pairs = byte() % 8U;
    Bytes elements = MadeBeam::elements(2 * pairs);
    for (std::size_t i = 0; i < pairs; ++i)
      elements += source(byte()) + (with_labels ? operand('f') : source(byte()));
    return elements;
  }

  BytesView input_;
  MadeBeam module_;
  std::vector<Bytes> atoms_;
};

std::optional<Beam> written(BytesView input) {
  return unless_error([&] { return parse_beam(Writer(input).file(), "m.beam"); });
}

}  // namespace

void fuzz_code(BytesView input) {
  if (input.empty()) return;
  const std::size_t first = static_cast<std::uint8_t>(input.front()) * input.size() / 256;
  const auto from = written(input.substr(1, first)), to = written(input.substr(1 + first));
  claim(from == written(input.substr(1, first)), "a module is read again as it was");
  if (!from || !to || !from->shapes() || !to->shapes()) return;
  const Unfit unfit = unfit_shapes(*from, *to);
  for (const UnfitState& state : unfit.states)
    claim(as_tuple(state_guard(state)) != nullptr, "a state has a guard");
  (void)describe(unfit);
}

}  // namespace erlrc::test
