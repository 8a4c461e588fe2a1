// SPDX-License-Identifier: BSD-3-Clause
#include "used_backups.hpp"

#include <erlrc/transaction/requests.hpp>

#include "candidates.hpp"

namespace erlrc {

PackageActions drop_obsolete(const RunRecord& record, const Snapshot& snapshot) {
  PackageActions actions, questions;
  for (const auto& [name, backup] : snapshot.backups) {
    if (!is_used(backup) || record.group_of(name) != nullptr) continue;
    if (!snapshot.packages) return {LookUp{}};
    const auto now = snapshot.packages->find(name);
    if (now == snapshot.packages->end() || !now->second.member) continue;
    const ControlMember& member = *now->second.member;
    if (!ask({Ask::What::needs_restart, for_nodes(member.nodes, start_all(member.apps, {}))}, snapshot,
             questions))
      actions.push_back(DropBackup{name});
  }
  return questions.empty() ? actions : questions;
}

}  // namespace erlrc
