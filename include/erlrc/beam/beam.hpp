// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/md5.hpp>
#include <erlrc/term/term.hpp>

// What a .beam file says of its module, read without a node. The chunks are those of "The BEAM file format"
// (erts/emulator/internal_doc/beam_makeops and beam_lib(3)); the md5 is that of beam_lib:md5/1 and
// module_info(md5).

namespace erlrc {

struct FunctionName {
  Atom name;
  std::uint32_t arity = 0;
  auto operator<=>(const FunctionName&) const = default;
};

struct ImportedFunction {
  Atom module;
  FunctionName function;
  auto operator<=>(const ImportedFunction&) const = default;
};

/// What the code of a supervisor's init/1 says of calling it once more.
struct SupervisorInit {
  /// What it does beyond computing and looking things up, as functions that it calls (`ets:new/2`) or in
  /// words. If nothing, it can be asked for its children at any time.
  std::vector<std::string> effects;
  /// Named tables, and names of processes, that it creates without asking whether they exist.
  std::vector<Atom> tables;
  std::vector<Atom> names;
  bool operator==(const SupervisorInit&) const = default;
};

struct Beam {
  Atom module;
  Md5Digest md5{};
  std::vector<FunctionName> exports;
  std::vector<ImportedFunction> imports;
  Term attributes;                       ///< the proplist of the Attr chunk; [] if there is none
  bool on_load = false;                  ///< has a function that runs when the module is loaded
  bool nif = false;                      ///< calls erlang:load_nif/2
  std::optional<SupervisorInit> init{};  ///< of a supervisor
  bool operator==(const Beam&) const = default;
};

/// Reads a .beam file of any OTP release up to 29, plain or gzip-compressed. Throws Error naming `file` and
/// what is wrong: empty, no BEAM file, cut short, a chunk that is missing or broken.
Beam parse_beam(BytesView bytes, const std::string& file);

bool exports(const Beam& beam, std::string_view function, std::uint32_t arity);

/// The behaviours that attributes `behaviour` and `behavior` name.
std::vector<Atom> behaviours(const Beam& beam);

/// Whether one of those is the behaviour of supervisors, of Erlang or of Elixir.
bool is_supervisor(const Beam& beam);

/// The module's `vsn` attribute, as release_handler gives it to code_change: the single element of a list of
/// one that is no string, otherwise the list. Absent: the module has none (a compiler puts one, unless told
/// not to).
std::optional<Term> vsn_attribute(const Beam& beam);

}  // namespace erlrc
