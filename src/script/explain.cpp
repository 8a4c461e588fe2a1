// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/explain.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include <erlrc/script/state_changes.hpp>

namespace erlrc {
namespace {

using Change = ExplainedModule::Change;

/// The modules of each kind of instruction.
struct Mentioned {
  std::set<Atom> loaded, removed, suspended, stopped;
  std::map<Atom, Direction> converted;
  bool emulator_restarts = false, app_restarts = false;

  explicit Mentioned(const std::vector<LowLevel>& script) {
    for (const LowLevel& instruction : script)
      std::visit([this](const auto& i) { note(i); }, instruction);
  }

  bool contains(const Atom& module) const {
    return loaded.contains(module) || removed.contains(module) || suspended.contains(module) ||
           stopped.contains(module);
  }

private:
  void note(const Load& i) { loaded.insert(i.module); }
  void note(const Remove& i) { removed.insert(i.module); }
  void note(const Suspend& i) {
    for (const Suspend::Item& item : i.items)
      suspended.insert(item.module);
  }
  void note(const CodeChange& i) {
    for (const CodeChange::Item& item : i.items)
      converted.emplace(item.module, i.mode);
  }
  void note(const StopProcesses& i) { stopped.insert(i.modules.begin(), i.modules.end()); }
  void note(const RestartNewEmulator&) { emulator_restarts = true; }
  void note(const RestartEmulator&) { emulator_restarts = true; }
  void note(const LoadObjectCode&) {}
  void note(const PointOfNoReturn&) {}
  void note(const PurgeModules&) {}
  void note(const Resume&) {}
  void note(const StartProcesses&) {}
  void note(const SyncNodes&) {}
  void note(const Apply& i) {
    if (i.module == Atom{"application"} && i.function == Atom{"stop"}) app_restarts = true;
  }
};

const Beam* beam_of(const AppFiles& files, const Atom& module) {
  const auto found = files.beams.find(module);
  return found == files.beams.end() ? nullptr : &found->second;
}

Change change_of(const Beam* before, const Beam* after) {
  if (before == nullptr) return Change::added;
  if (after == nullptr) return Change::gone;
  return before->md5 == after->md5 ? Change::same : Change::changed;
}

/// What converts the state of a process of this module.
std::string conversion(const Beam& converter) {
  if (is_supervisor(converter)) return "its supervisors call init/1 again";
  const auto with = [](const std::string& function) { return function + " converts the states"; };
  if (exports(converter, "system_code_change", 4)) return with("system_code_change/4");
  const bool passes_on = converter.shapes() && converter.shapes()->passes_on;
  for (const std::uint32_t arity : {3u, 4u})
    if (exports(converter, "code_change", arity)) {
      const std::string function = "code_change/" + std::to_string(arity);
      return passes_on ? function + " is called, and returns each state as it is" : with(function);
    }
  return "its processes are suspended, and it has no code_change";
}

class Explainer {
public:
  Explainer(const AppFiles& from, const AppFiles& to, const std::vector<LowLevel>& script)
      : from_(from), to_(to), mentioned_(script) {
    for (StateChange& change : state_changes(from, to, script))
      if (!change.may_convert() && !describe(change.unfit).empty())
        unfit_.emplace(change.module, std::move(change.unfit));
  }

  std::vector<ExplainedModule> all() const {
    std::set<Atom> modules;
    for (const AppFiles* files : {&from_, &to_})
      for (const auto& [module, beam] : files->beams)
        modules.insert(module);
    std::vector<ExplainedModule> made;
    for (const Atom& module : modules) {
      const Change change = change_of(beam_of(from_, module), beam_of(to_, module));
      if (change != Change::same || mentioned_.contains(module))
        made.push_back({module, change, what(module, change)});
    }
    return made;
  }

private:
  std::string what(const Atom& module, Change change) const {
    if (mentioned_.emulator_restarts) return "the emulator is restarted";
    if (mentioned_.app_restarts)
      return "the application is stopped and started again, and what its processes know is lost";
    const auto unfit = unfit_.find(module);
    return done_with(module, change) + (unfit == unfit_.end() ? "" : ", though " + describe(unfit->second));
  }

  std::string done_with(const Atom& module, Change change) const {
    if (mentioned_.stopped.contains(module))
      return "its processes are stopped and started again, and what they know is lost";
    if (const auto found = mentioned_.converted.find(module); found != mentioned_.converted.end()) {
      // The later version's code_change knows both.
      const Beam* converter = beam_of(found->second == Direction::up ? to_ : from_, module);
      if (converter != nullptr) return conversion(*converter);
    }
    if (mentioned_.suspended.contains(module))
      return "loaded while its processes are suspended; they keep their states";
    if (mentioned_.loaded.contains(module)) return "loaded, and no state is converted";
    if (mentioned_.removed.contains(module)) return "removed";
    return change == Change::gone    ? "no instruction removes it, so it stays loaded"
           : change == Change::added ? "no instruction loads it"
                                     : "no instruction changes it, so the old code keeps running";
  }

  const AppFiles& from_;
  const AppFiles& to_;
  Mentioned mentioned_;
  std::map<Atom, Unfit> unfit_;
};

}  // namespace

std::string to_string(ExplainedModule::Change change) {
  switch (change) {
    case Change::changed:
      return "changed";
    case Change::same:
      return "same";
    case Change::added:
      return "new";
    case Change::gone:
      return "gone";
  }
  return {};
}

std::vector<ExplainedModule> explain_modules(const AppFiles& from, const AppFiles& to,
                                             const std::vector<LowLevel>& script) {
  return Explainer(from, to, script).all();
}

std::string describe(const ExplainedModule& module) {
  return module.module.name + ": " + to_string(module.change) + ": " + module.what;
}

}  // namespace erlrc
