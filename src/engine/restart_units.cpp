// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/restart_units.hpp>

#include <optional>
#include <set>
#include <string>

#include <erlrc/base/text.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/engine/run_notes.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/process.hpp>

namespace erlrc {

void restart_noted_units(const Site& site, Deadline until, Streams& streams) {
  const std::set<std::string> nodes = take_notes(nodes_to_restart);
  std::set<std::string> restarted;
  for (const NodeEntry& entry : site.registry.nodes) {
    const std::string name = to_string(entry.name);
    const auto pid = nodes.contains(name) ? process_of(entry) : std::nullopt;
    if (!pid) continue;
    const auto unit = service_of(*pid);
    if (!unit) {
      streams.err += "erlrc-hook: node " + name + " runs in no service: restart it\n";
      continue;
    }
    if (!restarted.insert(*unit).second) continue;
    std::string output;
    const bool done = succeeds({"deb-systemd-invoke", "restart", *unit}, output, until);
    streams.out += "erlrc-hook: node " + name + ": " + (done ? "restarted " : "could not restart ") +
                   one_line(*unit) + "\n";
  }
}

}  // namespace erlrc
