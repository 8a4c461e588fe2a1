// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include <erlrc/base/text.hpp>
#include <erlrc/engine/sync.hpp>

#include "arguments.hpp"

// erlrc-sync: brings nodes in sync with the installed packages, by hand.

namespace erlrc {

int sync_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-sync";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "[NODE]", "Bring registered nodes in sync with the installed packages.");
    std::string node;
    std::string timeout = "60";
    bool dry_run = false;
    line.app.add_option("NODE", node, "Only this registered node");
    line.app.add_flag("--dry-run", dry_run, "Change nothing, and print what would be done");
    add_timeout_option(line.app, timeout);
    if (const auto code = line.parse(args, streams)) return *code;

    const Deadline until = after(parse_seconds(timeout, "--timeout"));
    Site site = load_site();
    if (!node.empty()) site = only_node(std::move(site), node);
    int code = 0;
    for (const NodeSync& one : sync_nodes(site, settings_for(tool, streams), dry_run, until)) {
      const bool well = one.state != NodeSync::State::restart_due && one.state != NodeSync::State::unknown;
      std::string& stream = well ? streams.out : streams.err;
      stream += tool + ": (" + one_line(one.node) + ") " + std::string(to_string(one.state)) + "\n";
      for (const std::string& text : one.lines)
        stream += "  " + one_line(text) + "\n";
      if (!well) code = 1;
    }
    return code;
  });
}

}  // namespace erlrc
