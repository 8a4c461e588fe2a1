// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/lazy.hpp>
#include <erlrc/base/md5.hpp>
#include <erlrc/beam/shapes.hpp>
#include <erlrc/term/term.hpp>

// The properties of a module as recorded in its .beam file, read without a node. What takes long, and is
// asked only of modules that differ, is read when it is asked for. The chunks are those of "The BEAM file
// format" (erts/emulator/internal_doc/beam_makeops and beam_lib(3)); the md5 is that of beam_lib:md5/1 and
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

/// What the code of a supervisor's init/1 shows about the effects of another call.
struct SupervisorInit {
  /// Effects beyond computing and looking things up, as called functions (`ets:new/2`) or in words. If empty,
  /// init/1 can be called for the list of children at any time.
  std::vector<std::string> effects;
  /// Named tables, and names of processes, that init/1 creates without checking whether they exist.
  std::vector<Atom> tables;
  std::vector<Atom> names;
  /// The modules whose functions init/1 calls.
  std::vector<Atom> asks = {};
  bool operator==(const SupervisorInit&) const = default;
};

/// Some functions of a module and all that they call in it, to be compared with those of another version.
struct CodeDigest {
  Md5Digest digest{};
  /// Its version, since each makes other instructions; empty if the file does not have it.
  std::string compiler;
  std::set<Atom> calls{};  ///< the other modules that they call
  bool operator==(const CodeDigest&) const = default;
};

/// A function that calls others of its module by full name, itself or by what it calls in its module.
struct SelfCalls {
  FunctionName function;
  std::vector<FunctionName> called;
  bool operator==(const SelfCalls&) const = default;
};

struct Beam {
  Atom module;
  Md5Digest md5{};
  std::vector<FunctionName> exports;
  std::vector<ImportedFunction> imports;
  Term attributes;                       ///< the proplist of the Attr chunk; [] without that chunk
  bool on_load = false;                  ///< has a function that runs when the module is loaded
  bool nif = false;                      ///< calls erlang:load_nif/2
  std::optional<SupervisorInit> init{};  ///< only for a supervisor
  /// Of states; only if the module may make some, and they are known.
  Lazy<std::optional<Shapes>> shapes{};
  Lazy<Callbacks> callbacks{};  ///< those of OTP's behaviours; nothing is known of code that cannot be read
  /// The code_change functions. Only if its author has set the vsn: otherwise that shows whether they differ.
  std::optional<CodeDigest> conversion{};
  std::optional<CodeDigest> start{};  ///< start/2 of an application (application(3erl))
  /// The functions of a special process (sys(3erl)) that wait for some messages, and for no system messages.
  std::vector<FunctionName> awaits{};
  Lazy<std::vector<SelfCalls>> self_calls{};
  /// Has code for records whose definitions are not known, because the file has no debug information.
  bool hides_records = false;
  bool operator==(const Beam&) const = default;
};

/// Reads a .beam file of any OTP release up to 29, plain or gzip-compressed. Throws Error naming `file` and
/// the problem: empty, not a BEAM file, truncated, a missing or broken chunk.
Beam parse_beam(BytesView bytes, const std::string& file);

/// What of a state that `from` has made `to` cannot have; nothing if they are the same code. Both must have
/// `shapes`.
Unfit unfit_shapes(const Beam& from, const Beam& to);

bool exports(const Beam& beam, std::string_view function, std::uint32_t arity);

/// Whether it has a function that converts states: code_change of a behaviour, or that of a special process.
bool converts_states(const Beam& beam);

/// Whether the module may keep a state, or a part of one, for a behaviour: of OTP or of a library.
bool may_keep_state(const Beam& beam);

enum class CodeComparison { same, other, unknown };

/// Another compiler makes other instructions of the same source: then nothing is known.
CodeComparison compare(const std::optional<CodeDigest>& earlier, const std::optional<CodeDigest>& later);

/// The behaviours named in the attributes `behaviour` and `behavior`.
std::vector<Atom> behaviours(const Beam& beam);

/// Whether the module has the supervisor behaviour of Erlang or of Elixir.
bool is_supervisor(const Beam& beam);

/// The module's `vsn` attribute, as release_handler passes it to code_change: the element of a list of one,
/// unless that list is a string; otherwise the list. Absent if the module has no such attribute (the compiler
/// adds one by default).
std::optional<Term> vsn_attribute(const Beam& beam);

}  // namespace erlrc
