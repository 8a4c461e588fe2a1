// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erlrc/app/location.hpp>
#include <erlrc/plan/step_parts.hpp>

// Steps that read, check, load and remove modules (src/erlang/runner/erlrc_code_steps.erl).

namespace erlrc {

/// Loads each module from `location` unless just that code (by md5) is loaded already.
struct LoadModules {
  static constexpr std::string_view name = "load_modules";
  struct Item {
    Atom module;
    Bytes md5;
    Term term() const { return tuple(module, binary(md5)); }
    bool operator==(const Item&) const = default;
  };
  Location location;
  std::vector<Item> modules;
  std::vector<Term> args() const {
    return parts::terms(string(location.read_from), string(location.known_as),
                        parts::each(modules, &Item::term));
  }
  std::string text() const { return "load from " + location.read_from + ": " + parts::modules(modules); }
  bool operator==(const LoadModules&) const = default;
};

/// Reads the object code of those loaded modules that a LoadModules with the same items will replace. Fails,
/// before anything was touched, if it cannot be found.
struct BackUpReplaced {
  static constexpr std::string_view name = "back_up_replaced";
  std::string ebin;
  std::vector<LoadModules::Item> modules;
  std::vector<Term> args() const {
    return parts::terms(string(ebin), parts::each(modules, &LoadModules::Item::term));
  }
  std::string text() const {
    return "back up the running code, where it is other code, of " + parts::modules(modules);
  }
  bool operator==(const BackUpReplaced&) const = default;
};

/// Takes the modules out of the node, killing what still runs them, but not those that another loaded
/// application than `app` lists.
struct UnloadModules {
  static constexpr std::string_view name = "unload_modules";
  Atom app;
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(app, atoms(modules)); }
  std::string text() const { return "unload " + parts::names(modules); }
  bool operator==(const UnloadModules&) const = default;
};

/// Reads the object code of the running versions, from `ebin` or wherever it lies: what undo needs. Fails,
/// before anything was touched, if one cannot be found.
struct BackUpCode {
  static constexpr std::string_view name = "back_up_code";
  std::string ebin;
  std::vector<Atom> modules;
  std::vector<LoadModules::Item> read{};  ///< files in `ebin` that need not be digested once more
  std::vector<Term> args() const {
    return parts::terms(string(ebin), atoms(modules), parts::each(read, &LoadModules::Item::term));
  }
  std::string text() const { return "back up the running code of " + parts::names(modules); }
  bool operator==(const BackUpCode&) const = default;
};

/// Checks the NIF libraries of the application around `ebin`, before anything was touched. Fails if that of
/// one of `changed` cannot take over from the one that is loaded. Notes which of these modules have NIFs, and
/// which of `again`, whose code stays, have a library that differs and can take over, for the steps after it.
/// A library that differs and stays is a remark.
struct CheckLibraries {
  static constexpr std::string_view name = "check_libraries";
  std::string ebin;
  std::vector<Atom> changed;  ///< other code is loaded for them
  std::vector<Atom> again;    ///< the same code is loaded again if their library differs
  std::vector<Atom> kept;     ///< nothing is loaded for them
  std::vector<Term> args() const {
    return parts::terms(string(ebin), atoms(changed), atoms(again), atoms(kept));
  }
  std::string text() const {
    std::vector<Atom> all = changed;
    for (const auto* more : {&again, &kept})
      all.insert(all.end(), more->begin(), more->end());
    return "check the NIF libraries around " + ebin + ": " + parts::names(all);
  }
  bool operator==(const CheckLibraries&) const = default;
};

/// Compares the linked-in drivers and the port programs that run with those of the application around `ebin`.
/// Each that differs is a remark: nothing replaces it before its ports are closed.
struct CheckPorts {
  static constexpr std::string_view name = "check_ports";
  std::string ebin;
  std::vector<Term> args() const { return parts::terms(string(ebin)); }
  std::string text() const { return "check the drivers and port programs around " + ebin; }
  bool operator==(const CheckPorts&) const = default;
};

/// Fails if the code of one of the modules, as it was loaded, is not what the plan was made for: its file has
/// changed since, or the node sees another one.
struct CheckLoaded {
  static constexpr std::string_view name = "check_loaded";
  std::vector<LoadModules::Item> modules;
  std::vector<Term> args() const { return parts::terms(parts::each(modules, &LoadModules::Item::term)); }
  std::string text() const { return "check that the planned code was loaded of " + parts::modules(modules); }
  bool operator==(const CheckLoaded&) const = default;
};

/// Fails if one of the modules that CheckLibraries found with NIFs has none, or has not loaded the library of
/// its version.
struct CheckNifs {
  static constexpr std::string_view name = "check_nifs";
  std::vector<Term> args() const { return {}; }
  std::string text() const { return "check that modules that had NIFs have those of their version"; }
  bool operator==(const CheckNifs&) const = default;
};

/// Pins the NIF libraries that the node has loaded for these modules in memory, for as long as it runs: what
/// a library made may point into it, so it must not be unmapped with the code it belonged to.
struct PinLibraries {
  static constexpr std::string_view name = "pin_libraries";
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(modules)); }
  std::string text() const { return "pin in memory the NIF libraries of " + parts::names(modules); }
  bool operator==(const PinLibraries&) const = default;
};

/// Reads the object code of the new versions. Each group of `switched` is made ready for a SwitchModules of
/// its own.
struct ReadCode {
  static constexpr std::string_view name = "read_code";
  Location location;
  std::vector<Atom> modules;
  std::vector<std::vector<Atom>> switched;
  std::vector<Term> args() const {
    return parts::terms(string(location.read_from), string(location.known_as), atoms(modules),
                        parts::each(switched, atoms));
  }
  std::string text() const { return "read from " + location.read_from + ": " + parts::names(modules); }
  bool operator==(const ReadCode&) const = default;
};

/// Fails, before anything was touched, if a process still runs the code that the modules had before their
/// last upgrade: to load another version would kill it. With OldCode::kill, notes them to be killed later.
struct CheckOldCode {
  static constexpr std::string_view name = "check_old_code";
  std::vector<Atom> modules;
  Policy policy{};
  std::vector<Atom> killing{};  ///< others, whose instructions kill what runs it (brutal_purge)
  std::vector<Term> args() const {
    return parts::terms(atoms(modules), parts::old_code(policy), atoms(killing));
  }
  std::string text() const {
    const std::string code = "code from before the last upgrade of ";
    const std::string check =
        modules.empty() ? "" : "check that nothing runs " + code + parts::names(modules);
    const std::string named =
        killing.empty() ? "" : "name what will be killed, because it runs " + code + parts::names(killing);
    return check.empty() || named.empty() ? check + named : check + "; " + named;
  }
  bool operator==(const CheckOldCode&) const = default;
};

/// Passes the point of no return of appup(4): all that can be checked is checked, and the new code is ready
/// to be switched to. What comes after that changes the node.
struct PassPointOfNoReturn {
  static constexpr std::string_view name = "pass_point_of_no_return";
  std::vector<Term> args() const { return {}; }
  std::string text() const { return "point of no return"; }
  bool operator==(const PassPointOfNoReturn&) const = default;
};

/// All at once to their new versions, by code:finish_loading/1.
struct SwitchModules {
  static constexpr std::string_view name = "switch_modules";
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(modules)); }
  std::string text() const { return "switch at once to the new " + parts::names(modules); }
  bool operator==(const SwitchModules&) const = default;
};

/// One module to its new version, unless that is loaded already. `again`: even then, for its NIF library, if
/// CheckLibraries found that it differs.
struct LoadNew {
  static constexpr std::string_view name = "load_new";
  Atom module;
  bool again = false;
  std::vector<Term> args() const { return parts::terms(module, Atom{again ? "true" : "false"}); }
  std::string text() const {
    return (again ? "load again, for its NIF library, " : "load the new ") + module_name(module.name);
  }
  bool operator==(const LoadNew&) const = default;
};

/// Loads the code that the modules have from their files in `location`, so that code:which/1 names those.
struct MoveModules {
  static constexpr std::string_view name = "move_modules";
  Location location;
  std::vector<Atom> modules;
  std::vector<Term> args() const {
    return parts::terms(string(location.read_from), string(location.known_as), atoms(modules));
  }
  std::string text() const {
    return "load the same code from " + location.read_from + ": " + parts::names(modules);
  }
  bool operator==(const MoveModules&) const = default;
};

/// Unless another loaded application than `app` lists it.
struct RemoveModule {
  static constexpr std::string_view name = "remove_module";
  Atom app;
  Atom module;
  std::vector<Term> args() const { return parts::terms(app, module); }
  std::string text() const { return "remove " + module_name(module.name); }
  bool operator==(const RemoveModule&) const = default;
};

/// Decides about processes that still run replaced code: they are killed (brutal), or left alone and reported
/// (soft). The last step, because nothing can undo it.
struct PostPurge {
  static constexpr std::string_view name = "post_purge";
  struct Item {
    Atom module;
    Purge purge = Purge::soft;
    Term term() const { return tuple(module, Atom{purge == Purge::soft ? "soft_purge" : "brutal_purge"}); }
    bool operator==(const Item&) const = default;
  };
  std::vector<Item> items;
  std::vector<Term> args() const { return parts::terms(parts::each(items, &Item::term)); }
  std::string text() const {
    std::vector<Atom> brutal, soft;
    for (const Item& item : items)
      (item.purge == Purge::brutal ? brutal : soft).push_back(item.module);
    std::string killed, kept;
    if (!brutal.empty())
      killed = "purge the old code of " + parts::names(brutal) + ", killing what still runs it";
    if (!soft.empty()) kept = "purge the old code of " + parts::names(soft) + " where nothing runs it";
    return killed + (killed.empty() || kept.empty() ? "" : "; ") + kept;
  }
  bool operator==(const PostPurge&) const = default;
};

struct CodeSteps {
  static constexpr std::string_view family = "code";
  using Kinds =
      std::variant<LoadModules, BackUpReplaced, UnloadModules, BackUpCode, CheckLibraries, CheckPorts,
                   CheckLoaded, CheckNifs, PinLibraries, ReadCode, CheckOldCode, PassPointOfNoReturn,
                   SwitchModules, LoadNew, MoveModules, RemoveModule, PostPurge>;
};

}  // namespace erlrc
