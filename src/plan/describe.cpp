// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/plan/step.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

constexpr std::size_t names_shown = 8;

/// "m1, m2, m3", or "m1, .. and 492 more"
template <typename Items, typename Name>
std::string names(const Items& items, Name name) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& item : items) {
    if (shown == names_shown && items.size() > names_shown + 1)
      return text + " and " + std::to_string(items.size() - shown) + " more";
    if (shown++ > 0) text += ", ";
    text += module_name(name(item).name);
  }
  return text.empty() ? "nothing" : text;
}

std::string names(const std::vector<Atom>& atoms) {
  return names(atoms, [](const Atom& atom) { return atom; });
}

std::string modules(const auto& items) {
  return names(items, [](const auto& item) { return item.module; });
}

std::string call(const Apply& apply) {
  std::string args = print_term(list(apply.args));
  return module_name(apply.module.name) + ":" + print_atom(apply.function.name) + "(" +
         args.substr(1, args.size() - 2) + ")";
}

std::string of_purge(const PostPurge& step, Purge purge) {
  std::vector<Atom> found;
  for (const PostPurge::Item& item : step.items)
    if (item.purge == purge) found.push_back(item.module);
  return found.empty() ? std::string() : names(found);
}

}  // namespace

std::string describe(const Step& step) {
  return std::visit(
      Overload{
          [](const RequireLoaded& s) {
            return "check that " + s.app.name + " is loaded in version " + s.vsn;
          },
          [](const RequireNotRunning& s) { return "check that " + s.app.name + " does not run"; },
          [](const StayRunning& s) { return "see that " + s.app.name + " still runs when all is done"; },
          [](const AddPath& s) { return "put " + s.ebin + " in front of the code path"; },
          [](const ReplacePath& s) { return "put " + s.to + " into the code path in place of " + s.from; },
          [](const RemovePath& s) { return "take " + s.ebin + " out of the code path"; },
          [](const LoadApp& s) { return "load application " + s.app.name; },
          [](const UnloadApp& s) {
            return "unload application " + s.app.name +
                   (s.keep_loaded.empty() ? "" : ", but not the included " + names(s.keep_loaded));
          },
          [](const StartApp& s) { return "start application " + s.app.name + " (" + s.type.name + ")"; },
          [](const StartNeeded& s) {
            return "start what " + s.app.name + " needs and what does not run: " + names(s.needed);
          },
          [](const StopApp& s) { return "stop application " + s.app.name; },
          [](const ChangeApp& s) {
            return "change keys and environment of application " + s.app.name + ", and tell it";
          },
          [](const LoadModules& s) { return "load from " + s.ebin + ": " + modules(s.modules); },
          [](const KeepReplaced& s) {
            return "keep the running code, where it is other code, of " + modules(s.modules);
          },
          [](const UnloadModules& s) { return "unload " + names(s.modules); },
          [](const KeepCode& s) { return "keep the running code of " + names(s.modules); },
          [](const CheckLibraries& s) {
            return "check that NIF libraries around " + s.ebin + " support an upgrade: " + names(s.modules);
          },
          [](const CheckNifs&) { return std::string("check that modules that had NIFs have them"); },
          [](const HoldLibraries& s) {
            return "keep in memory whatever NIF libraries are loaded from around " + s.ebin;
          },
          [](const ReadCode& s) { return "read from " + s.ebin + ": " + names(s.modules); },
          [](const CheckOldCode& s) {
            return "check that nothing runs code from before the last upgrade of " + names(s.modules);
          },
          [](const CheckStranded& s) {
            return "look for processes of " + names(s.changing) + " that nothing converts";
          },
          [](const PointOfNoReturn&) { return std::string("point of no return"); },
          [](const SwitchModules& s) { return "switch at once to the new " + names(s.modules); },
          [](const LoadNew& s) { return "load the new " + module_name(s.module.name); },
          [](const RemoveModule& s) { return "remove " + module_name(s.module.name); },
          [](const PostPurge& s) {
            const std::string killed = of_purge(s, Purge::brutal);
            const std::string left = of_purge(s, Purge::soft);
            return (killed.empty() ? ""
                                   : "purge the old code of " + killed + ", killing what still runs it") +
                   (killed.empty() || left.empty() ? "" : "; ") +
                   (left.empty() ? "" : "purge the old code of " + left + " where nothing runs it");
          },
          [](const SuspendProcesses& s) {
            return "suspend the processes of " + names(s.apps) + " that run " + modules(s.items);
          },
          [](const ConvertProcesses& s) {
            return "convert the states of the processes of " + modules(s.items);
          },
          [](const Resume& s) { return "resume the processes of " + names(s.modules); },
          [](const CheckStop& s) {
            return "check that the processes of " + names(s.apps) + " that run " + names(s.modules) +
                   " can be stopped and started again";
          },
          [](const TerminateProcesses& s) {
            return "stop the processes of " + names(s.apps) + " that run " + names(s.modules);
          },
          [](const StartProcesses& s) { return "start the stopped processes of " + names(s.modules); },
          [](const KeepChildren& s) { return "note the children of the supervisors of " + modules(s.items); },
          [](const ChangeChildren& s) {
            return "stop the children that the supervisors of " + names(s.modules) +
                   " have no more, and start the new ones";
          },
          [](const EvalScript& s) {
            return "have release_handler evaluate the script of " + s.change.app.name + " (" +
                   std::to_string(s.script.size()) + " instructions)";
          },
          [](const ApplyHook& s) { return "call " + call(s.call); },
      },
      step);
}

}  // namespace erlrc
