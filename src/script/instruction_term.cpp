// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/instruction.hpp>

#include <utility>
#include <variant>
#include <vector>

#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

// Low-level instructions as the terms of relup(4).

namespace erlrc {
namespace {

Atom name_of(Purge purge) {
  return Atom{purge == Purge::soft ? "soft_purge" : "brutal_purge"};
}

Term suspend_item(const Suspend::Item& item) {
  switch (item.limit.kind) {
    case TimeLimit::Kind::standard:
      return item.module;
    case TimeLimit::Kind::finite:
      return tuple(item.module, item.limit.milliseconds);
    case TimeLimit::Kind::infinity:
      return tuple(item.module, Atom{"infinity"});
  }
  return {};
}

template <typename Items, typename ToTerm>
Term list_of(const Items& items, ToTerm to_term_of) {
  std::vector<Term> terms;
  terms.reserve(items.size());
  for (const auto& item : items)
    terms.push_back(to_term_of(item));
  return list(std::move(terms));
}

template <typename LoadOrRemove>
Term module_and_purges(const char* name, const LoadOrRemove& i) {
  return tuple(Atom{name}, tuple(i.module, name_of(i.pre_purge), name_of(i.post_purge)));
}

}  // namespace

Term to_term(const LowLevel& instruction) {
  return std::visit(
      Overload{
          [](const LoadObjectCode& i) {
            return tuple(Atom{"load_object_code"}, tuple(i.app, string(i.vsn), atoms(i.modules)));
          },
          [](const PointOfNoReturn&) -> Term { return Atom{"point_of_no_return"}; },
          [](const Load& i) { return module_and_purges("load", i); },
          [](const Remove& i) { return module_and_purges("remove", i); },
          [](const PurgeModules& i) { return tuple(Atom{"purge"}, atoms(i.modules)); },
          [](const Suspend& i) { return tuple(Atom{"suspend"}, list_of(i.items, suspend_item)); },
          [](const CodeChange& i) {
            return tuple(Atom{"code_change"}, Atom{i.mode == Direction::up ? "up" : "down"},
                         list_of(i.items, [](const auto& item) { return tuple(item.module, item.extra); }));
          },
          [](const Resume& i) { return tuple(Atom{"resume"}, atoms(i.modules)); },
          [](const StopProcesses& i) { return tuple(Atom{"stop"}, atoms(i.modules)); },
          [](const StartProcesses& i) { return tuple(Atom{"start"}, atoms(i.modules)); },
          [](const SyncNodes& i) { return tuple(Atom{"sync_nodes"}, i.id, i.nodes); },
          [](const Apply& i) { return tuple(Atom{"apply"}, tuple(i.module, i.function, list(i.args))); },
          [](const RestartNewEmulator&) -> Term { return Atom{"restart_new_emulator"}; },
          [](const RestartEmulator&) -> Term { return Atom{"restart_emulator"}; },
      },
      instruction);
}

}  // namespace erlrc
