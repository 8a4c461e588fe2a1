// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/same_files.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/erlang/program.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc {
namespace {

/// The file module of OTP keeps 32 bits of the numbers.
std::uint32_t as_seen_by_erlang(std::uint64_t number) {
  return static_cast<std::uint32_t>(number);
}

ProtocolError of_another_form(const std::string& path) {
  return ProtocolError("the node's answer about " + path + " is of another form");
}

/// Whether `seen`, the node's answer for `path`, is our file of that name.
bool is_ours(const std::string& path, const Term& seen) {
  if (const auto* pair = as_tuple(seen, 2)) {
    const auto device = as_integer((*pair)[0]);
    const auto inode = as_integer((*pair)[1]);
    const auto own = file_identity(path);
    if (!device || !inode) throw of_another_form(path);
    return own && as_seen_by_erlang(static_cast<std::uint64_t>(*device)) == as_seen_by_erlang(own->device) &&
           as_seen_by_erlang(static_cast<std::uint64_t>(*inode)) == as_seen_by_erlang(own->inode);
  }
  const Atom* reason = as_atom(seen);
  if (reason == nullptr) throw of_another_form(path);
  if (reason->name == "enoent" || reason->name == "enotdir") return false;
  throw Error(path + ": the node cannot look at it: " + reason->name);
}

}  // namespace

std::vector<std::string> places_of(const Request& request) {
  std::vector<std::string> places;
  const auto add = [&](const std::string& directory) {
    std::string place = existing_part(directory).string();
    if (std::ranges::find(places, place) == places.end()) places.push_back(std::move(place));
  };
  for (const Version* version : {version_before(request), version_after(request)}) {
    if (version == nullptr || !version->location) continue;
    // Backups and staged files are in /var, the directory of the package is not.
    if (places.empty()) add(version->location->known_as);
    add(version->location->read_from);
  }
  return places;
}

bool is_of_other_system(const std::vector<std::string>& places, const std::vector<std::string>& foreign) {
  return !foreign.empty() && std::ranges::find(foreign, places.front()) != foreign.end();
}

std::vector<std::string> foreign_files(const std::vector<std::string>& paths, const Term& seen) {
  const auto* each = as_list(seen);
  if (each == nullptr || each->size() != paths.size())
    throw ProtocolError("the node does not answer which files it sees");
  std::vector<std::string> foreign;
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (!is_ours(paths[i], (*each)[i])) foreign.push_back(paths[i]);
  return foreign;
}

std::vector<std::string> foreign_files(Rpc& rpc, const std::vector<std::string>& paths, Deadline until) {
  if (paths.empty()) return {};
  rpc.start(files_program(), binaries(paths));
  return foreign_files(paths, rpc.receive(until));
}

std::string other_system(const std::vector<std::string>& foreign) {
  return foreign.front() + " is another file there";
}

std::string unseen(const std::vector<std::string>& foreign) {
  return "the node does not see " + foreign.front();
}

}  // namespace erlrc
