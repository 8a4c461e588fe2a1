// SPDX-License-Identifier: BSD-3-Clause
#include "hook_settings.hpp"

#include <erlrc/base/text.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/engine/run_notes.hpp>
#include <erlrc/engine/skipped_packages.hpp>
#include <erlrc/sys/environment.hpp>

namespace erlrc {

Settings settings_of_run(const std::string& tool, Streams& streams) {
  const LoadedSettings loaded = load_settings(load_apt_settings());
  for (const std::string& warning : loaded.warnings)
    if (is_new_line(warning)) streams.err += tool + ": warning: " + one_line(warning) + "; it is ignored\n";
  return loaded.settings;
}

Settings for_upgrade(Settings settings) {
  if (settings.preflight == PreflightMode::leave && !settings.on_refusal)
    settings.on_refusal = OnRefusal::leave;
  return settings;
}

void check_epmd_port(const std::string& tool, Streams& streams) {
  const auto text = environment("ERL_EPMD_PORT");
  if (!text || parse_port(*text)) return;
  streams.err += tool + ": warning: ERL_EPMD_PORT: expected a number from 1 to 65535, got " +
                 printable(*text) + "; it is ignored\n";
  unset_environment("ERL_EPMD_PORT");
}

}  // namespace erlrc
