// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/engine/rpm_facts.hpp>

namespace erlrc {

/// What a call of a package's own scriptlet may know: a %pre (run_unpacks) or a %preun (run_unpacked). What
/// OpenArchives asks for are the versions that are installed: those that are new in this run take the place
/// of the archives. rpm lets its database be read in all scriptlets; before an old version is removed, both
/// are in it.
class RpmScriptFacts : public RpmFacts {
public:
  RpmScriptFacts(RpmScriptlet scriptlet, milliseconds timeout);

  Snapshot load(Moment moment, const Site& site, Streams& streams) const override;
  void open_archives(const RunRecord& record, Snapshot& snapshot) const override;

private:
  /// The new version of this run; null: the package is not changed, or its new version did not come.
  const RpmPackage* next_of(const std::string& name, const Instances& installed, const RunRecord& record,
                            const Snapshot& snapshot) const;
  /// The version before; null: it is gone.
  const RpmPackage* now_of(const std::string& name, const Instances& installed, const RpmPackage* next,
                           const RunRecord& record) const;
  void add(const RpmPackage* now, const RpmPackage* next, const RunRecord& record, Snapshot& snapshot) const;

  RpmScriptlet scriptlet_;
};

}  // namespace erlrc
