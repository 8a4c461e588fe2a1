// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/engine/dpkg_facts.hpp>
#include <erlrc/engine/package_engine.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/engine/skipped_packages.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/transaction/dpkg.hpp>
#include <erlrc/transaction/rpm.hpp>

#include "arguments.hpp"

// What package managers call: maintainer scripts `erlrc-hook dpkg SCRIPT ARGS..`, the plugins of rpm and dnf
// `erlrc-hook rpm MOMENT`.

namespace erlrc {
namespace {

const std::string tool = "erlrc-hook";

void warn(const std::string& what, Streams& streams) {
  streams.err += tool + ": warning: " + one_line(what) + "; the default is used\n";
}

// A package must not be left half installed because of a setting that cannot be read.

/// How long one call may take.
milliseconds time_limit(Streams& streams) {
  constexpr milliseconds usual{60'000};
  const auto text = environment("ERLRC_TIMEOUT");
  if (!text) return usual;
  try {
    return parse_seconds(*text, "ERLRC_TIMEOUT");
  } catch (const UsageError& error) {
    warn(error.what(), streams);
    return usual;
  }
}

void check_epmd_port(Streams& streams) {
  const auto text = environment("ERL_EPMD_PORT");
  if (!text || parse_port(*text)) return;
  warn("ERL_EPMD_PORT: expected a number from 1 to 65535, got " + printable(*text), streams);
  unset_environment("ERL_EPMD_PORT");
}

int dpkg_hook(const std::string& script, const std::vector<std::string>& args, Streams& streams) {
  const auto known = parse_script(script);
  if (!known) throw UsageError(printable(script) + ": expected preinst, postinst, prerm or postrm");
  const auto moment = moment_of(*known, args);
  if (!moment) return 0;
  const std::optional<Site> site = site_to_serve();
  if (!site || hooks_are_off()) return 0;
  const milliseconds timeout = time_limit(streams);
  check_epmd_port(streams);
  const auto run = [&] { return handle_call(*moment, DpkgFacts(timeout), *site, timeout, streams); };
  if (*moment != Moment::unpack_failed) return run();
  // A failure here would leave the package half installed, which nothing mends.
  (void)guarded_main(tool, streams, run);
  return 0;
}

int rpm_hook(const std::string& name, const std::vector<std::string>& args, Streams& streams) {
  const auto moment = rpm_moment(name);
  if (!moment || !args.empty()) throw UsageError(printable(name) + ": expected begin, end or recover");
  RpmElements elements;
  if (*moment == Moment::run_begins) elements = parse_rpm_elements(read_standard_input());
  const std::optional<Site> site = site_to_serve();
  if (!site || hooks_are_off()) return 0;
  const milliseconds timeout = time_limit(streams);
  check_epmd_port(streams);
  return handle_call(*moment, RpmFacts(std::move(elements), timeout), *site, timeout, streams);
}

}  // namespace

int hook_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "dpkg SCRIPT [ARGUMENT]... | rpm begin|end|recover",
                     "Do on every registered node what a call of a package manager means for it.");
    std::string manager, call;
    std::vector<std::string> rest;
    line.app.add_option("dpkg|rpm", manager, "The package manager that calls")->required()->type_name("");
    line.app.add_option("CALL", call, "dpkg: preinst, postinst, prerm or postrm; rpm: begin, end or recover")
        ->required();
    line.app.add_option("ARGUMENT", rest, "The arguments that dpkg gave to the script");
    if (const auto code = line.parse(args, streams)) return *code;
    if (manager == "dpkg") return dpkg_hook(call, rest, streams);
    if (manager == "rpm") return rpm_hook(call, rest, streams);
    throw UsageError(printable(manager) + ": no such package manager, expected dpkg or rpm");
  });
}

}  // namespace erlrc
