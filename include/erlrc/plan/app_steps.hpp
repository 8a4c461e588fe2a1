// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erlrc/plan/step_parts.hpp>

// Steps that check, load, start, stop and change applications (src/erlang/runner/erlrc_app_steps.erl).

namespace erlrc {

/// Fails, before anything was touched, unless the application is loaded in that version: the node may have
/// changed since it was observed.
struct RequireLoaded {
  static constexpr std::string_view name = "require_loaded";
  Atom app;
  std::string vsn;
  std::vector<Term> args() const { return parts::terms(app, string(vsn)); }
  std::string text() const { return "check that " + app.name + " is loaded in version " + vsn; }
  bool operator==(const RequireLoaded&) const = default;
};

struct RequireNotRunning {
  static constexpr std::string_view name = "require_not_running";
  Atom app;
  std::vector<Term> args() const { return parts::terms(app); }
  std::string text() const { return "check that " + app.name + " does not run"; }
  bool operator==(const RequireNotRunning&) const = default;
};

/// If the application has ended when all else is done, the plan fails; and an undo starts it again if it has
/// ended by then. `type`: how it was started.
struct StayRunning {
  static constexpr std::string_view name = "stay_running";
  Atom app;
  Atom type{"temporary"};
  std::vector<Term> args() const { return parts::terms(app, type); }
  std::string text() const { return "see that " + app.name + " still runs when all is done"; }
  bool operator==(const StayRunning&) const = default;
};

/// application:load/1 of the specification, as read from the .app file.
struct LoadApp {
  static constexpr std::string_view name = "load_app";
  Atom app;
  Term spec;
  std::vector<Term> args() const { return parts::terms(app, spec); }
  std::string text() const { return "load application " + app.name; }
  bool operator==(const LoadApp&) const = default;
};

/// application:unload/1. `stay_loaded` are applications that it includes and that must stay because they run,
/// or shall run, on their own: without this, the next request to the application controller kills the node.
struct UnloadApp {
  static constexpr std::string_view name = "unload_app";
  Atom app;
  std::vector<Atom> stay_loaded;
  std::vector<Term> args() const { return parts::terms(app, atoms(stay_loaded)); }
  std::string text() const {
    return "unload application " + app.name +
           (stay_loaded.empty() ? "" : ", but not the included " + parts::names(stay_loaded));
  }
  bool operator==(const UnloadApp&) const = default;
};

struct StartApp {
  static constexpr std::string_view name = "start_app";
  Atom app;
  Atom type{"temporary"};
  std::vector<Term> args() const { return parts::terms(app, type); }
  std::string text() const { return "start application " + app.name + " (" + type.name + ")"; }
  bool operator==(const StartApp&) const = default;
};

/// Starts what `app` needs and what does not run, with all that those need. An application that is nowhere in
/// the code path is ignored: if it is really needed, the start of `app` fails.
struct StartNeeded {
  static constexpr std::string_view name = "start_needed";
  Atom app;
  std::vector<Atom> needed;
  std::vector<Term> args() const { return parts::terms(atoms(needed)); }
  std::string text() const {
    return "start what " + app.name + " needs and what does not run: " + parts::names(needed);
  }
  bool operator==(const StartNeeded&) const = default;
};

struct StopApp {
  static constexpr std::string_view name = "stop_app";
  Atom app;
  std::vector<Term> args() const { return parts::terms(app); }
  std::string text() const { return "stop application " + app.name; }
  bool operator==(const StopApp&) const = default;
};

/// Makes `to` the specification of a loaded application: keys, and the environment that a fresh start with it
/// and the same configuration would have, plus what was set at run time. As in install_release, this comes
/// before all that runs new code.
struct ChangeApp {
  static constexpr std::string_view name = "change_app";
  Atom app;
  Term from;  ///< the specification until now: its environment shows what was set at run time
  Term to;
  std::vector<Term> args() const { return parts::terms(app, from, to); }
  std::string text() const { return "change keys and environment of application " + app.name; }
  bool operator==(const ChangeApp&) const = default;
};

/// config_change/3 of a running application, with what a ChangeApp has changed of its environment.
struct CallConfigChange {
  static constexpr std::string_view name = "call_config_change";
  Atom app;
  std::vector<Term> args() const { return parts::terms(app); }
  std::string text() const { return "call config_change of " + app.name + " if its environment has changed"; }
  bool operator==(const CallConfigChange&) const = default;
};

struct AppSteps {
  static constexpr std::string_view family = "apps";
  using Kinds = std::variant<RequireLoaded, RequireNotRunning, StayRunning, LoadApp, UnloadApp, StartApp,
                             StartNeeded, StopApp, ChangeApp, CallConfigChange>;
};

}  // namespace erlrc
