// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/instruction.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

// A table has one row for each name that an instruction may start with. The function of a row parses the
// forms of that name and returns nullopt for any other shape.

namespace erlrc {
namespace {

using Elements = std::vector<Term>;  // elements of the tuple, the name first

constexpr std::string_view kPurges = "soft_purge or brutal_purge";
constexpr std::string_view kModules = "a list of modules";
constexpr std::string_view kChange = "soft or {advanced,Extra}";

// The limit of erlang:send_after and receive .. after.
constexpr std::int64_t kLongestLimit = 0xFFFFFFFF;

// Parses the parts of one instruction; each error message contains the whole instruction.
class Parts {
public:
  explicit Parts(const Term& whole) : whole_(whole) {}

  [[noreturn]] void expected(const Term& found, std::string_view what) const {
    throw Error(print_term(whole_) + ": found " + print_term(found) + ", expected " + std::string(what));
  }

  [[nodiscard]] Atom atom(const Term& found, std::string_view what) const {
    if (const Atom* atom = as_atom(found)) return *atom;
    expected(found, what);
  }

  [[nodiscard]] Atom module(const Term& found) const { return atom(found, "a module"); }
  [[nodiscard]] Atom app(const Term& found) const { return atom(found, "an application"); }

  [[nodiscard]] std::vector<Atom> modules(const Term& found) const {
    if (auto atoms = as_atoms(found)) return *std::move(atoms);
    expected(found, kModules);
  }

  [[nodiscard]] Purge purge(const Term& found) const {
    if (is_atom(found, "soft_purge")) return Purge::soft;
    if (is_atom(found, "brutal_purge")) return Purge::brutal;
    expected(found, kPurges);
  }

  [[nodiscard]] TimeLimit limit(const Term& found) const {
    if (is_atom(found, "default")) return {};
    if (is_atom(found, "infinity")) return {TimeLimit::Kind::infinity, 0};
    if (const auto value = as_integer(found); value && *value > 0 && *value <= kLongestLimit)
      return {TimeLimit::Kind::finite, *value};
    expected(found, "default, infinity or milliseconds from 1 to 4294967295");
  }

  [[nodiscard]] std::optional<Term> extra(const Term& found) const {
    if (is_atom(found, "soft")) return std::nullopt;
    if (const auto* advanced = as_tagged(found, "advanced", 2)) return (*advanced)[1];
    expected(found, kChange);
  }

  [[nodiscard]] Update::ModType mod_type(const Term& found) const {
    if (is_atom(found, "dynamic")) return Update::ModType::dynamic_;
    if (is_atom(found, "static")) return Update::ModType::static_;
    expected(found, "static or dynamic");
  }

  [[nodiscard]] const Elements& list(const Term& found, std::string_view what) const {
    if (const auto* elements = as_list(found)) return *elements;
    expected(found, what);
  }

private:
  const Term& whole_;
};

using Read = std::optional<Instruction> (*)(const Parts& parts, const Elements& e);

Instruction supervisor_update(Atom module) {
  Update update{.module = std::move(module)};
  update.mod_type = Update::ModType::static_;
  update.extra = Term();  // code_change of a supervisor gets [] and calls init/1
  update.supervisor = true;
  return update;
}

// {update, Mod, X}
Instruction short_update(const Parts& parts, const Elements& e) {
  Update update{.module = parts.module(e[1])};
  if (is_atom(e[2], "supervisor")) return supervisor_update(std::move(update.module));
  if (is_atom(e[2], "soft") || as_tuple(e[2]) != nullptr)
    update.extra = parts.extra(e[2]);
  else if (auto modules = as_atoms(e[2]))
    update.depends_on = *std::move(modules);
  else
    parts.expected(e[2], "supervisor, soft, {advanced,Extra} or a list of modules");
  return update;
}

std::optional<Instruction> read_update(const Parts& parts, const Elements& e) {
  if (e.size() == 3) return short_update(parts, e);
  if (e.size() != 2 && e.size() != 4 && (e.size() < 6 || e.size() > 8)) return std::nullopt;
  Update update{.module = parts.module(e[1])};
  if (e.size() == 2) return update;
  // The longer forms have additional elements in front: {update, Mod, ModType, Timeout, Change, PrePurge,
  // PostPurge, DepMods}.
  std::size_t at = 2;
  if (e.size() == 8) update.mod_type = parts.mod_type(e[at++]);
  if (e.size() >= 7) update.limit = parts.limit(e[at++]);
  update.extra = parts.extra(e[at++]);
  if (e.size() >= 6) {
    update.pre_purge = parts.purge(e[at++]);
    update.post_purge = parts.purge(e[at++]);
  }
  update.depends_on = parts.modules(e[at]);
  return update;
}

std::optional<Instruction> read_load_module(const Parts& parts, const Elements& e) {
  if (e.size() != 2 && e.size() != 3 && e.size() != 5) return std::nullopt;
  LoadModule load{.module = parts.module(e[1])};
  if (e.size() == 5) {
    load.pre_purge = parts.purge(e[2]);
    load.post_purge = parts.purge(e[3]);
  }
  if (e.size() > 2) load.depends_on = parts.modules(e.back());
  return load;
}

template <typename AddOrDelete>
std::optional<Instruction> read_module_and_modules(const Parts& parts, const Elements& e) {
  if (e.size() != 2 && e.size() != 3) return std::nullopt;
  AddOrDelete made{.module = parts.module(e[1])};
  if (e.size() == 3) made.depends_on = parts.modules(e[2]);
  return made;
}

std::optional<Instruction> read_add_application(const Parts& parts, const Elements& e) {
  if (e.size() != 2 && e.size() != 3) return std::nullopt;
  AddApplication add{.app = parts.app(e[1]), .type = Atom{"permanent"}};
  if (e.size() == 3) {
    constexpr std::string_view types = "permanent, transient, temporary, load or none";
    constexpr std::array<std::string_view, 5> known{"permanent", "transient", "temporary", "load", "none"};
    add.type = parts.atom(e[2], types);
    if (std::ranges::find(known, add.type.name) == known.end()) parts.expected(e[2], types);
  }
  return add;
}

template <typename OfApp>
std::optional<Instruction> read_app(const Parts& parts, const Elements& e) {
  if (e.size() != 2) return std::nullopt;
  return OfApp{.app = parts.app(e[1])};
}

std::optional<Instruction> read_load_object_code(const Parts& parts, const Elements& e) {
  const auto* of = e.size() == 2 ? as_tuple(e[1], 3) : nullptr;
  if (of == nullptr) return std::nullopt;
  LoadObjectCode read{.app = parts.app((*of)[0])};
  auto vsn = as_string((*of)[1]);
  if (!vsn) parts.expected((*of)[1], "a version (a string)");
  read.vsn = *std::move(vsn);
  read.modules = parts.modules((*of)[2]);
  return read;
}

template <typename LoadOrRemove>
std::optional<Instruction> read_module_and_purges(const Parts& parts, const Elements& e) {
  const auto* of = e.size() == 2 ? as_tuple(e[1], 3) : nullptr;
  if (of == nullptr) return std::nullopt;
  return LoadOrRemove{.module = parts.module((*of)[0]),
                      .pre_purge = parts.purge((*of)[1]),
                      .post_purge = parts.purge((*of)[2])};
}

template <typename OfModules>
std::optional<Instruction> read_modules(const Parts& parts, const Elements& e) {
  if (e.size() != 2) return std::nullopt;
  return OfModules{.modules = parts.modules(e[1])};
}

std::optional<Instruction> read_suspend(const Parts& parts, const Elements& e) {
  if (e.size() != 2) return std::nullopt;
  Suspend suspend;
  for (const Term& item : parts.list(e[1], "a list of modules or of {Mod,Timeout}")) {
    if (const auto* pair = as_tuple(item, 2))
      suspend.items.push_back({parts.module((*pair)[0]), parts.limit((*pair)[1])});
    else
      suspend.items.push_back({parts.atom(item, "a module or {Mod,Timeout}"), {}});
  }
  return suspend;
}

std::optional<Instruction> read_code_change(const Parts& parts, const Elements& e) {
  if (e.size() != 2 && e.size() != 3) return std::nullopt;
  CodeChange change;
  if (e.size() == 3) {
    if (!is_atom(e[1], "up") && !is_atom(e[1], "down")) parts.expected(e[1], "up or down");
    change.mode = is_atom(e[1], "up") ? Direction::up : Direction::down;
  }
  for (const Term& item : parts.list(e.back(), "a list of {Mod,Extra}")) {
    const auto* pair = as_tuple(item, 2);
    if (pair == nullptr) parts.expected(item, "{Mod,Extra}");
    change.items.push_back({parts.module((*pair)[0]), (*pair)[1]});
  }
  return change;
}

// {M, F, Args}
Apply read_call(const Parts& parts, const Elements& call) {
  return {.module = parts.module(call[0]),
          .function = parts.atom(call[1], "a function"),
          .args = parts.list(call[2], "a list of arguments")};
}

std::optional<Instruction> read_sync_nodes(const Parts& parts, const Elements& e) {
  if (e.size() != 3) return std::nullopt;
  if (const auto* call = as_tuple(e[2], 3))
    read_call(parts, *call);
  else if (!as_atoms(e[2]))
    parts.expected(e[2], "a list of nodes or {M,F,Args}");
  return SyncNodes{.id = e[1], .nodes = e[2]};
}

std::optional<Instruction> read_apply(const Parts& parts, const Elements& e) {
  const auto* call = e.size() == 2 ? as_tuple(e[1], 3) : nullptr;
  if (call == nullptr) return std::nullopt;
  return read_call(parts, *call);
}

template <typename Bare>
std::optional<Instruction> read_bare(const Parts& /*parts*/, const Elements& e) {
  if (e.size() != 1) return std::nullopt;
  return Bare{};
}

struct Kind {
  std::string_view name;
  std::string_view forms;
  Read read;
};

constexpr std::array kKinds{
    Kind{"update",
         "{update,Mod}, {update,Mod,supervisor}, {update,Mod,Change}, {update,Mod,DepMods}, "
         "{update,Mod,Change,DepMods} "
         "or {update,Mod[[,ModType],Timeout],Change,PrePurge,PostPurge,DepMods}",
         read_update},
    Kind{"load_module",
         "{load_module,Mod}, {load_module,Mod,DepMods} or {load_module,Mod,PrePurge,PostPurge,DepMods}",
         read_load_module},
    Kind{"add_module", "{add_module,Mod} or {add_module,Mod,DepMods}", read_module_and_modules<AddModule>},
    Kind{"delete_module", "{delete_module,Mod} or {delete_module,Mod,DepMods}",
         read_module_and_modules<DeleteModule>},
    Kind{"add_application", "{add_application,App} or {add_application,App,Type}", read_add_application},
    Kind{"remove_application", "{remove_application,App}", read_app<RemoveApplication>},
    Kind{"restart_application", "{restart_application,App}", read_app<RestartApplication>},
    Kind{"load_object_code", "{load_object_code,{App,Vsn,Mods}}", read_load_object_code},
    Kind{"point_of_no_return", "point_of_no_return", read_bare<PointOfNoReturn>},
    Kind{"load", "{load,{Mod,PrePurge,PostPurge}}", read_module_and_purges<Load>},
    Kind{"remove", "{remove,{Mod,PrePurge,PostPurge}}", read_module_and_purges<Remove>},
    Kind{"purge", "{purge,Mods}", read_modules<PurgeModules>},
    Kind{"suspend", "{suspend,[Mod | {Mod,Timeout}]}", read_suspend},
    Kind{"code_change", "{code_change,[{Mod,Extra}]} or {code_change,Mode,[{Mod,Extra}]}", read_code_change},
    Kind{"resume", "{resume,Mods}", read_modules<Resume>},
    Kind{"stop", "{stop,Mods}", read_modules<StopProcesses>},
    Kind{"start", "{start,Mods}", read_modules<StartProcesses>},
    Kind{"sync_nodes", "{sync_nodes,Id,Nodes} or {sync_nodes,Id,{M,F,Args}}", read_sync_nodes},
    Kind{"apply", "{apply,{M,F,Args}}", read_apply},
    Kind{"restart_new_emulator", "restart_new_emulator", read_bare<RestartNewEmulator>},
    Kind{"restart_emulator", "restart_emulator", read_bare<RestartEmulator>},
};

}  // namespace

Instruction parse_instruction(const Term& term) {
  Elements alone{term};
  const auto* elements = as_tuple(term);
  if (elements == nullptr) elements = &alone;
  const Atom* name = elements->empty() ? nullptr : as_atom(elements->front());
  if (name == nullptr) throw Error(print_term(term) + ": expected an instruction of appup(4)");
  const auto* kind = std::ranges::find(kKinds, std::string_view(name->name), &Kind::name);
  if (kind == kKinds.end()) throw Error(print_term(term) + ": unknown instruction, expected one of appup(4)");
  // {point_of_no_return} is not the same term as point_of_no_return.
  const bool bare_in_tuple = elements->size() == 1 && elements != &alone;
  if (!bare_in_tuple)
    if (auto instruction = kind->read(Parts(term), *elements)) return *std::move(instruction);
  throw Error(print_term(term) + ": expected " + std::string(kind->forms));
}

}  // namespace erlrc
