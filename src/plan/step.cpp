// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/step.hpp>

#include <erlrc/base/error.hpp>

namespace erlrc {
namespace {

Term limit(const TimeLimit& limit) {
  switch (limit.kind) {
    case TimeLimit::Kind::standard:
      return Atom{"standard"};
    case TimeLimit::Kind::infinity:
      return Atom{"infinity"};
    case TimeLimit::Kind::finite:
      return limit.milliseconds;
  }
  return {};
}

template <typename Items, typename Make>
Term each(const Items& items, Make make) {
  std::vector<Term> made;
  made.reserve(items.size());
  for (const auto& item : items)
    made.push_back(make(item));
  return list(std::move(made));
}

Term old_code(const Policy& policy) {
  switch (policy.old_code) {
    case Policy::OldCode::refuse:
      return Atom{"refuse"};
    case Policy::OldCode::wait:
      return tuple(Atom{"wait"}, policy.wait_ms);
    case Policy::OldCode::kill:
      return Atom{"kill"};
  }
  return {};
}

Term items(const std::vector<LoadModules::Item>& modules) {
  return each(modules, [](const LoadModules::Item& item) { return tuple(item.module, binary(item.md5)); });
}

/// The directory that the node tells of what was read from another one.
Term named(const auto& read) {
  return string(read.as.empty() ? read.ebin : read.as);
}

Term mfa(const Apply& call) {
  return tuple(call.module, call.function, list(call.args));
}

}  // namespace

Term to_term(const Step& step) {
  return std::visit(
      Overload{
          [](const RequireLoaded& s) { return tuple(Atom{"require_loaded"}, s.app, string(s.vsn)); },
          [](const RequireNotRunning& s) { return tuple(Atom{"require_not_running"}, s.app); },
          [](const StayRunning& s) { return tuple(Atom{"stay_running"}, s.app, s.type); },
          [](const AddPath& s) { return tuple(Atom{"add_path"}, string(s.ebin)); },
          [](const ReplacePath& s) { return tuple(Atom{"replace_path"}, string(s.from), string(s.to)); },
          [](const RemovePath& s) { return tuple(Atom{"remove_path"}, string(s.ebin)); },
          [](const LoadApp& s) { return tuple(Atom{"load_app"}, s.app, s.spec); },
          [](const UnloadApp& s) { return tuple(Atom{"unload_app"}, s.app, atoms(s.keep_loaded)); },
          [](const StartApp& s) { return tuple(Atom{"start_app"}, s.app, s.type); },
          [](const StartNeeded& s) { return tuple(Atom{"start_needed"}, atoms(s.needed)); },
          [](const StopApp& s) { return tuple(Atom{"stop_app"}, s.app); },
          [](const ChangeApp& s) { return tuple(Atom{"change_app"}, s.app, s.from, s.to); },
          [](const LoadModules& s) {
            return tuple(Atom{"load_modules"}, string(s.ebin), named(s), items(s.modules));
          },
          [](const KeepReplaced& s) {
            return tuple(Atom{"keep_replaced"}, string(s.ebin), items(s.modules));
          },
          [](const UnloadModules& s) { return tuple(Atom{"unload_modules"}, atoms(s.modules)); },
          [](const KeepCode& s) {
            return tuple(Atom{"keep_code"}, string(s.ebin), atoms(s.modules), items(s.read));
          },
          [](const CheckLibraries& s) {
            return tuple(Atom{"check_libraries"}, string(s.ebin), atoms(s.modules));
          },
          [](const CheckNifs&) { return Term(Atom{"check_nifs"}); },
          [](const HoldLibraries& s) { return tuple(Atom{"hold_libraries"}, string(s.ebin)); },
          [](const ReadCode& s) {
            return tuple(Atom{"read_code"}, string(s.ebin), named(s), atoms(s.modules),
                         each(s.switched, atoms));
          },
          [](const CheckOldCode& s) {
            return tuple(Atom{"check_old_code"}, atoms(s.modules), old_code(s.policy));
          },
          [](const CheckStranded& s) {
            const bool refuse = s.policy.stranded == Policy::Stranded::refuse;
            const bool report = s.policy.records == Policy::Records::report;
            return tuple(Atom{"check_stranded"}, atoms(s.apps), atoms(s.changing), atoms(s.converted),
                         atoms(s.handling), Atom{refuse ? "refuse" : "report"},
                         Atom{report ? "report" : "refuse"});
          },
          [](const PointOfNoReturn&) { return Term(Atom{"point_of_no_return"}); },
          [](const SwitchModules& s) { return tuple(Atom{"switch"}, atoms(s.modules)); },
          [](const LoadNew& s) { return tuple(Atom{"load"}, s.module); },
          [](const RemoveModule& s) { return tuple(Atom{"remove"}, s.module); },
          [](const PostPurge& s) {
            return tuple(Atom{"post_purge"}, each(s.items, [](const PostPurge::Item& item) {
                           return tuple(item.module,
                                        Atom{item.purge == Purge::soft ? "soft_purge" : "brutal_purge"});
                         }));
          },
          [](const SuspendProcesses& s) {
            return tuple(
                Atom{"suspend"}, atoms(s.apps),
                each(s.items,
                     [](const Suspend::Item& item) { return tuple(item.module, limit(item.limit)); }),
                s.next.items.empty() ? Term(Atom{"none"}) : to_term(Step(s.next)));
          },
          [](const ConvertProcesses& s) {
            return tuple(Atom{"code_change"}, Atom{s.mode == Direction::up ? "up" : "down"},
                         each(s.items, [](const ConvertProcesses::Item& item) {
                           return tuple(item.module, item.extra, item.down_vsn);
                         }));
          },
          [](const Resume& s) { return tuple(Atom{"resume"}, atoms(s.modules)); },
          [](const CheckStop& s) { return tuple(Atom{"check_stop"}, atoms(s.apps), atoms(s.modules)); },
          [](const TerminateProcesses& s) { return tuple(Atom{"stop"}, atoms(s.apps), atoms(s.modules)); },
          [](const StartProcesses& s) { return tuple(Atom{"start"}, atoms(s.modules)); },
          [](const KeepChildren& s) {
            return tuple(
                Atom{"keep_children"}, atoms(s.apps), each(s.items, [](const KeepChildren::Item& item) {
                  return tuple(item.module, boolean(item.askable), atoms(item.tables), atoms(item.names));
                }));
          },
          [](const ChangeChildren&) { return Term(Atom{"change_children"}); },
          [](const EvalScript& s) {
            return tuple(Atom{"eval_script"}, tuple(s.change.app, string(s.vsn), string(s.dir)),
                         each(s.script, [](const LowLevel& i) { return to_term(i); }), atoms(s.apps),
                         s.change.from, s.change.to);
          },
          [](const ApplyHook& s) {
            return tuple(Atom{"apply"}, mfa(s.call), s.undo ? mfa(*s.undo) : Term(Atom{"none"}));
          },
      },
      step);
}

}  // namespace erlrc
