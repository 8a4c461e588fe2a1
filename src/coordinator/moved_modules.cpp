// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/moved_modules.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/erlang/loaded_program.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc {
namespace {

/// The modules of the new version only, of an application that runs in the old one.
std::vector<Atom> new_modules(const Request& request, const NodeState& node, const Files& files) {
  const auto* change = std::get_if<Request::Change>(&request.what);
  if (change == nullptr || change->from.vsn == change->to.vsn ||
      loaded_vsn(node, request.app) != change->from.vsn || !files.exist(change->from))
    return {};
  const AppFiles& from = files.all(change->from);
  std::vector<Atom> found;
  for (const auto& [module, beam] : files.all(change->to).beams)
    if (!from.beams.contains(module)) found.push_back(module);
  return found;
}

/// A node may name any file: one that another user has linked to is not read, and no error quotes any.
std::optional<Beam> beam_of(const std::string& file, const Bytes& md5) {
  if (!file.starts_with('/') || !(file.ends_with(".beam") || file.ends_with(".beam.dpkg-tmp")))
    return std::nullopt;
  try {
    Beam beam = parse_beam(load_file_past_no_foreign_link(file).bytes, file);
    return to_bytes(beam.md5) == md5 ? std::optional(std::move(beam)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The code of those that the node has loaded.
std::map<Atom, Beam> loaded_code(Rpc& rpc, const std::vector<Atom>& modules, Deadline until) {
  rpc.start(loaded_program(), atoms(modules));
  const Term answer = rpc.receive(until);
  const auto* rows = as_list(answer);
  if (rows == nullptr) throw ProtocolError("the node does not answer which modules are loaded");
  std::map<Atom, Beam> found;
  for (const Term& row : *rows) {
    const auto* parts = as_tuple(row, 3);
    const Atom* module = parts != nullptr ? as_atom((*parts)[0]) : nullptr;
    const auto file = parts != nullptr ? as_text((*parts)[1]) : std::nullopt;
    const Binary* md5 = parts != nullptr ? as_binary((*parts)[2]) : nullptr;
    const bool usable = module != nullptr && file && md5 != nullptr;
    if (!usable || std::ranges::find(modules, *module) == modules.end()) continue;
    // dpkg keeps a file that it replaces next to the new one for a while.
    for (const std::string& name : {*file, *file + ".dpkg-tmp"})
      if (auto beam = beam_of(name, md5->bytes); beam && beam->module == *module)
        found.emplace(*module, *std::move(beam));
  }
  return found;
}

}  // namespace

FilesWithMoved::FilesWithMoved(Rpc& rpc, const Request& request, const NodeState& node, Files files,
                               Deadline until)
    : files_(std::move(files)) {
  const std::vector<Atom> modules = new_modules(request, node, files_);
  if (modules.empty()) return;
  const auto& change = std::get<Request::Change>(request.what);
  const AppFiles& to = files_.all(change.to);
  std::map<Atom, Beam> code = loaded_code(rpc, modules, until);
  for (auto& [module, beam] : code) {
    if (to.beams.at(module).md5 == beam.md5) continue;
    if (!from_) with_moved_ = files_.all(change.from);
    from_ = change.from;
    with_moved_.spec.modules.push_back(module);
    with_moved_.beams.emplace(module, std::move(beam));
  }
}

Files FilesWithMoved::files() const {
  if (!from_) return files_;
  return {files_.spec,
          [this](const Version& version) -> const AppFiles& {
            return version == *from_ ? with_moved_ : files_.all(version);
          },
          files_.exist};
}

}  // namespace erlrc
