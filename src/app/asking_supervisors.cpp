// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/asking_supervisors.hpp>

#include <algorithm>
#include <set>

namespace erlrc {
namespace {

class Asked {
public:
  Asked(const AppFiles& from, const AppFiles& to)
      : from_(from), to_(to), same_environment_(from.spec.env == to.spec.env) {}

  bool differs(const Atom& module) {
    if (!seen_.insert(module).second) return false;
    if (module.name == "application" || module.name == "Elixir.Application") return !same_environment_;
    const auto beam = to_.beams.find(module);
    if (beam == to_.beams.end()) return false;
    const auto before = from_.beams.find(module);
    if (before == from_.beams.end() || before->second.md5 != beam->second.md5) return true;
    return std::ranges::any_of(beam->second.imports,
                               [&](const ImportedFunction& called) { return differs(called.module); });
  }

private:
  const AppFiles& from_;
  const AppFiles& to_;
  const bool same_environment_;
  std::set<Atom> seen_;
};

}  // namespace

std::vector<Atom> asking_supervisors(const AppFiles& from, const AppFiles& to) {
  std::vector<Atom> found;
  for (const auto& [module, beam] : to.beams) {
    const auto before = from.beams.find(module);
    if (!beam.init || before == from.beams.end() || before->second.md5 != beam.md5) continue;
    Asked asked(from, to);
    if (std::ranges::any_of(beam.init->asks, [&](const Atom& other) { return asked.differs(other); }))
      found.push_back(module);
  }
  return found;
}

}  // namespace erlrc
