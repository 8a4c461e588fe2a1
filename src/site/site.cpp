// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/site.hpp>

#include <filesystem>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/site/desired.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/process.hpp>

namespace erlrc {

Site load_site() {
  const std::filesystem::path root = erlrc_root();
  return {load_registry(root), load_desired_applications(root)};
}

bool is_for_other_system() {
  return environment("DPKG_ROOT") || environment("FAKECHROOT") || environment("FAKECHROOT_BASE");
}

std::optional<Site> site_to_serve() {
  if (is_for_other_system() || !file_status(erlrc_root() / "nodes")) return std::nullopt;
  Site site = load_site();
  // In the copy of a system, the entries are copies too, and the running node belongs to the original.
  if (!has_root_of_host()) {
    const auto runs_elsewhere = [](const std::string& file, const UserCounts& user_counts) {
      const auto at = file.find('@');
      return !find_node_process_with_our_root(
          file.substr(0, at), at == std::string::npos ? "" : file.substr(at + 1), user_counts);
    };
    std::erase_if(site.registry.nodes, [&](const NodeEntry& entry) {
      return runs_elsewhere(to_string(entry.name), [&](uid_t user) { return may_run(entry, user); });
    });
    // The users of a bad entry are not known.
    std::erase_if(site.registry.bad,
                  [&](const BadEntry& bad) { return runs_elsewhere(bad.file, [](uid_t) { return true; }); });
  }
  if (site.registry.nodes.empty() && site.registry.bad.empty()) return std::nullopt;
  return site;
}

Site only_node(Site site, const std::string& name) {
  const NodeName asked = parse_node_name(name);
  // A name with a host does not match an entry without one, so this is not may_be_same.
  std::erase_if(site.registry.nodes, [&](const NodeEntry& entry) {
    return entry.name.alive != asked.alive || (asked.host && entry.name.host != asked.host);
  });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) { return bad.file != name; });
  if (site.registry.nodes.empty() && site.registry.bad.empty())
    throw UsageError("no node " + printable(name) + " in " + (erlrc_root() / "nodes").string());
  return site;
}

NodeEntry the_node(Site site, const std::string& name) {
  const Registry found = only_node(std::move(site), name).registry;
  if (!found.bad.empty()) throw Error(found.bad.front().error);
  if (found.nodes.size() > 1)
    throw UsageError("node " + name + ": several nodes are named so, expected " + name + "@HOST");
  return found.nodes.front();
}

Site only_nodes(Site site, const std::set<std::string>& names) {
  std::erase_if(site.registry.nodes,
                [&](const NodeEntry& entry) { return !names.contains(to_string(entry.name)); });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) { return !names.contains(bad.file); });
  return site;
}

}  // namespace erlrc
