// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/settings.hpp>
#include <erlrc/engine/dpkg_facts.hpp>
#include <erlrc/engine/package_engine.hpp>
#include <erlrc/engine/restart_units.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/engine/rpm_script_facts.hpp>
#include <erlrc/engine/run_notes.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/namespaces.hpp>
#include <erlrc/transaction/dpkg.hpp>
#include <erlrc/transaction/rpm.hpp>

#include "arguments.hpp"
#include "hook_settings.hpp"
#include "rpm_preflight.hpp"

// What package managers call: maintainer scripts `erlrc-hook dpkg SCRIPT ARGS..`, the plugins of rpm and dnf
// `erlrc-hook rpm MOMENT`.

namespace erlrc {
namespace {

const std::string tool = "erlrc-hook";

/// A call of dpkg that fails may stop all of APT, so it names this, whatever has failed.
const std::string way_out = "`apt-get -o Erlrc::Hooks=off` leaves all nodes alone";

/// See hooks/dpkg/erlrc.triggers.
const std::string restart_trigger = "erlrc-restart";

int dpkg_hook(const std::string& script, const std::vector<std::string>& args, Streams& streams) {
  const auto known = parse_script(script);
  if (!known) throw UsageError(printable(script) + ": expected preinst, postinst, prerm or postrm");
  const auto moment = moment_of(*known, args);
  if (!moment) return 0;
  std::optional<Site> site = site_to_serve();
  if (!site) return 0;
  const Settings settings = for_upgrade(settings_of_run(tool, streams));
  if (!settings.hooks || !settings.hooks_of_package(calling_package().name)) return 0;
  leave_alone(*site, settings);
  check_epmd_port(tool, streams);
  const bool had = !load_run_notes(nodes_to_restart).empty();
  int code = guarded_main(tool, streams, [&] {
    return handle_call(*moment, DpkgFacts(settings.timeout), *site, settings, streams);
  });
  // A failure of unpack_failed would leave the package half installed, which nothing mends.
  if (*moment == Moment::unpack_failed) code = 0;
  if (code != 0 && is_new_line(way_out)) streams.err += tool + ": " + way_out + "\n";
  const bool has = !load_run_notes(nodes_to_restart).empty();
  if (has && !had) (void)activate_trigger(restart_trigger, after(settings.timeout));
  return code;
}

/// The trigger was activated: all packages are configured.
int restart_hook(Streams& streams) {
  const std::optional<Site> site = site_to_serve();
  if (site) restart_noted_units(*site, after(settings_of_run(tool, streams).timeout), streams);
  return 0;
}

/// Calls `handle` with the nodes and the settings of this host, if there is anything to do.
template <typename Handle>
int rpm_call(Handle handle, Streams& streams) {
  std::optional<Site> site = site_to_serve();
  if (!site) return 0;
  const Settings settings = settings_of_run(tool, streams);
  if (!settings.hooks) return 0;
  leave_alone(*site, settings);
  check_epmd_port(tool, streams);
  return handle(*site, settings);
}

/// A scriptlet of rpm may have no network.
int rpm_scriptlet(Moment moment, const RpmScriptlet& scriptlet, Streams& streams) {
  if (is_for_other_system()) return 0;
  // Its record would name the process that has adopted us, which never ends.
  if (is_orphan()) throw Error("the rpm that called this scriptlet has ended");
  enter_namespaces_of_caller();
  return rpm_call(
      [&](const Site& site, const Settings& settings) {
        return handle_call(moment, RpmScriptFacts(scriptlet, settings.timeout), site, for_upgrade(settings),
                           streams);
      },
      streams);
}

int rpm_plugin(Moment moment, Streams& streams) {
  const bool begins = moment == Moment::run_begins;
  const RpmElements elements = begins ? parse_rpm_elements(read_standard_input()) : RpmElements{};
  return rpm_call(
      [&](const Site& site, const Settings& settings) {
        const RpmPreflight before =
            begins ? rpm_preflight(elements, site, settings, streams) : RpmPreflight{};
        if (before.verdict.refused) return 1;
        const RpmFacts facts(elements, settings.timeout, before.verdict.skipped, before.installed);
        return handle_call(moment, facts, site, for_upgrade(settings), streams);
      },
      streams);
}

int rpm_hook(const std::string& name, const std::vector<std::string>& args, Streams& streams) {
  const auto moment = rpm_moment(name);
  if (!moment) throw UsageError(printable(name) + ": expected begin, end, recover, pre, preun or posttrans");
  if (is_rpm_scriptlet(name)) return rpm_scriptlet(*moment, parse_rpm_scriptlet(args), streams);
  if (!args.empty()) throw UsageError(name + ": expected no argument");
  return rpm_plugin(*moment, streams);
}

}  // namespace

int hook_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(
        tool, "dpkg SCRIPT [ARGUMENT]... | rpm begin|end|recover | rpm SCRIPTLET NAME EVR COUNT | restart",
        "Do on every registered node what a call of a package manager means for it.");
    std::string manager, call;
    std::vector<std::string> rest;
    line.app.add_option("dpkg|rpm|restart", manager, "The package manager that calls; restart: our trigger")
        ->required()
        ->type_name("");
    line.app.add_option(
        "CALL", call,
        "dpkg: preinst, postinst, prerm or postrm; rpm: begin, end, recover, pre, preun or posttrans");
    line.app.add_option("ARGUMENT", rest, "The arguments that dpkg gave to the script; rpm: NAME EVR COUNT");
    if (const auto code = line.parse(args, streams)) return *code;
    if (manager == "restart" && call.empty()) return restart_hook(streams);
    if (manager == "dpkg") return dpkg_hook(call, rest, streams);
    if (manager == "rpm") return rpm_hook(call, rest, streams);
    throw UsageError(printable(manager) + ": no such package manager, expected dpkg or rpm");
  });
}

}  // namespace erlrc
