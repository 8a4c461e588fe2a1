// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/running_code.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/erlang/program.hpp>
#include <erlrc/term/match.hpp>

// The message of the program (src/erlang/erlrc_compare.erl):
//   #{path => [String], modules => [{{Module, File}, {Md5, HasOldCode}}],
//     libraries => [{File, [Module], IsReplaced, [{Address, Size, Md5}] | none}]}

namespace erlrc {
namespace {

[[noreturn]] void unexpected(std::string_view what) {
  throw ProtocolError("the node's answer has no usable " + std::string(what));
}

template <typename Value>
Value expect(std::optional<Value> value, std::string_view what) {
  if (!value) unexpected(what);
  return *std::move(value);
}

const std::vector<Term>& expect(const std::vector<Term>* parts, std::string_view what) {
  if (parts == nullptr) unexpected(what);
  return *parts;
}

const std::vector<Term>& rows(const Term& answer, std::string_view name) {
  const Term* found = lookup(answer, name);
  return expect(found != nullptr ? as_list(*found) : nullptr, name);
}

/// Whether a file that a node names may be that of a module or a library. Others are never opened: some in
/// /proc and /sys have an effect when they are read.
bool is_named_like(std::string_view extension, const std::string& path) {
  return path.starts_with('/') && path.find(extension, path.rfind('/')) != std::string::npos;
}

/// Nullopt for a module that comes with the emulator.
std::optional<RunningModule> read_module(const Term& row) {
  constexpr std::string_view what = "modules";
  const auto& pair = expect(as_tuple(row, 2), what);
  const auto& loaded = expect(as_tuple(pair[0], 2), what);
  const auto& code = expect(as_tuple(pair[1], 2), what);
  const Atom* name = as_atom(loaded[0]);
  if (name == nullptr) unexpected(what);
  if (is_atom(loaded[1], "preloaded")) return std::nullopt;
  RunningModule module{*name, RunningModule::Origin::made, "", "", is_atom(code[1], "true")};
  // It may have been removed while the node answered.
  if (const Binary* md5 = as_binary(code[0])) module.md5 = md5->bytes;
  const auto file = as_string(loaded[1]);
  if (file && is_named_like(".beam", *file)) {
    module.origin = RunningModule::Origin::file;
    module.file = *file;
  } else if (is_atom(loaded[1], "cover_compiled")) {
    module.origin = RunningModule::Origin::cover_compiled;
  }
  return module;
}

FixedPart read_part(const Term& row) {
  constexpr std::string_view what = "libraries";
  const auto& parts = expect(as_tuple(row, 3), what);
  const Binary* md5 = as_binary(parts[2]);
  if (md5 == nullptr) unexpected(what);
  return {static_cast<std::uint64_t>(expect(as_integer(parts[0]), what)),
          static_cast<std::uint64_t>(expect(as_integer(parts[1]), what)), md5->bytes};
}

/// Nullopt for what is not a file of this kind.
std::optional<RunningLibrary> read_library(const Term& row) {
  constexpr std::string_view what = "libraries";
  const auto& parts = expect(as_tuple(row, 4), what);
  RunningLibrary library{expect(as_text(parts[0]), what), {}, is_atom(parts[2], "true"), std::nullopt};
  if (!is_named_like(".so", library.file)) return std::nullopt;
  for (const Term& module : expect(as_list(parts[1]), what))
    library.modules.push_back({expect(as_text(module), what)});
  if (is_atom(parts[3], "none")) return library;
  library.parts.emplace();
  for (const Term& part : expect(as_list(parts[3]), what))
    library.parts->push_back(read_part(part));
  return library;
}

}  // namespace

RunningCode read_running_code(const Term& answer) {
  RunningCode code;
  for (const Term& directory : rows(answer, "path"))
    code.path.push_back(expect(as_string(directory), "path"));
  for (const Term& row : rows(answer, "modules"))
    if (auto module = read_module(row)) code.modules.push_back(*std::move(module));
  for (const Term& row : rows(answer, "libraries"))
    if (auto library = read_library(row)) code.libraries.push_back(*std::move(library));
  return code;
}

RunningCode ask_running_code(Rpc& rpc, Deadline until) {
  rpc.start(compare_program(), list());
  return read_running_code(rpc.receive(until));
}

}  // namespace erlrc
